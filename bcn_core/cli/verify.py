"""``bcn verify``: the strict check of any Iceberg table, ours or not."""

from typing import Any, TypedDict, Unpack

import click

from bcn_core.cli.drawing import line
from bcn_core.cli.manner import Manner
from bcn_core.cli.options import json_option
from bcn_core.errors import DamagedRepository
from bcn_core.storage.opening import Stores
from bcn_core.verify import Finding, TableCheck, TableVerification, verify_table

_SHOWN = 50


class VerifyOptions(TypedDict):
    """What ``bcn verify`` takes."""

    table_location: str
    allow_prefix: tuple[str, ...]
    forbid_prefix: tuple[str, ...]
    source: str | None


@click.command("verify")
@click.option(
    "--table-location",
    metavar="PLACE",
    required=True,
    help="The table's metadata file, or its location: then its newest metadata file.",
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
@click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error.")
@json_option
@click.pass_obj
def command(manner: Manner, **given: Unpack[VerifyOptions]) -> None:
    """Check that an Iceberg table is whole: all that it names is there, as recorded, and nowhere else.

    Works on any table, whatever tool wrote or copied it. Reads metadata, manifests and delete files; of data files only
    their sizes. Exit code 6 when there are faults.
    """
    check = TableCheck(
        place=given["table_location"],
        allowed=given["allow_prefix"],
        forbidden=given["forbid_prefix"],
        source=given["source"],
    )
    found = verify_table(Stores(), check)
    manner.answer(_document(found))
    if not manner.as_json:
        _draw(found)
    if found.faults:
        click.get_current_context().exit(DamagedRepository.exit_code)


def _document(found: TableVerification) -> dict[str, Any]:
    return {
        "metadata_location": found.metadata_location,
        "status": "damaged" if found.faults else "whole",
        "faults": [_finding(one) for one in found.faults],
        "notes": [_finding(one) for one in found.notes],
    }


def _finding(one: Finding) -> dict[str, str]:
    return {"kind": one.kind.value, "location": one.location, "message": one.message}


def _draw(found: TableVerification) -> None:
    line(found.metadata_location, "bold")
    for one in found.faults[:_SHOWN]:
        line(f"  FAULT {one}", "red")
    if len(found.faults) > _SHOWN:
        line(f"  and {len(found.faults) - _SHOWN} more faults: --json tells them all")
    for one in found.notes[:_SHOWN]:
        line(f"  note: {one}")
    line(
        f"{len(found.faults)} faults" if found.faults else "whole: no fault found",
        "" if found.faults else "green",
    )
