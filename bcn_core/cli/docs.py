"""``bcn docs``: the documentation on this machine, for the hour in which there is no network."""

import re
import sys
from collections.abc import Iterator
from itertools import groupby

import click

from bcn_core.cli import completing
from bcn_core.cli.drawing import draw, line
from bcn_core.cli.examples import examples
from bcn_core.cli.manual import index, text_of
from bcn_core.cli.tables import Column, as_columns, as_records

_WIDEST = 100
"""Columns: longer lines are hard to read."""
_PAGE = re.compile(r"\]\([^()\s]*?([\w-]+)\.md(?:#[\w-]*)?\)")
_EDGE = re.compile(r"(?<!\\)\|")
"""Between two cells of a table; before and behind them too."""
_MARKS = re.compile(r"`|\*\*")
_LINK = re.compile(r"\[([^\]]*)\]\(([^)]*)\)")


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
        click.echo_via_pager(as_seen(text))
    else:
        click.echo(text, nl=False)


def as_seen(text: str) -> str:
    """A page as a terminal can show it; a link to another page becomes what to ask for.

    Its tables are set as all tables are: rich cuts a word that is too long for its column.
    """
    from rich.console import Console
    from rich.markdown import Markdown

    screen = Console(color_system=None)
    screen.width = min(screen.width, _WIDEST)
    with screen.capture() as captured:
        for is_table, lines in _parts(_PAGE.sub(r"](\1)", text)):
            if is_table:
                screen.out(_table(lines, screen.width), highlight=False)
            else:
                screen.print(Markdown("\n".join(lines), hyperlinks=False))
    return captured.get()


def _parts(text: str) -> Iterator[tuple[bool, list[str]]]:
    """Tables, and what stands between them."""
    is_code = False

    def is_table(line: str) -> bool:
        nonlocal is_code
        is_code ^= line.lstrip().startswith("```")
        return not is_code and line.startswith("|")

    for kind, lines in groupby(text.splitlines(), is_table):
        yield kind, list(lines)


def _table(lines: list[str], width: int) -> str:
    headings, _, *rows = ([_plainly(cell) for cell in _EDGE.split(line)[1:-1]] for line in lines)
    columns = [
        Column.of(f"~{heading.upper()}", cells) for heading, *cells in zip(headings, *rows, strict=True)
    ]
    found = as_columns(columns, width) or as_records(columns)
    return "\n".join(["", *("  ".join(cells).rstrip() for cells in found), ""])


def _plainly(cell: str) -> str:
    """A cell without the marks of Markdown."""
    return _LINK.sub(r"\1 (\2)", _MARKS.sub("", cell)).replace("<br>", ", ").replace("\\|", "|").strip()
