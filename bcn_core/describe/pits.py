"""One PIT: its manifest, and what happened to each of its tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bcn_core.copying import in_parallel
from bcn_core.errors import NotFound
from bcn_core.names import TableName, nearest
from bcn_core.repository.documents import (
    CaptureRecord,
    Coverage,
    DeletedTable,
    FailedTable,
    PitManifest,
    Renamed,
    TableChange,
    TableEntry,
)
from bcn_core.repository.repository import Repository

TableStatus = Literal["ACTIVE", "UNCHANGED", "CARRIED", "DELETED", "FAILED"]
"""Of an object in a PIT; FAILED is a table that the PIT was to capture and of which it holds nothing."""


@dataclass(frozen=True, slots=True)
class TableInPit:
    """One table of a PIT. ``captured_by`` is the PIT whose capture holds it (for DELETED: the last one that does).

    ``rows``, ``files`` and ``bytes`` are of the whole table; ``files_new`` and ``bytes_new`` of what this PIT copied,
    None where nobody looked.
    """

    table: TableName
    status: TableStatus
    captured_by: str | None = None
    changes: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    renamed_from: TableName | None = None
    reason: str = ""
    uuid: str | None = None
    rows: int | None = None
    files: int | None = None
    bytes: int | None = None
    files_new: int | None = None
    bytes_new: int | None = None
    schema_id: int | None = None
    snapshot_id: int | None = None
    format_version: int | None = None
    damaged: bool = False
    coverage: Coverage | None = None


@dataclass(frozen=True, slots=True)
class PitDescription:
    """One PIT: its manifest and its tables, deleted and failed ones included."""

    manifest: PitManifest
    tables: tuple[TableInPit, ...]

    @property
    def databases(self) -> dict[str, str]:
        """Its databases with their status."""
        held = dict.fromkeys(self.manifest.included_objects.databases, "ACTIVE")
        held |= dict.fromkeys(self.manifest.unchanged_objects.databases, "UNCHANGED")
        return held | {".".join(one.namespace): "DELETED" for one in self.manifest.deleted_databases}


def describe_pit(repository: Repository, pit: str, *, captures: bool = False) -> PitDescription:
    """One PIT (an id) with its tables; ``captures`` also reads how much was copied for each of them.

    Raises:
        NotFound: there is no such PIT.
        DamagedRepository: it, or an index or capture that it names, is not what was written.
    """
    manifest = repository.pit(pit)
    held = repository.tables(manifest)
    tables = _alive(repository, manifest, held, captures=captures)
    tables += [_never_held(one) for one in manifest.failed if one.table.table() not in held]
    tables += [_deleted(one) for one in manifest.deleted_tables]
    return PitDescription(manifest, tuple(sorted(tables, key=lambda one: (one.table, one.status))))


def tables_of_database(description: PitDescription, database: str) -> tuple[TableInPit, ...]:
    """The tables of one database of a PIT.

    Raises:
        NotFound: the PIT has no such database.
    """
    found = tuple(one for one in description.tables if one.table.database == database)
    if not found and database not in description.databases:
        pit = description.manifest.pit
        raise NotFound(
            f"PIT {pit} has no database '{database}'", hint=nearest(database, description.databases)
        )
    return found


def _alive(
    repository: Repository, manifest: PitManifest, held: Mapping[TableName, TableEntry], *, captures: bool
) -> list[TableInPit]:
    """The tables that a PIT holds; what their captures added is read where ``captures`` asks for it."""
    told = _Told(manifest)
    taken = [
        (table, entry) for table, entry in held.items() if captures and entry.capture_pit == manifest.pit
    ]
    found = in_parallel(lambda item: (item[0], repository.capture(item[1])), taken)
    records = dict(found)
    return [told.table(table, entry, records.get(table)) for table, entry in held.items()]


class _Told:
    """What a PIT's manifest says about single tables, by their names in it."""

    def __init__(self, manifest: PitManifest) -> None:
        self.pit = manifest.pit
        self.changed: dict[TableName, TableChange] = {one.table.table(): one for one in manifest.changed}
        self.renamed = _old_names(manifest.renamed)
        self.failed = {one.table.table(): one.reason for one in manifest.failed}
        self.carried = {ref.table() for ref in manifest.carried}

    def table(self, table: TableName, entry: TableEntry, record: CaptureRecord | None) -> TableInPit:
        """One table, with what its capture added where that was read."""
        change = self.changed.get(table)
        return TableInPit(
            table=table,
            status=self._status(table, entry),
            captured_by=entry.capture_pit,
            changes=change.changes if change else (),
            columns=change.columns if change else (),
            renamed_from=self.renamed.get(table),
            reason=self.failed.get(table, ""),
            uuid=entry.uuid,
            rows=entry.rows,
            files=entry.files,
            bytes=entry.bytes,
            files_new=record.files_new if record else None,
            bytes_new=record.bytes_new if record else None,
            schema_id=entry.schema_id,
            snapshot_id=entry.snapshot_id,
            format_version=entry.table_format_version,
            damaged=entry.damaged,
            coverage=entry.coverage,
        )

    def _status(self, table: TableName, entry: TableEntry) -> TableStatus:
        if table in self.carried:
            return "CARRIED"
        return "ACTIVE" if entry.capture_pit == self.pit else "UNCHANGED"


def _old_names(renamed: tuple[Renamed, ...]) -> dict[TableName, TableName]:
    return {one.after.table(): one.before.table() for one in renamed}


def _never_held(failed: FailedTable) -> TableInPit:
    return TableInPit(failed.table.table(), "FAILED", reason=failed.reason)


def _deleted(deleted: DeletedTable) -> TableInPit:
    return TableInPit(deleted.table.table(), "DELETED", captured_by=deleted.last_pit, uuid=deleted.uuid)
