"""The AWS Glue Data Catalog: pages of a hundred tables, replacement by the table's version."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from bcn_core.catalogs.catalog import CatalogIdentity, Sweep
from bcn_core.catalogs.flat_names import flat
from bcn_core.catalogs.pyiceberg_catalog import PyIcebergCatalog
from bcn_core.catalogs.refusals import changed_meanwhile
from bcn_core.names import Scope, TableName

if TYPE_CHECKING:
    from pyiceberg.catalog.glue import GlueCatalog

_POINTER = "metadata_location"


class GluePointers(PyIcebergCatalog):
    """One call per hundred tables of a database, instead of one load per table (relocation.md 6)."""

    def __init__(self, loaded: "GlueCatalog") -> None:
        super().__init__(loaded, "glue")
        self._glue = loaded.glue
        self._loaded = loaded

    def identity(self) -> CatalogIdentity:
        account = self._loaded.properties.get("glue.id", "")
        return CatalogIdentity("glue", f"{self._glue.meta.region_name}/{account}")

    def spelled(self, table: TableName) -> TableName:
        return flat(table, "Glue")

    def sweep(self, scope: Scope) -> Sweep:
        with self.told(f"cannot read catalog '{self.name}'"):
            databases = {
                (one["Name"],): _properties(one)
                for one in self._pages("get_databases", "DatabaseList")
                if scope.database in (None, one["Name"])
            }
            found = {table: place for level in databases for table, place in self._pointers(level[0])}
        covered = {table: place for table, place in sorted(found.items()) if scope.covers(table)}
        return Sweep(
            dict(sorted(databases.items())),
            {table: place for table, place in covered.items() if place},
            {table: "Glue names no metadata" for table, place in covered.items() if not place},
        )

    def pointer(self, table: TableName) -> str | None:
        held = self._held(table)
        return held["Parameters"].get(_POINTER) if held and _is_iceberg(held["Parameters"]) else None

    def create_database(self, namespace: tuple[str, ...], properties: Mapping[str, str]) -> None:
        # A location that the source named is its own; a Glue database may have none.
        kept = {key: value for key, value in properties.items() if key != "location"}
        super().create_database(namespace, kept)

    def replace(self, table: TableName, expected: str, metadata_location: str) -> None:
        held = self._held(table)
        if held is None or held["Parameters"].get(_POINTER) != expected:
            raise changed_meanwhile(table)
        with self.told(f"cannot replace {table} in catalog '{self.name}'"):
            described = self._described(held, metadata_location)
            try:
                self._glue.update_table(
                    DatabaseName=table.database,
                    TableInput=described,
                    SkipArchive=True,
                    VersionId=held["VersionId"],
                )
            except self._glue.exceptions.ConcurrentModificationException as error:
                raise changed_meanwhile(table) from error

    def _described(self, held: dict[str, Any], metadata_location: str) -> Any:
        """Glue's entry for a metadata file, in place of the one that is held."""
        from pyiceberg.catalog.glue import _construct_table_input

        from bcn_core.catalogs.own_io import static_table

        state = static_table(metadata_location, self._loaded.properties)
        return _construct_table_input(
            table_name=held["Name"],
            metadata_location=metadata_location,
            properties={},
            metadata=state.metadata,
            glue_table=held,
            prev_metadata_location=held["Parameters"][_POINTER],
        )

    def _held(self, table: TableName) -> dict[str, Any] | None:
        if len(table.namespace) != 1:
            return None
        with self.told(f"cannot load {table}"):
            try:
                found: dict[str, Any] = self._glue.get_table(DatabaseName=table.database, Name=table.name)[
                    "Table"
                ]
            except self._glue.exceptions.EntityNotFoundException:
                return None
        return {**found, "Parameters": found.get("Parameters", {})}

    def _pointers(self, database: str) -> Iterator[tuple[TableName, str | None]]:
        for held in self._pages("get_tables", "TableList", DatabaseName=database):
            parameters = held.get("Parameters", {})
            if _is_iceberg(parameters):
                yield TableName((database,), held["Name"]), parameters.get(_POINTER)

    def _pages(self, call: str, part: str, **options: str) -> Iterator[dict[str, Any]]:
        token: dict[str, str] = {}
        while True:
            page = getattr(self._glue, call)(MaxResults=100, **options, **token)
            yield from page[part]
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}


def _is_iceberg(parameters: Mapping[str, str]) -> bool:
    return parameters.get("table_type", "").lower() == "iceberg"


def _properties(database: dict[str, Any]) -> dict[str, str]:
    named = {"location": database.get("LocationUri"), "Description": database.get("Description")}
    return {**database.get("Parameters", {}), **{key: value for key, value in named.items() if value}}
