"""Sites to back up and to restore into: a kind of catalog over a kind of store, each with a place of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pyiceberg.catalog import load_catalog
from pyiceberg.table import StaticTable

from bcn_core.catalogs.catalog import Catalog
from bcn_core.catalogs.opening import open_catalog
from bcn_core.locations import is_within
from bcn_core.names import TableName
from tests.warehouse.readers import Rows

KINDS = [
    "sql-on-files",
    "sql-on-s3",
    "sql-on-gcs-emulated",
    "sql-on-azure-emulated",
    "postgres-on-s3",
    "hive-on-files",
    "rest-on-files",
    "nessie-on-s3",
    "glue-by-moto",
]


@dataclass(frozen=True, slots=True)
class Site:
    """A catalog as BCN opens it (``properties``) and as its users do (``users``), and where its tables lie."""

    kind: str
    properties: Mapping[str, str]
    users: Mapping[str, str]
    root: str
    io: Mapping[str, str] = field(default_factory=dict)

    def pyiceberg(self) -> Any:
        """The catalog as its users see it."""
        return load_catalog("shop", **self.users)

    def bcn(self) -> Catalog:
        """The catalog as the engine sees it."""
        return open_catalog("shop", self.properties, create=True)

    def rows(self, table: TableName) -> dict[str, Rows]:
        """The rows of every snapshot, by its id, and of every ref, read from the files that the catalog points at."""
        pointer = self.bcn().pointer(table)
        assert pointer is not None
        assert is_within(pointer, self.root)
        found = StaticTable.from_metadata(pointer, dict(self.io))
        shown = {str(one.snapshot_id): found.scan(snapshot_id=one.snapshot_id) for one in found.snapshots()}
        refs = {name: found.scan(snapshot_id=ref.snapshot_id) for name, ref in found.refs().items()}
        return {name: _rows(scan) for name, scan in {**shown, **refs, "now": found.scan()}.items()}


def _rows(scan: Any) -> Rows:
    return sorted((tuple(row.values()) for row in scan.to_arrow().to_pylist()), key=repr)
