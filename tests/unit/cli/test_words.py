"""The words of the glossary, and no others, in what the command says of itself."""

import re

import click
import pytest

from bcn_core.cli import tree
from bcn_core.cli.app import COMMANDS, bcn

SYNONYMS = re.compile(
    r"restore points?|recovery points?|checkpoints?|savepoints?|backup sets?|archives?|generations?"
    r"|backup snapshots?|snapshots? of the (?:catalog|repository|database)|schema\.table|name ?spaces?",
    re.IGNORECASE,
)
EVERY = list(tree.commands(bcn))


def said(context: click.Context) -> str:
    return " ".join(context.command.get_help(context).split())


@pytest.mark.parametrize("context", EVERY, ids=lambda one: one.command_path)
def test_a_help_calls_things_as_the_glossary_does(context: click.Context) -> None:
    assert [] == SYNONYMS.findall(said(context))


def test_another_word_for_a_pit_is_found() -> None:
    assert ["restore point", "Namespace"] == SYNONYMS.findall("the newest restore point of a Namespace")


@pytest.mark.parametrize("context", EVERY[1:], ids=lambda one: one.command_path)
def test_an_option_of_the_same_name_is_spelled_in_the_same_way_everywhere(context: click.Context) -> None:
    fixed = {
        "--repo": "PLACE",
        "--names-from": "PLACE",
        "--catalog": "NAME",
        "--exclude": "GLOB",
        "--pit": "PIT",
        "--standby": "NAME",
    }
    shown = {
        name: parameter.make_metavar(context)
        for parameter in context.command.params
        for name in parameter.opts
        if name in fixed
    }

    assert {name: fixed[name] for name in shown} == shown


@pytest.mark.parametrize(
    "group", [one for one in EVERY if isinstance(one.command, click.Group)], ids=lambda one: one.command_path
)
def test_a_group_shows_the_whole_summary_of_each_of_its_commands(group: click.Context) -> None:
    context = click.Context(
        group.command, info_name=group.info_name, terminal_width=80, **group.command.context_settings
    )
    shown = group.command.get_help(context).partition("Commands:")[2]

    assert [] == [line for line in shown.splitlines() if line.endswith("...")]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_summary_is_one_sentence_that_fits_its_line(name: str) -> None:
    _, summary = COMMANDS[name]

    assert (True, True) == (summary.endswith("."), len(f"  {max(COMMANDS, key=len)}  {summary}") <= 78)
