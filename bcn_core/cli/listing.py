"""``bcn list``: PITs, or what one PIT holds."""

from itertools import groupby
from typing import TypedDict, Unpack

import click

from bcn_core.cli import completing
from bcn_core.cli.describing import draw_pits
from bcn_core.cli.drawing import Cell, draw, line, size
from bcn_core.cli.examples import examples
from bcn_core.cli.manner import Manner
from bcn_core.cli.opening import open_place
from bcn_core.cli.options import PlaceOptions, json_option, place_options
from bcn_core.cli.plain import plain
from bcn_core.counting import counted
from bcn_core.describe import (
    PitDescription,
    PitSummary,
    TableInPit,
    describe_pit,
    list_pits,
    tables_of_database,
)
from bcn_core.errors import InvalidRequest
from bcn_core.repository.documents import Status
from bcn_core.repository.repository import Repository


class ListOptions(PlaceOptions):
    """What ``bcn list`` takes."""

    pit: str | None
    database: str | None


class PitsDocument(TypedDict):
    """All PITs, oldest first."""

    pits: list[PitSummary]


class DatabaseInPit(TypedDict):
    """One database of a PIT, and how many tables of it are listed."""

    database: str
    status: str
    tables: int


class TablesDocument(TypedDict):
    """The databases and tables of one PIT; ``views`` by their database."""

    pit: str
    status: Status
    databases: list[DatabaseInPit]
    tables: list[TableInPit]
    views: dict[str, list[str]]


@click.command(
    "list",
    epilog=examples(
        "bcn list",
        "bcn list --pit 20261120T09",
        "bcn list --pit latest --database sales --json",
    ),
)
@place_options
@click.option(
    "--pit",
    shell_complete=completing.pits,
    metavar="PIT",
    help="The PIT: an id, a prefix of one, a timestamp, or 'latest'.",
)
@click.option("--database", shell_complete=completing.databases, metavar="NAME", help="This database alone.")
@json_option(PitsDocument | TablesDocument)
@click.pass_obj
def command(manner: Manner, **given: Unpack[ListOptions]) -> None:
    """List all PITs; or, with --pit, the databases and tables of one, with the status of each."""
    repository = open_place(given).repository()
    if given["pit"] is None:
        if given["database"]:
            raise InvalidRequest(
                "a database is listed as of a PIT", hint="add --pit latest, or the PIT you mean"
            )
        _list_pits(manner, repository)
        return
    found = describe_pit(repository, repository.select(given["pit"]))
    tables = tables_of_database(found, given["database"]) if given["database"] else found.tables
    if manner.as_json:
        manner.answer(_document(found, tables, given["database"]))
    else:
        _draw(found, tables, given["database"])


def _list_pits(manner: Manner, repository: Repository) -> None:
    found = list_pits(repository)
    if manner.as_json:
        manner.answer({"pits": plain(found)})
    else:
        draw_pits(found)


def _document(found: PitDescription, tables: tuple[TableInPit, ...], database: str | None) -> TablesDocument:
    databases: list[DatabaseInPit] = [
        {"database": name, "status": status, "tables": sum(table.table.database == name for table in tables)}
        for name, status in sorted(found.databases.items())
        if database in (None, name)
    ]
    pit = found.manifest
    views = _views(found, database)
    return {
        "pit": pit.pit,
        "status": pit.status,
        "databases": databases,
        "tables": plain(tables),
        "views": plain(views),
    }


def _views(found: PitDescription, database: str | None) -> dict[str, tuple[str, ...]]:
    held = found.manifest.included_objects.sql_views
    return {name: views for name, views in held.items() if database in (None, name)}


def _draw(found: PitDescription, tables: tuple[TableInPit, ...], database: str | None) -> None:
    line(f"PIT {found.manifest.pit}  {found.manifest.status}")
    by_name = {name: list(held) for name, held in groupby(tables, lambda one: one.table.database)}
    for name, status in sorted(found.databases.items()):
        if database in (None, name):
            held = by_name.get(name, [])
            line(f"\n{name}  {status}  {counted(len(held), 'table')}")
            if held:
                headings = ("TABLE", "STATUS", ">ROWS", ">FILES", ">SIZE", ">SCHEMA", "CAPTURED BY")
                draw(headings, (_row(table, found.manifest.pit) for table in held))
            if views := _views(found, name).get(name):
                line(f"views: {', '.join(views)}")


def _row(table: TableInPit, pit: str) -> tuple[Cell, ...]:
    by = "this PIT" if table.captured_by == pit else table.captured_by
    return table.table.name, table.status, table.rows, table.files, size(table.bytes), table.schema_id, by
