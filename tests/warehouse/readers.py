"""Three ways to look at a restored table: PyIceberg, DuckDB (which shares no code with it), and BCN's strict check."""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import StaticTable

from bcn_core.iceberg.checking import Finding, check_table
from bcn_core.iceberg.inspection import TableFiles
from bcn_core.storage.opening import Stores
from tests.warehouse.source import tables_of

Rows = list[tuple[Any, ...]]
History = dict[str, Rows]
"""Rows by snapshot id, by ref, and of the current state ("now")."""


def rows(metadata_location: str, snapshot_id: int | None = None) -> Rows:
    """The rows of a snapshot, None for the current state, in a fixed order."""
    # Read from the file anew: a catalog's Table may be of another moment.
    found = StaticTable.from_metadata(metadata_location).scan(snapshot_id=snapshot_id).to_arrow()
    return _sorted([tuple(row.values()) for row in found.to_pylist()])


def history(metadata_location: str) -> History:
    """The rows of a table at every snapshot and every ref."""
    table = StaticTable.from_metadata(metadata_location)
    found = {str(one.snapshot_id): rows(metadata_location, one.snapshot_id) for one in table.snapshots()}
    refs = {name: found[str(ref.snapshot_id)] for name, ref in table.refs().items()}
    return {**found, **refs, "now": rows(metadata_location)}


def histories(catalog: SqlCatalog) -> dict[str, History]:
    """The history of every table of a catalog."""
    return {".".join(one): history(catalog.load_table(one).metadata_location) for one in tables_of(catalog)}


@contextmanager
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB with its own Iceberg reader, from installed wheels: nothing is downloaded."""
    connection = duckdb.connect(
        config={"allow_unsigned_extensions": "true", "autoinstall_known_extensions": "false"}
    )
    try:
        for name in ("avro", "iceberg"):
            connection.load_extension(_extension(name))
        yield connection
    finally:
        connection.close()


def duck_rows(connection: duckdb.DuckDBPyConnection, metadata_location: str) -> Rows:
    """The rows of a table's current state, as DuckDB reads them."""
    place = metadata_location.removeprefix("file://").replace("'", "''")
    return _sorted(connection.execute(f"SELECT * FROM iceberg_scan('{place}')").fetchall())


def findings(metadata_location: str, target: str, sources: tuple[str, ...]) -> list[Finding]:
    """What the strict check has against a table that must lie at ``target`` and not name ``sources``."""
    stores = Stores()
    return check_table(metadata_location, TableFiles(stores.read, stores.size), (target,), sources)


def _sorted(found: Rows) -> Rows:
    return sorted(found, key=repr)


def _extension(name: str) -> str:
    spec = importlib.util.find_spec(f"duckdb_extension_{name}")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return str(next(Path(spec.submodule_search_locations[0]).rglob(f"{name}.duckdb_extension")))
