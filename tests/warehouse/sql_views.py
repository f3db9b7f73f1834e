"""Iceberg views as Java's JDBC catalog keeps them: a metadata file, and a row that says VIEW. PyIceberg makes none."""

import gzip
import json
from contextlib import closing
from sqlite3 import connect
from typing import Any
from uuid import uuid4

from tests.warehouse.source import Place


def view_metadata(location: str, *, sql: str = "SELECT id FROM sales.orders", **more: Any) -> dict[str, Any]:
    """A view of two versions, the second one current, with a key that nobody knows."""

    def version(number: int, text: str) -> dict[str, Any]:
        return {
            "version-id": number,
            "schema-id": 0,
            "timestamp-ms": 1_790_000_000_000 + number,
            "summary": {"engine-name": "spark"},
            "representations": [{"type": "sql", "sql": text, "dialect": "spark"}],
            "default-namespace": ["sales"],
        }

    field = {"id": 1, "name": "id", "required": False, "type": "long"}
    return {
        "view-uuid": "0a1b2c3d-0000-4000-8000-000000000001",
        "format-version": 1,
        "location": location,
        "schemas": [{"schema-id": 0, "type": "struct", "fields": [field]}],
        "current-version-id": 2,
        "versions": [version(1, "SELECT 1 AS id"), version(2, sql)],
        "version-log": [
            {"timestamp-ms": 1_790_000_000_001, "version-id": 1},
            {"timestamp-ms": 1_790_000_000_002, "version-id": 2},
        ],
        "properties": {"comment": "größer"},
        "of-tomorrow": {"kept": True},
        **more,
    }


def create_view(place: Place, name: str, *, packed: bool = False, **more: Any) -> str:
    """A new view of a SQLite catalog, or the next state of one; its pointer."""
    database, own = name.split(".")
    location = f"file://{place.warehouse}/{database}/{own}"
    raw = view_metadata(location, **more)
    data = json.dumps(raw, indent=2, ensure_ascii=False).encode()
    folder = place.warehouse / database / own / "metadata"
    folder.mkdir(parents=True, exist_ok=True)
    number = len(list(folder.iterdir()))
    path = folder / f"{number:05}-{uuid4()}{'.gz' if packed else ''}.metadata.json"
    path.write_bytes(gzip.compress(data) if packed else data)
    _put(place, database, own, f"file://{path}")
    return f"file://{path}"


def drop_view(place: Place, name: str) -> None:
    """The view is gone from the catalog."""
    database, own = name.split(".")
    statement = "DELETE FROM iceberg_tables WHERE table_namespace = ? AND table_name = ?"
    with closing(connect(place.uri.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute(statement, (database, own))


def _put(place: Place, database: str, own: str, pointer: str) -> None:
    statement = "INSERT OR REPLACE INTO iceberg_tables VALUES (?, ?, ?, ?, NULL, 'VIEW')"
    with closing(connect(place.uri.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute(statement, (place.name, database, own, pointer))
