"""Iceberg tables without a catalog: a table is its folder, its newest version the highest ``v<N>.metadata.json``.

This is the layout of Hadoop tables, which Spark, DuckDB and others open by the folder alone. Those commit by a rename,
which object stores do not have; here the create-only write of the next version is the commit, and one of two writers
wins everywhere. ``version-hint.text`` is a hint: a reader that trusts it may be one version behind.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pyiceberg.catalog import Catalog
from pyiceberg.catalog.noop import NoopCatalog
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.serializers import FromByteStream
from pyiceberg.table import CommitTableResponse, Table
from pyiceberg.table.metadata import TableMetadata, new_table_metadata
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER, SortOrder
from pyiceberg.table.update import TableRequirement, TableUpdate, update_table_metadata
from pyiceberg.typedef import EMPTY_DICT, Identifier, Properties

from bcn_core.errors import ObjectExists
from bcn_core.inventorying.place import Place
from bcn_core.inventorying.store_io import StoreIO
from bcn_core.storage.opening import Stores

if TYPE_CHECKING:
    import pyarrow as pa

_VERSION = re.compile(r"v(\d+)\.metadata\.json")
_HINT = "version-hint.text"


class FileTables(NoopCatalog):
    """The tables of one inventory, by name."""

    def __init__(self, place: Place, stores: Stores) -> None:
        super().__init__("inventory")
        self._place = place
        self._stores = stores
        self._io = StoreIO(stores)

    def create_table(
        self,
        identifier: str | Identifier,
        schema: "Schema | pa.Schema",
        location: str | None = None,
        partition_spec: PartitionSpec = UNPARTITIONED_PARTITION_SPEC,
        sort_order: SortOrder = UNSORTED_SORT_ORDER,
        properties: Properties = EMPTY_DICT,
    ) -> Table:
        folder = location or self._folder(identifier)
        metadata = new_table_metadata(
            self._convert_schema_if_needed(schema), partition_spec, sort_order, folder, dict(properties)
        )
        self._write(folder, 1, metadata)
        return self._table(identifier, folder, 1, metadata)

    def load_table(self, identifier: str | Identifier) -> Table:
        folder = self._folder(identifier)
        version = max(self._versions(folder), default=0)
        if not version:
            raise NoSuchTableError(f"{folder} holds no table")
        with self._io.new_input(_version(folder, version)).open() as stream:
            metadata = FromByteStream.table_metadata(stream)
        return self._table(identifier, folder, version, metadata)

    def commit_table(
        self, table: Table, requirements: tuple[TableRequirement, ...], updates: tuple[TableUpdate, ...]
    ) -> CommitTableResponse:
        current = self.load_table(table.name())
        for requirement in requirements:
            requirement.validate(current.metadata)
        metadata = update_table_metadata(
            current.metadata, updates, metadata_location=current.metadata_location
        )
        folder = current.location()
        version = _number(current.metadata_location) + 1
        self._write(folder, version, metadata)
        return CommitTableResponse(metadata=metadata, metadata_location=_version(folder, version))

    def drop_table(self, identifier: str | Identifier, purge_requested: bool = False) -> None:
        """Every file of the table's folder goes, versions first: what is half removed is no table."""
        store = self._stores.at(self._folder(identifier))
        found = [one.key for one in store.list("")]
        for key in sorted(found, key=lambda key: _VERSION.search(key) is None):
            store.delete(key)

    def _write(self, folder: str, version: int, metadata: TableMetadata) -> None:
        store, key = self._stores.holding(_version(folder, version))
        try:
            store.put_new(key, [metadata.model_dump_json(exclude_none=True).encode()])
        except ObjectExists as error:
            raise CommitFailedException(f"{folder} has a version {version} already") from error
        hint_store, hint = self._stores.holding(f"{folder}/metadata/{_HINT}")
        hint_store.replace(hint, str(version).encode())

    def _versions(self, folder: str) -> Iterator[int]:
        for one in self._stores.at(folder).list("metadata"):
            found = _VERSION.fullmatch(one.key.rpartition("/")[2])
            if found:
                yield int(found[1])

    def _folder(self, identifier: str | Identifier) -> str:
        name = Catalog.identifier_to_tuple(identifier)[-1]
        return f"{self._place.folder}/{name}"

    def _table(
        self, identifier: str | Identifier, folder: str, version: int, metadata: TableMetadata
    ) -> Table:
        name = Catalog.identifier_to_tuple(identifier)
        return Table(name, metadata, _version(folder, version), self._io, self)


def _version(folder: str, version: int) -> str:
    return f"{folder}/metadata/v{version}.metadata.json"


def _number(location: str) -> int:
    found = _VERSION.search(location)
    return int(found[1]) if found else 0
