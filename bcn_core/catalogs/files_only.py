"""No catalog at all, as a target: the files are restored, and people name them to whatever catalog they find.

The catalog may be down for days on the night that its tables are needed; engines read a metadata file without one.
"""

from collections.abc import Mapping

from bcn_core.catalogs.catalog import CatalogIdentity, Sweep, ViewFile
from bcn_core.errors import InvalidRequest
from bcn_core.names import Scope, TableName


class FilesOnly:
    """A target that knows no table and remembers none; it names no place either, so people must."""

    name = ""

    def identity(self) -> CatalogIdentity:
        return CatalogIdentity("none", "")

    def spelled(self, table: TableName) -> TableName:
        return table

    def sweep(self, scope: Scope) -> Sweep:
        return Sweep({}, {})

    def pointer(self, table: TableName) -> str | None:
        return None

    def default_location(self, table: TableName) -> str | None:
        return None

    def create_database(self, namespace: tuple[str, ...], properties: Mapping[str, str]) -> None:
        """There is nothing to create it in."""

    def register(self, table: TableName, metadata_location: str) -> None:
        """The metadata file is in place; the report names it."""

    def replace(self, table: TableName, expected: str, metadata_location: str) -> None:
        raise InvalidRequest(
            f"{table} cannot be replaced: no catalog names it", hint="name a --target-catalog"
        )

    def keeps_views(self) -> bool:
        return True

    def register_view(self, view: TableName, file: ViewFile, expected: str | None) -> str:
        """The metadata file is in place; the report names it."""
        return ""
