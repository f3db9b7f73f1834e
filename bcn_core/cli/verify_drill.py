"""``bcn verify --restore``: a drill."""

from collections.abc import Callable
from typing import Any, Literal, TypedDict, TypeVar

import click

from bcn_core.cli import completing
from bcn_core.cli.bounds import BoundOptions, at_once, bound_options, throttle
from bcn_core.cli.drawing import draw, duration, failed, line, size
from bcn_core.cli.manner import Manner
from bcn_core.cli.opening import open_place
from bcn_core.cli.options import (
    PlaceOptions,
    table_options,
)
from bcn_core.cli.plain import plain
from bcn_core.cli.progress import reporting
from bcn_core.counting import counted
from bcn_core.drill import Drill, Drilled, DrilledTable, DrillRequest, run_drill
from bcn_core.errors import DamagedRepository, FinishedWithProblems, InvalidRequest
from bcn_core.verify import Slice

F = TypeVar("F", bound=Callable[..., Any])
_ALONE = ("pit", "table", "exclude", "sample", "scratch")


class DrillOptions(PlaceOptions, BoundOptions):
    """What a drill takes."""

    restore: bool
    pit: str | None
    table: tuple[str, ...]
    exclude: tuple[str, ...]
    sample: str | None
    scratch: str | None


class DrillDocument(TypedDict):
    """What a drill came to."""

    status: Literal["damaged", "partial", "restores"]
    level: str
    pit: str
    seconds: float
    bytes: int
    rows: int
    tables: list[DrilledTable]


def drill_options(command: F) -> F:
    """``--restore`` and what belongs to it."""
    options = (
        click.option(
            "--restore", is_flag=True, help="A drill: restore tables, check and count, remove again."
        ),
        click.option(
            "--pit",
            shell_complete=completing.pits,
            metavar="PIT",
            help="Drill: of this PIT, as for bcn restore (latest).",
        ),
        table_options(completing.tables, about="Drill: "),
        click.option("--sample", metavar="N/M", help="Drill: the N-th of M parts of the tables."),
        click.option(
            "--scratch",
            shell_complete=completing.folders,
            metavar="PLACE",
            help="Drill: an empty place for the files, else a temporary folder.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return bound_options(command)


def check_drill_options(given: DrillOptions) -> None:
    """Options of a drill mean nothing without one.

    Raises:
        InvalidRequest: one is given all the same.
    """
    alone = [name for name in _ALONE if given[name]]  # type: ignore[literal-required]
    if alone and not given["restore"]:
        raise InvalidRequest(f"--{alone[0]} belongs to a drill", hint="add --restore")


def carry_out_drill(manner: Manner, given: DrillOptions) -> None:
    """Drill; exit code 6 when a table does not come back, 9 when one was not tried.

    Raises:
        NotFound: there is no repository, no such PIT, or no table fits.
        Conflict: the scratch place is not empty.
        StorageFull: there is no room for the tables.
    """
    place = open_place(given)
    throttle(place, given)
    with reporting(manner, place.stores) as report:
        bounds = at_once(place.settings.restore, given)
        found = run_drill(Drill(place.repository(), place.stores, report, *bounds), _request(given))
    manner.answer(_document(found))
    if not manner.as_json:
        _draw(found)
    if found.failed or found.refused:
        error = DamagedRepository if found.failed else FinishedWithProblems
        click.get_current_context().exit(error.exit_code)


def _request(given: DrillOptions) -> DrillRequest:
    part = Slice(1, 1) if given["sample"] is None else Slice.of(given["sample"])
    return DrillRequest(
        given["pit"] or "latest", given["table"], given["exclude"], part.part, part.parts, given["scratch"]
    )


def _document(found: Drilled) -> DrillDocument:
    return {
        "status": "damaged" if found.failed else "partial" if found.refused else "restores",
        "level": found.level,
        "pit": found.pit,
        "seconds": round(found.seconds, 3),
        "bytes": found.bytes,
        "rows": found.rows,
        "tables": plain(found.tables),
    }


def _draw(found: Drilled) -> None:
    line(f"{found.level}: PIT {found.pit}, into a scratch place that is empty again")
    draw(("TABLE", "RESULT", ">ROWS", ">FILES", ">SIZE", ">TIME"), (_row(one) for one in found.tables))
    for one in found.tables:
        if one.problem:
            failed(one.table, one.problem)
        if one.refused:
            line(f"{one.table} was not tried: {one.refused}", "attention")
        if one.note:
            line(f"{one.table}: {one.note}")
    said = f"{len(found.restored)} of {len(found.tables)} tables came back and were checked"
    line(
        f"{said}: {counted(found.rows, 'row')}, {size(found.bytes)} in {duration(found.seconds)}",
        "lost" if found.failed else "good",
    )


def _row(one: DrilledTable) -> tuple[str | int | None, ...]:
    result = "FAILED" if one.problem else "not tried" if one.refused else "came back"
    return str(one.table), result, one.rows, one.files, size(one.bytes), duration(one.seconds)
