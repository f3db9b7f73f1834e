"""``bcn describe``: the repository, one PIT, or one table's history."""

from typing import Unpack

import click

from bcn_core.cli import completing
from bcn_core.cli.describing import draw_history, draw_pit, draw_repository
from bcn_core.cli.examples import examples
from bcn_core.cli.manner import Manner
from bcn_core.cli.opening import open_place
from bcn_core.cli.options import PlaceOptions, json_option, place_options
from bcn_core.cli.plain import plain
from bcn_core.counting import counted
from bcn_core.describe import (
    Description,
    PitDescription,
    TableHistory,
    describe_pit,
    describe_repository,
    table_history,
)
from bcn_core.errors import DamagedRepository, InvalidRequest
from bcn_core.repository.repository import Repository


class DescribeOptions(PlaceOptions):
    """What ``bcn describe`` takes."""

    pit: str | None
    table: str | None


@click.command(
    "describe",
    epilog=examples(
        "bcn describe",
        "bcn describe --pit latest",
        "bcn describe --table sales.orders",
    ),
)
@place_options
@click.option(
    "--pit",
    shell_complete=completing.pits,
    metavar="PIT",
    help="One PIT: an id, a prefix of one, a timestamp, or 'latest'.",
)
@click.option(
    "--table",
    shell_complete=completing.tables,
    metavar="DATABASE.TABLE",
    help="One table's history over all PITs.",
)
@json_option(Description | PitDescription | TableHistory)
@click.pass_obj
def command(manner: Manner, **given: Unpack[DescribeOptions]) -> None:
    """Show the repository with all its PITs, one PIT in detail, or one table's history."""
    if given["pit"] and given["table"]:
        raise InvalidRequest("--pit and --table together ask for two things", hint="give one of them")
    repository = open_place(given).repository()
    if given["table"]:
        _show_history(manner, repository, given["table"])
    elif given["pit"]:
        _show_pit(manner, repository, given["pit"])
    else:
        _show_repository(manner, repository)


def _show_repository(manner: Manner, repository: Repository) -> None:
    found = describe_repository(repository)
    manner.answer(plain(found))
    if not manner.as_json:
        draw_repository(found)
    damaged = [one for one in found.pits if one.status == "damaged"]
    if damaged:
        raise DamagedRepository(
            f"{counted(len(damaged), 'PIT')} cannot be read: {damaged[0].problem}",
            hint="the other PITs are whole; bring the file back from another copy of the repository",
        )


def _show_pit(manner: Manner, repository: Repository, pit: str) -> None:
    found = describe_pit(repository, repository.select(pit), captures=True)
    manner.answer(plain(found))
    if not manner.as_json:
        draw_pit(found)


def _show_history(manner: Manner, repository: Repository, table: str) -> None:
    found = table_history(repository, table)
    manner.answer(plain(found))
    if not manner.as_json:
        draw_history(found)
