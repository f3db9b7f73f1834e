"""What a command's help shows as examples can be typed."""

import shlex

import click
import pytest

from bcn_core.cli import tree
from bcn_core.cli.app import bcn

COMMANDS = [one for one in tree.commands(bcn) if not isinstance(one.command, click.Group)]


def shown(context: click.Context) -> list[str]:
    """The command lines below "Examples:", as the help has them at 80 columns."""
    screen = click.Context(
        context.command, parent=context.parent, info_name=context.info_name, terminal_width=80
    )
    return [
        line.strip() for line in context.command.get_help(screen).partition("Examples:")[2].splitlines()[1:]
    ]


def parsed(context: click.Context, line: str) -> click.Context:
    words = shlex.split(line.partition(" > ")[0])
    path = context.command_path.split()
    assert path == words[: len(path)]
    return context.command.make_context(context.info_name, words[len(path) :], parent=context.parent)


@pytest.mark.parametrize("context", COMMANDS, ids=lambda one: one.command_path)
def test_every_command_shows_an_example_that_its_options_allow(context: click.Context) -> None:
    lines = shown(context)

    assert [context.command_path] * len(lines) == [parsed(context, line).command_path for line in lines]
    assert lines


def test_an_example_of_an_option_that_is_gone_would_be_refused() -> None:
    listing = next(one for one in COMMANDS if one.command_path == "bcn list")

    with pytest.raises(click.NoSuchOption):
        parsed(listing, "bcn list --since yesterday")


@pytest.mark.parametrize("context", COMMANDS, ids=lambda one: one.command_path)
def test_an_example_fits_80_columns(context: click.Context) -> None:
    assert [] == [line for line in shown(context) if len(line) > 76]
