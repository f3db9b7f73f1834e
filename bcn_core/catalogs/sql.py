"""PyIceberg's SQL catalog (SQLite, PostgreSQL): one SELECT is one consistent sweep."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bcn_core.catalogs.catalog import CatalogIdentity, Sweep, ViewFile
from bcn_core.catalogs.pyiceberg_catalog import PyIcebergCatalog
from bcn_core.catalogs.refusals import changed_meanwhile, name_taken, no_views, view_taken
from bcn_core.errors import NotFound
from bcn_core.names import Scope, TableName

if TYPE_CHECKING:
    from pyiceberg.catalog.sql import SqlCatalog


class SqlPointers(PyIcebergCatalog):
    """The SQL catalog's own tables read directly: 10,000 tables cost one statement, not 10,000 loads."""

    def __init__(self, loaded: "SqlCatalog") -> None:
        super().__init__(loaded, "sql")
        self._engine = loaded.engine

    def identity(self) -> CatalogIdentity:
        url = self._engine.url
        database = url.database or ""
        if url.get_backend_name() == "sqlite" and database not in ("", ":memory:"):
            # A relative path would name another catalog from every other working folder.
            database = str(Path(database).absolute())
        place = f"{url.host or ''}{f':{url.port}' if url.port else ''}/{database}"
        return CatalogIdentity("sql", f"{url.get_backend_name()}://{place}")

    def sweep(self, scope: Scope) -> Sweep:
        typed = self.keeps_views()
        rows = self._rows(_select_tables(typed=typed))
        views = _by_name(self._rows(_SELECT + _VIEWS)) if typed else {}
        properties = self._rows("SELECT namespace, property_key, property_value " + _OF_NAMESPACES)
        tables = _by_name(rows)
        databases: dict[tuple[str, ...], dict[str, str]] = {one.namespace: {} for one in [*tables, *views]}
        for namespace, key, value in properties:
            databases.setdefault(tuple(namespace.split(".")), {})[key] = value
        covered = {table: place for table, place in sorted(tables.items()) if scope.covers(table)}
        seen = {view: place for view, place in sorted(views.items()) if scope.covers(view)}
        return Sweep(
            {
                level: held
                for level, held in sorted(databases.items())
                if scope.database in (None, ".".join(level))
            },
            {table: place for table, place in covered.items() if place},
            {table: _NOTHING for table, place in covered.items() if not place},
            {view: place for view, place in seen.items() if place},
            {view: _NOTHING for view, place in seen.items() if not place},
        )

    def pointer(self, table: TableName) -> str | None:
        tables = _select_tables(typed=self.keeps_views())
        statement = f"{tables} AND table_namespace = :database AND table_name = :table"
        rows = self._rows(statement, database=table.database, table=table.name)
        return rows[0][2] if rows else None

    def register(self, table: TableName, metadata_location: str) -> None:
        """As PyIceberg names a table; its own call loads the metadata then, by an account of its own.

        BCN has checked the metadata by what ``[storage]`` says; PyIceberg may be without a way there (HDFS without
        Java), and cannot read every metadata file that other engines do (``.metadata.json.gz``).

        Raises:
            Conflict: the name is taken.
            NotFound: there is no such database.
        """
        from sqlalchemy import text
        from sqlalchemy.exc import IntegrityError

        what = f"cannot register {table} in catalog '{self.name}'"
        statement = _CREATE_TABLE if self.keeps_views() else _CREATE_UNTYPED
        values = {"catalog": self.name, "database": table.database, "table": table.name}
        with self.told(what):
            if not self._catalog.namespace_exists(table.namespace):
                raise NotFound(f"catalog '{self.name}' has no database '{table.database}'")
            try:
                with self._engine.begin() as connection:
                    connection.execute(text(statement), {**values, "new": metadata_location})
            except IntegrityError as error:
                raise name_taken(what) from error

    def replace(self, table: TableName, expected: str, metadata_location: str) -> None:
        from sqlalchemy import text

        values = {"catalog": self.name, "database": table.database, "table": table.name}
        values |= {"expected": expected, "new": metadata_location}
        with (
            self.told(f"cannot replace {table} in catalog '{self.name}'"),
            self._engine.begin() as connection,
        ):
            changed = connection.execute(text(_REPLACE), values).rowcount
        if changed != 1:
            raise changed_meanwhile(table)

    def create_database(self, namespace: tuple[str, ...], properties: Mapping[str, str]) -> None:
        # Without any property PyIceberg's SQL catalog stores no row, so the namespace would not exist.
        super().create_database(namespace, properties or {"exists": "true"})

    def keeps_views(self) -> bool:
        """Catalogs made by older versions lack the column that tells views from tables."""
        from sqlalchemy import inspect

        with self.told(f"cannot read catalog '{self.name}'"):
            columns = inspect(self._engine).get_columns("iceberg_tables")
        return any(found["name"] == "iceberg_type" for found in columns)

    def register_view(self, view: TableName, file: ViewFile, expected: str | None) -> str:
        """As Java's JDBC catalog keeps views; PyIceberg has no call for it.

        Raises:
            Conflict: the name is taken, or somebody else changed the view meanwhile.
            NotFound: there is no such database.
            InvalidRequest: the catalog keeps no views.
        """
        from sqlalchemy import text
        from sqlalchemy.exc import IntegrityError

        if not self.keeps_views():
            raise no_views(self.name, view)
        values = {"catalog": self.name, "database": view.database, "table": view.name}
        values |= {"expected": expected or "", "new": file.location}
        statement = _CREATE_VIEW if expected is None else _REPLACE + _VIEWS
        with self.told(f"cannot register {view} in catalog '{self.name}'"):
            if not self._catalog.namespace_exists(view.namespace):
                raise NotFound(f"catalog '{self.name}' has no database '{view.database}'")
            try:
                with self._engine.begin() as connection:
                    changed = connection.execute(text(statement), values).rowcount
            except IntegrityError:
                changed = 0
        if changed != 1:
            raise view_taken(self.name, view)
        return ""

    def _rows(self, statement: str, **values: str) -> list[Any]:
        from sqlalchemy import text

        with self.told(f"cannot read catalog '{self.name}'"), self._engine.connect() as connection:
            return list(connection.execute(text(statement), {"catalog": self.name, **values}).all())


