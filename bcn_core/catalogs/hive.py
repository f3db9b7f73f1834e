"""The Hive Metastore: whole databases in a few calls, replacement under its own lock."""

import getpass
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bcn_core.catalogs.catalog import Sweep
from bcn_core.catalogs.flat_names import flat
from bcn_core.catalogs.pyiceberg_catalog import PyIcebergCatalog
from bcn_core.catalogs.refusals import changed_meanwhile
from bcn_core.errors import Conflict
from bcn_core.names import Scope, TableName

if TYPE_CHECKING:
    from pyiceberg.catalog.hive import HiveCatalog

_TABLES_PER_CALL = 500
_POINTER = "metadata_location"
_NOTHING = "the metastore names no metadata"


class HivePointers(PyIcebergCatalog):
    """Two calls per database and one per 500 tables, instead of one load per table (relocation.md 6).

    The tables' properties are not trusted beyond the pointer: not every writer keeps them.
    """

    def __init__(self, loaded: "HiveCatalog") -> None:
        super().__init__(loaded, "hive")
        self._hive = loaded
        # PyIceberg shares one connection between all threads.
        self._lock = threading.Lock()

    def spelled(self, table: TableName) -> TableName:
        return flat(table, "Hive")

    def sweep(self, scope: Scope) -> Sweep:
        databases: dict[tuple[str, ...], dict[str, str]] = {}
        found: dict[str, dict[TableName, str | None]] = {"iceberg": {}, "iceberg-view": {}}
        with self.told(f"cannot read catalog '{self.name}'"), self._client() as client:
            for name in client.get_all_databases():
                if scope.database in (None, name):
                    databases[(name,)] = _properties(client.get_database(name))
                    for kind, table, place in _pointers(client, name):
                        if kind in found and scope.covers(table):
                            found[kind][table] = place
        tables, views = (sorted(held.items()) for held in found.values())
        return Sweep(
            dict(sorted(databases.items())),
            {table: place for table, place in tables if place},
            {table: _NOTHING for table, place in tables if not place},
            {view: place for view, place in views if place},
            {view: _NOTHING for view, place in views if not place},
        )

    def pointer(self, table: TableName) -> str | None:
        from hive_metastore.ttypes import NoSuchObjectException

        if len(table.namespace) != 1:
            return None
        with self.told(f"cannot load {table}"), self._client() as client:
            try:
                held = client.get_table(dbname=table.database, tbl_name=table.name)
            except NoSuchObjectException:
                return None
        kind, _, place = _entry(held)
        return place if kind == "iceberg" else None

    def default_location(self, table: TableName) -> str | None:
        # Hadoop spells file:/a, and readers such as iceberg-rust want file:///a.
        with self._lock:
            place = super().default_location(table)
        short = place is not None and place.startswith("file:/") and not place.startswith("file://")
        return f"file:///{place[len('file:/') :]}" if place and short else place

    def create_database(self, namespace: tuple[str, ...], properties: Mapping[str, str]) -> None:
        # A location that the source named is its own: the metastore puts the database below its warehouse.
        kept = {key: value for key, value in properties.items() if key != "location"}
        with self._lock:
            super().create_database(namespace, kept)

    def register(self, table: TableName, metadata_location: str) -> None:
        with self._lock:
            super().register(table, metadata_location)

    def replace(self, table: TableName, expected: str, metadata_location: str) -> None:
        from hive_metastore.ttypes import EnvironmentContext

        condition = {"expected_parameter_key": _POINTER, "expected_parameter_value": expected}
        context = EnvironmentContext(properties={"DO_NOT_UPDATE_STATS": "true", **condition})
        fresh = self._described(table, metadata_location)
        told = self.told(f"cannot replace {table} in catalog '{self.name}'")
        with told, self._client() as client, _locked(client, table):
            held = _expected(client, table, expected)
            held.sd = fresh.sd
            held.parameters |= {**fresh.parameters, "previous_metadata_location": expected}
            client.alter_table_with_environment_context(
                dbname=table.database, tbl_name=table.name, new_tbl=held, environment_context=context
            )

    def _described(self, table: TableName, metadata_location: str) -> Any:
        """The metastore's entry for a metadata file."""
        from pyiceberg.table import Table

        from bcn_core.catalogs.own_io import static_table

        with self.told(f"cannot read {metadata_location}"):
            state = static_table(metadata_location, self._catalog.properties)
            named = Table(
                (*table.namespace, table.name), state.metadata, metadata_location, state.io, self._hive
            )
            return self._hive._convert_iceberg_into_hive(named)  # noqa: SLF001 - types and columns as PyIceberg maps them

    @contextmanager
    def _client(self) -> Iterator[Any]:
        """A connection of the calling thread's own."""
        with self._hive._create_hive_client(self._hive.properties) as client:  # noqa: SLF001 - settings as PyIceberg's
            yield client


