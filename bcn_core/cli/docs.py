"""``bcn docs``: the documentation on this machine, for the hour in which there is no network."""

import re
import sys
from itertools import groupby

import click

from bcn_core.cli import completing
from bcn_core.cli.drawing import draw, line
from bcn_core.cli.examples import examples
from bcn_core.cli.manual import index, text_of

_WIDEST = 100
"""Columns: longer lines are hard to read."""
_PAGE = re.compile(r"\]\([^()\s]*?([\w-]+)\.md(?:#[\w-]*)?\)")


@click.command(
    "docs",
    epilog=examples(
        "bcn docs",
        "bcn docs the-catalog-is-gone",
    ),
)
@click.argument("page", required=False, shell_complete=completing.topics)
def command(page: str | None) -> None:
    """Show a page of the documentation: bcn docs the-catalog-is-gone. Without a page: list them.

    No network is needed. Into a pipe or a file a page goes as it was written, in Markdown.
    """
    if page is None:
        _list()
    else:
        _show(text_of(page))


def _list() -> None:
    for section, pages in groupby(index(), lambda page: page.section):
        line(section, "title")
        draw(("PAGE", "~TITLE"), [(page.topic, page.title) for page in pages])
        line()


def _show(text: str) -> None:
    if sys.stdout.isatty():
        click.echo_via_pager(_set(text))
    else:
        click.echo(text, nl=False)


def _set(text: str) -> str:
    """A page as a terminal can show it; a link to another page becomes what to ask for."""
    from rich.console import Console
    from rich.markdown import Markdown

    screen = Console(color_system=None)
    screen.width = min(screen.width, _WIDEST)
    with screen.capture() as captured:
        screen.print(Markdown(_PAGE.sub(r"](\1)", text), hyperlinks=False))
    return captured.get()