def _select_tables(*, typed: bool) -> str:
    return _SELECT + (" AND (iceberg_type = 'TABLE' OR iceberg_type IS NULL)" if typed else "")


def _by_name(rows: list[Any]) -> dict[TableName, str | None]:
    return {TableName(tuple(row[0].split(".")), row[1]): row[2] for row in rows}


_SELECT = (
    "SELECT table_namespace, table_name, metadata_location FROM iceberg_tables WHERE catalog_name = :catalog"
)
_VIEWS = " AND iceberg_type = 'VIEW'"
_NOTHING = "the catalog's row names no metadata"
_OF_NAMESPACES = "FROM iceberg_namespace_properties WHERE catalog_name = :catalog"
_REPLACE = """
    UPDATE iceberg_tables SET metadata_location = :new, previous_metadata_location = :expected
    WHERE catalog_name = :catalog AND table_namespace = :database AND table_name = :table
      AND metadata_location = :expected
"""
_CREATE_UNTYPED = """
    INSERT INTO iceberg_tables (catalog_name, table_namespace, table_name, metadata_location)
    VALUES (:catalog, :database, :table, :new)
"""
_CREATE_TABLE = """
    INSERT INTO iceberg_tables (catalog_name, table_namespace, table_name, metadata_location, iceberg_type)
    VALUES (:catalog, :database, :table, :new, 'TABLE')
"""
_CREATE_VIEW = """
    INSERT INTO iceberg_tables (catalog_name, table_namespace, table_name, metadata_location, iceberg_type)
    VALUES (:catalog, :database, :table, :new, 'VIEW')
"""
