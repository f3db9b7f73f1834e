"""``bcn query``: SQL over the inventory."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypedDict, Unpack

import click

from bcn_core.cli.drawing import draw, line
from bcn_core.cli.examples import examples
from bcn_core.cli.inventory import open_inventory
from bcn_core.cli.manner import Manner
from bcn_core.cli.opening import open_place
from bcn_core.cli.options import PlaceOptions, json_option, place_options
from bcn_core.counting import counted
from bcn_core.inventory import query


class QueryOptions(PlaceOptions):
    """What ``bcn query`` takes."""

    sql: str
    engine: str


class QueryDocument(TypedDict):
    """The answer: names of columns, and rows of values in their order."""

    columns: list[str]
    rows: list[list[Any]]


@click.command(
    "query",
    epilog=examples(
        'bcn query "SELECT pit, status, bytes_new FROM pits ORDER BY pit"',
        "bcn query \"SELECT * FROM tables WHERE status = 'CARRIED'\" --json",
    ),
)
@place_options
@click.argument("sql")
@click.option(
    "--engine",
    type=click.Choice(["polars", "duckdb"]),
    default="polars",
    show_default=True,
    help="Who answers; DuckDB where it is installed.",
)
@json_option(QueryDocument)
@click.pass_obj
def command(manner: Manner, **given: Unpack[QueryOptions]) -> None:
    """Ask the inventory in SQL: its tables are pits, tables and objects."""
    found = query(open_inventory(open_place(given)), given["sql"], given["engine"])
    rows = [[_plain(value) for value in row] for row in found.rows()]
    manner.answer({"columns": found.columns, "rows": rows})
    if manner.as_json:
        return
    if rows:
        headings = [
            f">{name.upper()}" if kind.is_numeric() else name.upper() for name, kind in found.schema.items()
        ]
        draw(headings, ([_cell(value) for value in row] for row in rows))
    line(counted(len(rows), "row"))


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, datetime):
        return (value.astimezone(UTC) if value.tzinfo else value).isoformat().replace("+00:00", "Z")
    if isinstance(value, Decimal) and value == int(value):
        return int(value)  # DuckDB sums whole numbers into decimals
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _cell(value: Any) -> str | int | None:
    if isinstance(value, Decimal) and value == int(value):
        return int(value)  # DuckDB sums whole numbers into decimals
    return value if isinstance(value, str | int | None) and not isinstance(value, bool) else str(value)
