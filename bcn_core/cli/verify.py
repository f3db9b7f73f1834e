"""``bcn verify``: a repository, or the strict check of any Iceberg table, ours or not."""

from typing import Literal, TypedDict, Unpack

import click

from bcn_core.cli import completing
from bcn_core.cli.bounds import ProcessOptions, process_option
from bcn_core.cli.drawing import line
from bcn_core.cli.examples import examples
from bcn_core.cli.faults import MOST_SHOWN, draw_more
from bcn_core.cli.manner import Manner
from bcn_core.cli.options import json_option, place_options
from bcn_core.cli.plain import plain
from bcn_core.cli.reading import ReadOptions, level_of, read_options
from bcn_core.cli.verify_drill import (
    DrillDocument,
    DrillOptions,
    carry_out_drill,
    check_drill_options,
    drill_options,
)
from bcn_core.cli.verify_repository import VerifyDocument, verify_place
from bcn_core.cli.wording import verdict
from bcn_core.errors import DamagedRepository, InvalidRequest
from bcn_core.settings import load
from bcn_core.storage.opening import open_stores
from bcn_core.verify import Finding, TableCheck, TableVerification, verify_table


class VerifyOptions(DrillOptions, ReadOptions, ProcessOptions):
    """What ``bcn verify`` takes."""

    table_location: str | None
    allow_prefix: tuple[str, ...]
    forbid_prefix: tuple[str, ...]
    source: str | None


class TableVerifyDocument(TypedDict):
    """What the strict check of one table came to."""

    metadata_location: str
    status: Literal["damaged", "whole"]
    faults: list[Finding]
    notes: list[Finding]


@click.command(
    "verify",
    epilog=examples(
        "bcn verify",
        "bcn verify --read 7/30",
        "bcn verify --restore --sample 1/10",
        "bcn verify --table-location s3://lake/sales/orders --forbid-prefix s3://old",
    ),
)
@place_options
@read_options
@process_option("Read data files")
@drill_options
@click.option(
    "--table-location",
    shell_complete=completing.folders,
    metavar="PLACE",
    help="No repository but a table: its metadata file, or its location: then its newest metadata file.",
)
@click.option(
    "--allow-prefix",
    metavar="PREFIX",
    multiple=True,
    help="Every path must lie below one of these. May be given again; without any, all are allowed.",
)
@click.option(
    "--forbid-prefix",
    metavar="PREFIX",
    multiple=True,
    help="Nothing may name this place, in any spelling. May be given again.",
)
@click.option(
    "--source",
    metavar="METADATA",
    help="The metadata file that the table was copied from: compares entry by entry.",
)
@json_option(VerifyDocument | DrillDocument | TableVerifyDocument)
@click.pass_obj
def command(manner: Manner, **given: Unpack[VerifyOptions]) -> None:
    """Check a repository: all that its PITs name is there, with its size; every metadata file is read and parsed.

    --read and --read-all read data files as well. The result is kept, and bcn describe shows it with its age.

    With --restore: a drill. Tables of a PIT are restored into a scratch place, checked, counted by PyIceberg, and
    removed again; how long that took is kept too.

    With --table-location: check that any Iceberg table is whole, whatever tool wrote or copied it. All that it names is
    there, as recorded, and nowhere else. Exit code 6 when there are faults.
    """
    asked = [name for name in ("read", "read_all", "restore", "table_location") if given[name]]
    if len(asked) > 1:
        names = " and ".join(f"--{name.replace('_', '-')}" for name in asked)
        raise InvalidRequest(f"{names} ask for different things", hint="give one of them")
    check_drill_options(given)
    _check_table_options(given)
    if given["restore"]:
        carry_out_drill(manner, given)
    elif given["table_location"] is not None:
        _verify_table(manner, given, given["table_location"])
    else:
        verify_place(manner, given, level_of(given))


def _check_table_options(given: VerifyOptions) -> None:
    """A check that does not look at places must not seem to have looked."""
    alone = [name for name in ("allow_prefix", "forbid_prefix", "source") if given[name]]
    if alone and given["table_location"] is None:
        option = f"--{alone[0].replace('_', '-')}"
        raise InvalidRequest(f"{option} belongs to the check of one table", hint="add --table-location")


def _verify_table(manner: Manner, given: VerifyOptions, place: str) -> None:
    check = TableCheck(
        place=place,
        allowed=given["allow_prefix"],
        forbidden=given["forbid_prefix"],
        source=given["source"],
    )
    found = verify_table(open_stores(load(given["config"])), check)
    manner.answer(_document(found))
    if not manner.as_json:
        _draw(found)
    if found.faults:
        click.get_current_context().exit(DamagedRepository.exit_code)


def _document(found: TableVerification) -> TableVerifyDocument:
    return {
        "metadata_location": found.metadata_location,
        "status": "damaged" if found.faults else "whole",
        "faults": plain(found.faults),
        "notes": plain(found.notes),
    }


def _draw(found: TableVerification) -> None:
    line(found.metadata_location, "title")
    for one in found.faults[:MOST_SHOWN]:
        line(f"  FAULT {one}", "lost")
    draw_more(len(found.faults))
    for one in found.notes[:MOST_SHOWN]:
        line(f"  note: {one}")
    line(*verdict(len(found.faults)))
