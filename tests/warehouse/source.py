"""A source that a test may lose: a PyIceberg SQL catalog on SQLite, and a warehouse folder beside it."""

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import LongType, NestedField, StringType

from bcn_core.catalogs.catalog import Catalog
from bcn_core.catalogs.opening import open_catalog

NAME = "shop"
SCHEMA = Schema(NestedField(1, "id", LongType()), NestedField(2, "city", StringType()))
BY_CITY = PartitionSpec(PartitionField(2, 1000, IdentityTransform(), "city"))
Identifier = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A folder with a warehouse and a catalog's SQLite database in it; ``address`` names another database."""

    folder: Path
    name: str = NAME
    address: str = ""

    @property
    def uri(self) -> str:
        return self.address or f"sqlite:///{self.folder}/catalog.db"

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse"

    @property
    def properties(self) -> dict[str, str]:
        return {"type": "sql", "uri": self.uri, "warehouse": f"file://{self.warehouse}"}

    def pyiceberg(self) -> SqlCatalog:
        """The catalog as its users see it; made when it is not there."""
        self.warehouse.mkdir(parents=True, exist_ok=True)
        return SqlCatalog(self.name, **self.properties)

    def bcn(self) -> Catalog:
        """The catalog as the engine sees it."""
        self.warehouse.mkdir(parents=True, exist_ok=True)
        return open_catalog(self.name, self.properties, create=True)

    def lose(self) -> None:
        """The catalog and every file of the warehouse are gone."""
        shutil.rmtree(self.folder)

    def files(self) -> dict[str, bytes]:
        """Every file of the warehouse."""
        return {str(path): path.read_bytes() for path in sorted(self.warehouse.rglob("*")) if path.is_file()}


def rows_of(start: int, count: int = 4) -> pa.Table:
    """Rows with the ids from ``start`` on, over two cities."""
    numbers = range(start, start + count)
    return pa.table(
        {
            "id": pa.array(list(numbers), pa.int64()),
            "city": [("Ulm", "Paris")[number % 2] for number in numbers],
        }
    )


def make(catalog: SqlCatalog, identifier: Identifier, **options: Any) -> Table:
    """A new table of :data:`SCHEMA`, and its database where it is missing."""
    namespace = identifier.split(".")[0] if isinstance(identifier, str) else identifier[:-1]
    catalog.create_namespace_if_not_exists(namespace)
    return catalog.create_table(identifier, SCHEMA, **options)


def append(table: Table, start: int, count: int = 4) -> None:
    """Append rows, with nulls in the columns that the table got later."""
    rows = rows_of(start, count)
    for field in table.schema().as_arrow():
        if field.name not in rows.column_names:
            rows = rows.append_column(field, pa.nulls(count, field.type))
    table.append(rows.select(table.schema().column_names).cast(table.schema().as_arrow()))


def make_of_many_files(catalog: SqlCatalog, identifier: Identifier) -> Table:
    """A table of eight commits, each of one data file."""
    table = make(catalog, identifier)
    for number in range(8):
        append(table, number * 10)
    return table


def expire_all_but_current(table: Table) -> None:
    """Expire every snapshot that is not the current one."""
    current = table.current_snapshot()
    old = [one.snapshot_id for one in table.snapshots() if current and one.snapshot_id != current.snapshot_id]
    table.maintenance.expire_snapshots().by_ids(old).commit()


def content_files(table: Table) -> Sequence[Path]:
    """The live data files of a table's current snapshot."""
    return [Path(task.file.file_path.removeprefix("file://")) for task in table.scan().plan_files()]


def tables_of(catalog: SqlCatalog) -> Iterable[tuple[str, ...]]:
    """The identifiers of all tables."""
    return [one for namespace in catalog.list_namespaces() for one in catalog.list_tables(namespace)]
