"""A branch of a Nessie server through its own interface: a sweep is one commit, a replacement is one commit."""

from collections.abc import Mapping
from typing import Any

from bcn_core.catalogs.catalog import CatalogIdentity, Sweep, ViewFile
from bcn_core.catalogs.nessie_api import NessieReference
from bcn_core.catalogs.patience import Patience
from bcn_core.catalogs.redaction import without_user_info
from bcn_core.catalogs.refusals import changed_meanwhile, name_taken, usual_place, view_taken
from bcn_core.errors import InvalidRequest, StorageFailure
from bcn_core.names import Scope, TableName


class NessieCatalog:
    """Pointers come from Nessie's entries, not from its Iceberg REST face, which shows one snapshot of a table only.

    All entries are read at one commit, so that a sweep is consistent however long it takes (relocation.md 5).
    """

    def __init__(self, name: str, properties: Mapping[str, str]) -> None:
        if not properties.get("uri", "").rstrip("/").endswith("/api/v2"):
            raise InvalidRequest(
                f"catalog '{name}': the uri of a Nessie catalog ends with /api/v2",
                hint="such as http://nessie.example:19120/api/v2; give the branch as ref",
            )
        self._name = name
        self._properties = dict(properties)
        self._branch = NessieReference(
            properties["uri"].rstrip("/"),
            properties.get("ref", "main"),
            properties.get("token", ""),
            Patience.of(properties),
        )

    @property
    def name(self) -> str:
        return self._name

    def identity(self) -> CatalogIdentity:
        return CatalogIdentity("nessie", f"{without_user_info(self._branch.address)}#{self._branch.name}")

    def spelled(self, table: TableName) -> TableName:
        return table

    def sweep(self, scope: Scope) -> Sweep:
        databases: dict[tuple[str, ...], Mapping[str, str]] = {}
        pointers: dict[TableName, str] = {}
        views: dict[TableName, str] = {}
        commit = self._branch.hash()
        for entry in self._branch.entries(commit):
            *levels, own = entry["name"]["elements"]
            table = TableName(tuple(levels), own)
            if entry["type"] == "NAMESPACE":
                databases[(*levels, own)] = entry["content"].get("properties", {})
            elif entry["type"] == "ICEBERG_TABLE" and scope.covers(table):
                pointers[table] = entry["content"]["metadataLocation"]
            elif entry["type"] == "ICEBERG_VIEW" and scope.covers(table):
                views[table] = entry["content"]["metadataLocation"]
        covered = {
            level: held for level, held in databases.items() if scope.database in (None, ".".join(level))
        }
        return Sweep(
            dict(sorted(covered.items())),
            dict(sorted(pointers.items())),
            views=dict(sorted(views.items())),
            commit=commit,
        )

    def pointer(self, table: TableName) -> str | None:
        held = self._branch.content(self._branch.hash(), (*table.namespace, table.name))
        return _pointer(held)

    def default_location(self, table: TableName) -> str | None:
        held = self._branch.content(self._branch.hash(), table.namespace) or {}
        own = held.get("properties", {}).get("location")
        return usual_place(table, own, self._properties.get("warehouse"))

    def create_database(self, namespace: tuple[str, ...], properties: Mapping[str, str]) -> None:
        at = self._branch.hash()
        for depth in range(1, len(namespace) + 1):
            level = namespace[:depth]
            if self._branch.content(at, level) is None:
                held = dict(properties) if level == namespace else {}
                content = {"type": "NAMESPACE", "elements": list(level), "properties": held}
                self._branch.commit(at, level, content, f"bcn: create {'.'.join(level)}")
                at = self._branch.hash()

    def register(self, table: TableName, metadata_location: str) -> None:
        content = self._content(metadata_location)
        at = self._branch.hash()
        if self._branch.content(at, (*table.namespace, table.name)) is not None:
            raise name_taken(f"cannot register {table} in catalog '{self.name}'")
        self._branch.commit(at, (*table.namespace, table.name), content, f"bcn: restore {table}")

    def replace(self, table: TableName, expected: str, metadata_location: str) -> None:
        content = self._content(metadata_location)
        key = (*table.namespace, table.name)
        at = self._branch.hash()
        held = self._branch.content(at, key)
        if held is None or _pointer(held) != expected:
            raise changed_meanwhile(table)
        # The content's id says that this is another state of the same table; Nessie refuses it when the key moved on.
        self._branch.commit(at, key, {**content, "id": held["id"]}, f"bcn: restore {table}")

    def keeps_views(self) -> bool:
        return True

    def register_view(self, view: TableName, file: ViewFile, expected: str | None) -> str:
        """Name the file by a commit; Nessie's own client reads it, its Iceberg REST face does so in part."""
        key = (*view.namespace, view.name)
        at = self._branch.hash()
        held = self._branch.content(at, key)
        there = held["metadataLocation"] if held and held["type"] == "ICEBERG_VIEW" else None
        if there != expected or (held is not None and there is None):
            raise view_taken(self.name, view)
        wanted = file.raw["current-version-id"]
        version = next(one for one in file.raw["versions"] if one["version-id"] == wanted)
        content = {
            "type": "ICEBERG_VIEW",
            "metadataLocation": file.location,
            "versionId": wanted,
            "schemaId": version["schema-id"],
        }
        self._branch.commit(
            at, key, content | ({"id": held["id"]} if held else {}), f"bcn: restore the view {view}"
        )
        return _WITHOUT_SQL.format(file.location)

    def _content(self, metadata_location: str) -> dict[str, Any]:
        """Nessie's entry for a metadata file; the file must be there, since Nessie itself would not look."""
        from bcn_core.catalogs.own_io import static_table

        try:
            state = static_table(metadata_location, self._properties).metadata
        except Exception as error:
            raise StorageFailure(
                f"cannot read {metadata_location} to register it",
                hint="check the catalog's storage properties",
            ) from error
        snapshot = state.current_snapshot_id
        return {
            "type": "ICEBERG_TABLE",
            "metadataLocation": metadata_location,
            "snapshotId": -1 if snapshot is None else snapshot,
            "schemaId": state.current_schema_id,
            "specId": state.default_spec_id,
            "sortOrderId": state.default_sort_order_id,
        }


def _pointer(content: Mapping[str, Any] | None) -> str | None:
    return content["metadataLocation"] if content and content["type"] == "ICEBERG_TABLE" else None


# Seen with Nessie 0.99.0: it imports a view's metadata file without the representations.
_WITHOUT_SQL = (
    "engines that use Nessie's own client read its SQL from {}; Nessie's Iceberg REST interface shows none"
)
