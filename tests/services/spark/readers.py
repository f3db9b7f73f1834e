"""Independent readers of a table at a metadata file. Who cannot read what is said in ``subjects.py``."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pyiceberg.table import StaticTable

from tests.services.spark.tables import in_order, plain
from tests.warehouse import readers
from tests.warehouse.readers import Rows
from tests.warehouse.rust import rust_rows

Reader = Callable[[str, int | None, Path], Rows]
"""(metadata location, snapshot id or None for now, a folder to write in) -> rows."""


def duckdb(metadata_location: str, snapshot: int | None, _folder: Path) -> Rows:
    """DuckDB's Iceberg extension."""
    place = str(path_of(metadata_location)).replace("'", "''")
    at = "" if snapshot is None else f", snapshot_from_id => {snapshot}"
    with readers.duck() as connection:
        found = connection.execute(f"SELECT * FROM iceberg_scan('{place}'{at})")
        return in_order([tuple(plain(value) for value in row) for row in found.fetchall()])


def pyiceberg(metadata_location: str, snapshot: int | None, _folder: Path) -> Rows:
    """PyIceberg."""
    found = StaticTable.from_metadata(metadata_location).scan(snapshot_id=snapshot).to_arrow()
    rows = found.to_pylist(maps_as_pydicts="strict")
    return in_order([tuple(plain(value) for value in row.values()) for row in rows])


def rust(metadata_location: str, snapshot: int | None, folder: Path) -> Rows:
    """iceberg-rust, through DataFusion; it reads the current snapshot alone, so another one is made the current one."""
    pointer = f"file://{path_of(metadata_location)}"
    if snapshot is not None:
        pointer = f"file://{_with_current(metadata_location, snapshot, folder)}"
    return in_order([tuple(plain(value) for value in row) for row in rust_rows(pointer)])


def path_of(location: str) -> Path:
    """The path of a local file, in whichever way its location is spelled."""
    return Path(location.removeprefix("file:").replace("///", "/", 1))


def metadata(location: str) -> dict[str, Any]:
    """The JSON of a metadata file."""
    data = path_of(location).read_bytes()
    found: dict[str, Any] = json.loads(gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data)
    return found


def _with_current(location: str, snapshot: int, folder: Path) -> Path:
    raw = metadata(location)
    schemas = {one["snapshot-id"]: one["schema-id"] for one in raw["snapshots"]}
    raw["current-snapshot-id"] = raw["refs"]["main"]["snapshot-id"] = snapshot
    raw["current-schema-id"] = schemas[snapshot]
    changed = folder / f"00000-{snapshot}.metadata.json"
    changed.write_text(json.dumps(raw))
    return changed
