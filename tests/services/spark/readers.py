"""Independent readers of a table at a metadata file: what each can read is said where they are asked."""

from collections.abc import Callable, Sequence
from typing import Any

from pyiceberg.table import StaticTable

from tests.services.spark.tables import in_order, plain
from tests.warehouse import readers
from tests.warehouse.readers import Rows

Reader = Callable[[str, int | None], Rows]
"""(metadata location, snapshot id or None for now) -> rows."""


def duckdb(metadata_location: str, snapshot: int | None) -> Rows:
    """DuckDB's Iceberg extension."""
    place = _path(metadata_location).replace("'", "''")
    at = "" if snapshot is None else f", snapshot_from_id => {snapshot}"
    with readers.duck() as connection:
        found = connection.execute(f"SELECT * FROM iceberg_scan('{place}'{at})")
        return in_order([tuple(plain(value) for value in row) for row in found.fetchall()])


def pyiceberg(metadata_location: str, snapshot: int | None) -> Rows:
    """PyIceberg."""
    table = StaticTable.from_metadata(metadata_location)
    found = table.scan(snapshot_id=snapshot).to_arrow(maps_as_pydicts="strict") if False else table.scan(snapshot_id=snapshot).to_arrow()
    return _tuples(found.to_pylist(maps_as_pydicts="strict"))


def rust(metadata_location: str, snapshot: int | None) -> Rows:
    """iceberg-rust, through DataFusion."""
    from datafusion import SessionContext
    from pyiceberg_core.datafusion import IcebergDataFusionTable

    context = SessionContext()
    provider = IcebergDataFusionTable(
        identifier=["db", "t"], metadata_location=metadata_location, file_io_properties={}, snapshot_id=snapshot
    )
    context.register_table("t", provider)
    return _tuples(context.sql("SELECT * FROM t").to_arrow_table().to_pylist(maps_as_pydicts="strict"))


def _tuples(rows: Sequence[dict[str, Any]]) -> Rows:
    return in_order([tuple(plain(value) for value in row.values()) for row in rows])


def _path(location: str) -> str:
    return location.removeprefix("file:").replace("///", "/", 1)
