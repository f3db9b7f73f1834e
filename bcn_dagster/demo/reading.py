"""What a table holds, read twice: by PyIceberg, and by a reader that shares no code with it."""

import hashlib
import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pyiceberg.catalog import Catalog


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows: how many, and a digest of all their values in an order that does not depend on the files."""

    count: int
    digest: str


@dataclass(frozen=True, slots=True)
class Contents:
    """All that a table's readers can see: its rows at every snapshot, its branches and tags."""

    current: Rows
    snapshots: Mapping[int, Rows]
    refs: Mapping[str, int]


def read(catalog: Catalog, name: str) -> Contents:
    """A table as PyIceberg reads it."""
    table = catalog.load_table(name)
    at = {one.snapshot_id: table.scan(snapshot_id=one.snapshot_id).to_arrow() for one in table.snapshots()}
    return Contents(
        current=_rows(_values(table.scan().to_arrow().to_pylist())),
        snapshots={snapshot: _rows(_values(found.to_pylist())) for snapshot, found in at.items()},
        refs={name: ref.snapshot_id for name, ref in table.refs().items()},
    )


def read_all(catalog: Catalog) -> dict[str, Contents]:
    """All tables of a catalog, by ``database.table``."""
    names = [
        ".".join(name) for database in catalog.list_namespaces() for name in catalog.list_tables(database)
    ]
    return {name: read(catalog, name) for name in sorted(names)}


class SecondReader:
    """DuckDB, which development environments have; else Polars' own reader."""

    def __init__(self) -> None:
        self.name = "DuckDB" if find_spec("duckdb") and find_spec("duckdb_extension_iceberg") else "Polars"
        self._duckdb = _duckdb() if self.name == "DuckDB" else None

    def read(self, catalog: Catalog, name: str) -> Rows:
        """The current rows of a table. Of the catalog only the metadata file's place is asked."""
        place = catalog.load_table(name).metadata_location
        if self._duckdb is None:
            return _rows(_polars_rows(place))
        return _rows(self._duckdb.execute("SELECT * FROM iceberg_scan(?)", [place]).fetchall())


def _duckdb() -> Any:
    """A connection that loads its Iceberg extension from the installed packages, so that no network is needed."""
    connection = importlib.import_module("duckdb").connect()
    for package in ("duckdb_extension_avro", "duckdb_extension_iceberg"):
        folder = Path(importlib.import_module(package).__path__[0])
        connection.load_extension(str(next(folder.rglob("*.duckdb_extension"))))
    return connection


def _polars_rows(place: str) -> Iterable[tuple[Any, ...]]:
    import polars as pl

    return pl.scan_iceberg(place, reader_override="native").collect().rows()


def _values(rows: Iterable[Mapping[str, Any]]) -> Iterable[tuple[Any, ...]]:
    return (tuple(row.values()) for row in rows)


def _rows(rows: Iterable[tuple[Any, ...]]) -> Rows:
    texts = sorted(map(repr, rows))
    return Rows(len(texts), hashlib.sha256("\n".join(texts).encode()).hexdigest())
