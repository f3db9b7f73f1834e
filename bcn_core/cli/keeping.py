"""``bcn hold``, ``bcn release`` and ``bcn undelete``: keep a PIT, give it free, call it back."""

from typing import TypedDict, Unpack

import click

from bcn_core.cli import completing
from bcn_core.cli.drawing import line
from bcn_core.cli.examples import examples
from bcn_core.cli.manner import Manner
from bcn_core.cli.opening import open_place
from bcn_core.cli.options import PlaceOptions, json_option, place_options
from bcn_core.counting import counted
from bcn_core.dump_retention import hold_dump, release_dump, undelete_dump
from bcn_core.dumping.dumps import Dumps
from bcn_core.repository.pins import this_process
from bcn_core.retention import hold, release, undelete


class PitOptions(PlaceOptions):
    """One PIT."""

    pit: str
    catalog_database: bool


class HoldOptions(PitOptions):
    """And why it must stay."""

    reason: str


class HeldDocument(TypedDict):
    """The PIT or dump that is held."""

    held: str


class ReleasedDocument(TypedDict):
    """The PIT or dump that is free, and how many holds it had."""

    released: str
    holds: int


class UndeletedDocument(TypedDict):
    """The PIT or dump that stays."""

    undeleted: str


_of_database = click.option(
    "--catalog-database", is_flag=True, help="PIT is a dump of the catalog's own database, not a PIT."
)


@click.command(
    "hold",
    epilog=examples(
        "bcn hold latest --reason 'audit of 2026'",
        "bcn hold 20261120T09 --catalog-database --reason 'before the upgrade'",
    ),
)
@place_options
@click.argument("pit", shell_complete=completing.pits)
@click.option("--reason", required=True, metavar="TEXT", help="Why, for those who come later.")
@_of_database
@json_option(HeldDocument)
@click.pass_obj
def hold_command(manner: Manner, **given: Unpack[HoldOptions]) -> None:
    """Keep a PIT whatever the policy says, until it is released."""
    repository = open_place(given).repository()
    if given["catalog_database"]:
        dump = Dumps(repository).select(given["pit"])
        hold_dump(repository, dump, this_process("bcn hold"), given["reason"])
        return _say(manner, {"held": dump}, f"dump {dump} is held: {given['reason']}")
    pit = repository.select(given["pit"])
    hold(repository, pit, this_process("bcn hold"), given["reason"])
    return _say(manner, {"held": pit}, f"PIT {pit} is held: {given['reason']}")


@click.command(
    "release",
    epilog=examples(
        "bcn release 20261120T09",
    ),
)
@place_options
@click.argument("pit", shell_complete=completing.pits)
@_of_database
@json_option(ReleasedDocument)
@click.pass_obj
def release_command(manner: Manner, **given: Unpack[PitOptions]) -> None:
    """Take back all holds of a PIT."""
    repository = open_place(given).repository()
    if given["catalog_database"]:
        dump = Dumps(repository).select(given["pit"])
        count = release_dump(repository, dump)
        return _say(
            manner,
            {"released": dump, "holds": count},
            f"dump {dump} is free: {counted(count, 'hold')} taken back",
        )
    pit = repository.select(given["pit"])
    count = release(repository, pit)
    return _say(
        manner, {"released": pit, "holds": count}, f"PIT {pit} is free: {counted(count, 'hold')} taken back"
    )


@click.command(
    "undelete",
    epilog=examples(
        "bcn undelete 20261120T09",
    ),
)
@place_options
@click.argument("pit", shell_complete=completing.pits)
@_of_database
@json_option(UndeletedDocument)
@click.pass_obj
def undelete_command(manner: Manner, **given: Unpack[PitOptions]) -> None:
    """Call a PIT back that waits to be removed."""
    repository = open_place(given).repository()
    if given["catalog_database"]:
        dump = Dumps(repository).select(given["pit"])
        undelete_dump(repository, dump, this_process("bcn undelete"))
        return _say(manner, {"undeleted": dump}, f"dump {dump} stays; the next prune may choose it again")
    pit = repository.select(given["pit"])
    undelete(repository, pit, this_process("bcn undelete"))
    return _say(
        manner, {"undeleted": pit}, f"PIT {pit} stays; without a hold the next prune may choose it again"
    )


def _say(manner: Manner, document: dict[str, object], text: str) -> None:
    manner.answer(document)
    if not manner.as_json:
        line(text)
