"""What differs between two PITs, table by table, by their indexes alone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bcn_core.names import TableName
from bcn_core.repository.documents import TableEntry
from bcn_core.repository.repository import Repository

_PARTS = {
    "schema": "schema_digest",
    "partitioning": "spec_digest",
    "sort order": "order_digest",
    "properties": "properties_digest",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One table that is not the same in both PITs; ``rows``, ``files`` and ``bytes`` are what it has more."""

    table: TableName
    what: str
    rows: int
    files: int
    bytes: int


def differences(repository: Repository, before: str, after: str) -> Iterator[Difference]:
    """Every table that differs between two PITs, by its UUID first: a renamed one is the same table.

    Raises:
        NotFound: one of the PITs is not there.
        DamagedRepository: an index of theirs cannot be read.
    """
    old, new = (repository.tables(repository.pit(pit)) for pit in (before, after))
    former = _former_names(old, new)
    for table, entry in sorted(new.items()):
        found = _difference(table, former[table], old, entry)
        if found is not None:
            yield found
    for table in sorted(old.keys() - former.values()):
        gone = old[table]
        yield Difference(table, "gone", -(gone.rows or 0), -gone.files, -gone.bytes)


def pit_before(repository: Repository, pit: str) -> str:
    """The PIT that the newer one stands on; itself for the first."""
    parent = repository.pit(pit).parent_pit
    return parent.pit if parent is not None and parent.pit in repository.pits() else pit


def _former_names(
    old: Mapping[TableName, TableEntry], new: Mapping[TableName, TableEntry]
) -> dict[TableName, TableName | None]:
    """What each table was called; None for one that was not there, though its name may have been another's."""
    names = {entry.uuid: table for table, entry in old.items() if entry.uuid}
    alive = {entry.uuid for entry in new.values() if entry.uuid}
    found: dict[TableName, TableName | None] = {}
    for table, entry in new.items():
        is_taken_over = table in old and old[table].uuid in alive
        same_name = table if table in old and not is_taken_over else None
        found[table] = names.get(entry.uuid, same_name) if entry.uuid else same_name
    return found


def _difference(
    table: TableName, then: TableName | None, old: Mapping[TableName, TableEntry], entry: TableEntry
) -> Difference | None:
    if then is None:
        return Difference(table, "new", entry.rows or 0, entry.files, entry.bytes)
    before = old[then]
    said = _said(table, then, before, entry)
    if not said:
        return None
    rows = (entry.rows or 0) - (before.rows or 0)
    return Difference(table, ", ".join(said), rows, entry.files - before.files, entry.bytes - before.bytes)


def _said(table: TableName, then: TableName, before: TableEntry, now: TableEntry) -> list[str]:
    said = [f"renamed from {then}"] if then != table else []
    if before.uuid != now.uuid:
        return [*said, "dropped and created again"]
    prints = (before.fingerprint, now.fingerprint)
    said += [word for word, name in _PARTS.items() if len({getattr(one, name) for one in prints}) > 1]
    if before.snapshot_id != now.snapshot_id:
        said.append("data")
    return said or (["metadata"] if before.pointer != now.pointer else [])
