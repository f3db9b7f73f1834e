"""The tables that a code location shows: found once, kept as the component's state, read by every process."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from bcn_core.capture.planning import Source
from bcn_core.copying import in_parallel
from bcn_core.errors import BcnError, NotFound
from bcn_core.events import silent
from bcn_core.names import TableName
from bcn_core.repository.repository import Repository
from bcn_dagster.connection import Connection


class Listed(BaseModel):
    """One table. ``bytes`` and ``files`` are of its current snapshot, as its writer counted; 0 where nobody did.

    ``alive`` is false for a table that the source has dropped and a PIT still holds.
    """

    model_config = ConfigDict(frozen=True)

    namespace: tuple[str, ...]
    name: str
    uuid: str | None = None
    location: str | None = None
    fields: tuple[dict[str, Any], ...] = ()
    bytes: int = 0
    files: int = 0
    alive: bool = True

    @property
    def table(self) -> TableName:
        """Its identifier."""
        return TableName(self.namespace, self.name)


class Listing(BaseModel):
    """All tables of one catalog's scope at an instant."""

    model_config = ConfigDict(frozen=True)

    catalog: str
    discovered_at: datetime
    tables: tuple[Listed, ...]


def discover(connection: Connection) -> Listing:
    """Ask the catalog with one sweep, read each table's metadata file, and add what only the PITs still hold.

    Raises:
        NotFound: the catalog is not configured, or not there.
        StorageFailure: the catalog does not answer.
    """
    found = {listed.table: listed for listed in _alive(connection)}
    found |= {listed.table: listed for listed in _kept(connection, frozenset(found))}
    tables = tuple(listed for _, listed in sorted(found.items()))
    return Listing(catalog=connection.catalog, discovered_at=datetime.now(UTC), tables=tables)


def _alive(connection: Connection) -> Iterator[Listed]:
    source = Source(connection.open_catalog(), connection.stores(), silent)
    sweep = source.catalog.sweep(connection.scope())

    def read(item: tuple[TableName, str]) -> Listed:
        table, pointer = item
        try:
            state = source.state(pointer)
        except BcnError:
            # A table that cannot be read is shown too: its backup will fail, and people must see that.
            return Listed(namespace=table.namespace, name=table.name)
        return Listed(
            namespace=table.namespace,
            name=table.name,
            uuid=state.uuid,
            location=state.location,
            fields=tuple(state.schema.get("fields", ())),
            bytes=state.bytes or 0,
            files=state.files,
        )

    yield from in_parallel(read, sweep.pointers.items())
    yield from (Listed(namespace=table.namespace, name=table.name) for table in sweep.unreadable)


def _kept(connection: Connection, alive: frozenset[TableName]) -> Iterator[Listed]:
    """Other tables of the newest PIT, and deleted ones as long as the last PIT that has them is kept."""
    try:
        repository = connection.open_repository()
    except NotFound:
        return
    pits = repository.pits()
    if not pits:
        return
    newest = repository.pit(pits[-1])
    wanted: dict[str, set[TableName]] = {pits[-1]: set(repository.tables(newest))}
    for deleted in newest.deleted_tables:
        if deleted.last_pit in pits:
            wanted.setdefault(deleted.last_pit, set()).add(deleted.table.table())
    for pit, tables in sorted(wanted.items()):
        yield from _of_pit(repository, pit, tables - alive)


def _of_pit(repository: Repository, pit: str, tables: Iterable[TableName]) -> Iterator[Listed]:
    held = repository.tables(repository.pit(pit))
    for table in sorted(tables):
        entry = held.get(table)
        if entry is not None:
            record = repository.capture(entry)
            yield Listed(
                namespace=table.namespace,
                name=table.name,
                uuid=entry.uuid,
                fields=tuple(record.table_schema.get("fields", ())),
                alive=False,
            )