def _pointers(client: Any, database: str) -> Iterator[tuple[str, TableName, str | None]]:
    """What a database holds: its kind, as writers of Iceberg mark it, its name, its pointer."""
    names = client.get_all_tables(database)
    for start in range(0, len(names), _TABLES_PER_CALL):
        chunk = names[start : start + _TABLES_PER_CALL]
        for held in client.get_table_objects_by_name(database, chunk):
            yield _entry(held)


def _entry(held: Any) -> tuple[str, TableName, str | None]:
    parameters = held.parameters or {}
    kind = parameters.get("table_type", "").lower()
    return kind, TableName((held.dbName,), held.tableName), parameters.get(_POINTER)


def _properties(database: Any) -> dict[str, str]:
    named = {"location": database.locationUri, "comment": database.description}
    return {**(database.parameters or {}), **{key: value for key, value in named.items() if value}}


def _expected(client: Any, table: TableName, pointer: str) -> Any:
    from hive_metastore.ttypes import NoSuchObjectException

    try:
        held = client.get_table(dbname=table.database, tbl_name=table.name)
    except NoSuchObjectException:
        held = None
    if held is None or _entry(held)[2] != pointer:
        raise changed_meanwhile(table)
    return held


@contextmanager
def _locked(client: Any, table: TableName) -> Iterator[None]:
    """Hold the metastore's lock of a table, as every writer of Iceberg does.

    Raises:
        Conflict: somebody holds it; who and since when is told, since a dead writer's lock stays for a long time.
    """
    from hive_metastore.ttypes import LockState, UnlockRequest

    asked = client.lock(_exclusively(table))
    try:
        if asked.state != LockState.ACQUIRED:
            raise Conflict(
                f"{table} is locked in the metastore{_holder(client, table, asked.lockid)}",
                hint="wait for that writer; if it is dead: SHOW LOCKS and UNLOCK in Hive, then restore again",
            )
        yield
    finally:
        client.unlock(UnlockRequest(lockid=asked.lockid))


def _exclusively(table: TableName) -> Any:
    from hive_metastore.ttypes import LockComponent, LockLevel, LockRequest, LockType

    part = LockComponent(
        type=LockType.EXCLUSIVE,
        level=LockLevel.TABLE,
        dbname=table.database,
        tablename=table.name,
        isTransactional=True,
    )
    return LockRequest(component=[part], user=getpass.getuser(), hostname=socket.gethostname())


def _holder(client: Any, table: TableName, own: int) -> str:
    from datetime import UTC, datetime

    from hive_metastore.ttypes import ShowLocksRequest

    shown = client.show_locks(ShowLocksRequest(dbname=table.database, tablename=table.name))
    for lock in shown.locks or ():
        if lock.lockid != own and lock.acquiredat:
            since = datetime.fromtimestamp(lock.acquiredat / 1000, UTC)
            return f" by {lock.user}@{lock.hostname} since {since:%Y-%m-%d %H:%M:%S} UTC"
    return ""
