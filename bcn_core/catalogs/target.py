"""A catalog to restore into that is not there yet: planned against as an empty one, made by the first write."""

import threading
from collections.abc import Callable, Mapping

from bcn_core.catalogs.catalog import Catalog, CatalogIdentity, Sweep, ViewFile
from bcn_core.catalogs.refusals import usual_place
from bcn_core.names import Scope, TableName


class CatalogToBe:
    """A lost catalog's stand-in. A dry run leaves nothing behind; the first write makes the catalog."""

    def __init__(
        self, name: str, identity: CatalogIdentity, warehouse: str | None, make: Callable[[], Catalog]
    ) -> None:
        self.name = name
        self._identity = identity
        self._warehouse = warehouse
        self._make = make
        self._made: Catalog | None = None
        self._lock = threading.Lock()

    def identity(self) -> CatalogIdentity:
        return self._identity

    def spelled(self, table: TableName) -> TableName:
        return table

    def sweep(self, scope: Scope) -> Sweep:
        return self._made.sweep(scope) if self._made else Sweep({}, {})

    def pointer(self, table: TableName) -> str | None:
        return self._made.pointer(table) if self._made else None

    def default_location(self, table: TableName) -> str | None:
        if self._made:
            return self._made.default_location(table)
        return usual_place(table, None, self._warehouse)

    def create_database(self, namespace: tuple[str, ...], properties: Mapping[str, str]) -> None:
        self._catalog().create_database(namespace, properties)

    def register(self, table: TableName, metadata_location: str) -> None:
        self._catalog().register(table, metadata_location)

    def replace(self, table: TableName, expected: str, metadata_location: str) -> None:
        self._catalog().replace(table, expected, metadata_location)

    def keeps_views(self) -> bool:
        # Only a SQL catalog can be made anew, and a new one has the column that tells views from tables.
        return self._made.keeps_views() if self._made else True

    def register_view(self, view: TableName, file: ViewFile, expected: str | None) -> str:
        return self._catalog().register_view(view, file, expected)

    def _catalog(self) -> Catalog:
        with self._lock:
            self._made = self._made or self._make()
            return self._made
