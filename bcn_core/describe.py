"""What a repository holds, as data: its PITs, one PIT's tables and what happened to them, one table's history.

Everything here is read from the PIT manifests and what they name; views decide nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from bcn_core.copying import in_parallel
from bcn_core.errors import BcnError, DamagedRepository, NotFound, ObjectMissing
from bcn_core.iceberg.columns import column_changes
from bcn_core.names import Scope, TableName, nearest
from bcn_core.repository.checks import CheckRecord, last_checks
from bcn_core.repository.documents import (
    CaptureRecord,
    Counts,
    Coverage,
    DeletedDatabase,
    DeletedTable,
    FailedTable,
    Owner,
    PitManifest,
    Renamed,
    TableChange,
    TableEntry,
)
from bcn_core.repository.flags import condemned, held
from bcn_core.repository.pins import read_pin
from bcn_core.repository.repository import Repository

_READS_AT_ONCE = 8

TableStatus = Literal["ACTIVE", "UNCHANGED", "CARRIED", "DELETED", "FAILED"]
"""Of an object in a PIT; FAILED is a table that the PIT was to capture and of which it holds nothing."""


@dataclass(frozen=True, slots=True)
class PitSummary:
    """One PIT in a list; ``counts`` is None and ``problem`` says why when its manifest cannot be read."""

    pit: str
    status: Literal["complete", "partial", "damaged"]
    parent: str | None = None
    captured_at: datetime | None = None
    counts: Counts | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A PIT that was begun and is not published; ``owner`` is None when nobody is at work on it."""

    pit: str
    owner: Owner | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Description:
    """A whole repository."""

    url: str
    repository_id: str
    granularity: str
    scope: Scope
    source_kind: str
    source_address: str
    created_at: datetime
    pits: tuple[PitSummary, ...]
    deleted_tables: tuple[DeletedTable, ...]
    deleted_databases: tuple[DeletedDatabase, ...]
    unfinished: tuple[Unfinished, ...]
    checks: tuple[CheckRecord, ...] = ()
    condemned: tuple[str, ...] = ()
    held: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


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


@dataclass(frozen=True, slots=True)
class SchemaVersion:
    """A schema of a table, the PIT that first saw it, and how it differs from the one before."""

    since: str
    schema_id: int
    columns: tuple[str, ...]
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaptureInHistory:
    """What one PIT stored of a table, under the name that it had then."""

    pit: str
    table: TableName
    full: bool
    snapshot_id: int | None
    rows: int | None
    files: int
    bytes: int
    files_new: int
    bytes_new: int
    schema_id: int
    format_version: int


@dataclass(frozen=True, slots=True)
class TableHistory:
    """One table (one UUID) over all PITs, oldest first. ``names`` are names with the first PIT that had them.

    ``pits`` are the PITs that hold it, ``unreadable`` those that nobody can ask; ``other_uuids`` are other tables that
    bore its name at some time.
    """

    table: TableName
    uuid: str | None
    names: tuple[tuple[TableName, str], ...]
    schemas: tuple[SchemaVersion, ...]
    captures: tuple[CaptureInHistory, ...]
    pits: tuple[str, ...]
    unreadable: tuple[str, ...]
    other_uuids: tuple[str, ...]


def describe_repository(repository: Repository) -> Description:
    """Everything about a repository at one glance. A PIT that cannot be read is shown as damaged, not left out."""
    pits = repository.pits()
    manifests = dict(
        zip(pits, in_parallel(lambda pit: _read(repository, pit), pits, _READS_AT_ONCE), strict=True)
    )
    newest = next((found for found in reversed(manifests.values()) if isinstance(found, PitManifest)), None)
    about = repository.manifest
    return Description(
        url=repository.store.url,
        repository_id=about.repository_id,
        granularity=about.granularity,
        scope=repository.scope,
        source_kind=about.source.kind,
        source_address=about.source.address,
        created_at=about.created_at,
        pits=tuple(_summary(pit, found) for pit, found in manifests.items()),
        deleted_tables=newest.deleted_tables if newest else (),
        deleted_databases=newest.deleted_databases if newest else (),
        unfinished=tuple(_unfinished(repository)),
        checks=tuple(last_checks(repository).values()),
        condemned=tuple(sorted(condemned(repository.store).intersection(pits))),
        held=held(repository),
    )


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


def table_history(repository: Repository, name: str) -> TableHistory:
    """The history of the table that bears a name (``database.table``), or bore it last.

    Raises:
        NotFound: no PIT has such a table.
        DamagedRepository: an index or a capture is not what was written.
    """
    by_pit, unreadable = _tables_by_pit(repository)
    named = [
        (pit, entry) for pit, held in by_pit.items() for table, entry in held.items() if str(table) == name
    ]
    if not named:
        known = {str(table) for held in by_pit.values() for table in held}
        raise NotFound(f"no PIT of {repository.store.url} has a table '{name}'", hint=nearest(name, known))
    uuid = named[-1][1].uuid
    seen = [
        (pit, table, entry)
        for pit, held in by_pit.items()
        for table, entry in held.items()
        if entry.uuid == uuid and (uuid is not None or str(table) == name)
    ]
    entries = {entry.capture: entry for _, _, entry in seen}
    records = list(in_parallel(repository.capture, entries.values(), _READS_AT_ONCE))
    return TableHistory(
        table=seen[-1][1],
        uuid=uuid,
        names=tuple(_runs((table, pit) for pit, table, _ in seen)),
        schemas=tuple(_schemas(records)),
        captures=tuple(_captured(record) for record in records),
        pits=tuple(dict.fromkeys(pit for pit, _, _ in seen)),
        unreadable=unreadable,
        other_uuids=tuple(sorted({entry.uuid for _, entry in named if entry.uuid and entry.uuid != uuid})),
    )


def _tables_by_pit(repository: Repository) -> tuple[dict[str, dict[TableName, TableEntry]], tuple[str, ...]]:
    """The tables of all PITs, oldest first. PITs share the indexes of databases that stood still: each is read once."""
    manifests = {pit: _read(repository, pit) for pit in repository.pits()}
    readable = {pit: found for pit, found in manifests.items() if isinstance(found, PitManifest)}
    refs = {ref.key: ref for manifest in readable.values() for ref in manifest.indexes}
    indexes = dict(zip(refs, in_parallel(repository.index, refs.values(), _READS_AT_ONCE), strict=True))
    by_pit = {
        pit: {
            TableName(ref.namespace, entry.name): entry
            for ref in manifest.indexes
            for entry in indexes[ref.key].tables
        }
        for pit, manifest in readable.items()
    }
    return by_pit, tuple(pit for pit in manifests if pit not in readable)


def _runs(names: Iterable[tuple[TableName, str]]) -> Iterator[tuple[TableName, str]]:
    """Each name with the first PIT of its run; a name that comes back starts a new one."""
    last = None
    for table, pit in names:
        if table != last:
            yield table, pit
        last = table


def _schemas(records: list[CaptureRecord]) -> Iterator[SchemaVersion]:
    last: dict[str, Any] | None = None
    for record in records:
        schema = record.table_schema
        if schema != last:
            columns = tuple(_column(field) for field in schema["fields"])
            changes = tuple(str(one) for one in column_changes(last, schema)) if last else ()
            yield SchemaVersion(record.pit, record.schema_id, columns, changes)
        last = schema


def _column(field: dict[str, Any]) -> str:
    kind = field["type"] if isinstance(field["type"], str) else field["type"]["type"]
    return f"{field['name']} {kind}{' required' if field.get('required') else ''}"


def _captured(record: CaptureRecord) -> CaptureInHistory:
    return CaptureInHistory(
        pit=record.pit,
        table=record.table.table(),
        full=record.previous is None,
        snapshot_id=record.snapshot_id,
        rows=record.rows,
        files=record.files,
        bytes=record.bytes,
        files_new=record.files_new,
        bytes_new=record.bytes_new,
        schema_id=record.schema_id,
        format_version=record.table_format_version,
    )


def _read(repository: Repository, pit: str) -> PitManifest | BcnError:
    try:
        return repository.pit(pit)
    except (DamagedRepository, NotFound) as error:
        return error


def _summary(pit: str, found: PitManifest | BcnError) -> PitSummary:
    if isinstance(found, BcnError):
        return PitSummary(pit, "damaged", problem=found.message)
    parent = found.parent_pit.pit if found.parent_pit else None
    return PitSummary(pit, found.status, parent, found.captured_at, found.counts)


def _unfinished(repository: Repository) -> Iterator[Unfinished]:
    for pit in repository.unfinished():
        try:
            pin = read_pin(repository.store, repository.layout.pin(pit))
        except (ObjectMissing, DamagedRepository):
            yield Unfinished(pit)
        else:
            yield Unfinished(pit, pin.owner, pin.since.astimezone(UTC))


def _alive(
    repository: Repository, manifest: PitManifest, held: Mapping[TableName, TableEntry], *, captures: bool
) -> list[TableInPit]:
    told = _Told(manifest)

    def one(item: tuple[TableName, TableEntry]) -> TableInPit:
        table, entry = item
        record = repository.capture(entry) if captures and entry.capture_pit == manifest.pit else None
        change = told.changed.get(table)
        return TableInPit(
            table=table,
            status=told.status(table, entry),
            captured_by=entry.capture_pit,
            changes=change.changes if change else (),
            columns=change.columns if change else (),
            renamed_from=told.renamed.get(table),
            reason=told.failed.get(table, ""),
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

    return list(in_parallel(one, held.items(), _READS_AT_ONCE))


class _Told:
    """What a PIT's manifest says about single tables, by their names in it."""

    def __init__(self, manifest: PitManifest) -> None:
        self.pit = manifest.pit
        self.changed: dict[TableName, TableChange] = {one.table.table(): one for one in manifest.changed}
        self.renamed = _old_names(manifest.renamed)
        self.failed = {one.table.table(): one.reason for one in manifest.failed}
        self.carried = {ref.table() for ref in manifest.carried}

    def status(self, table: TableName, entry: TableEntry) -> TableStatus:
        if table in self.carried:
            return "CARRIED"
        return "ACTIVE" if entry.capture_pit == self.pit else "UNCHANGED"


def _old_names(renamed: tuple[Renamed, ...]) -> dict[TableName, TableName]:
    return {one.after.table(): one.before.table() for one in renamed}


def _never_held(failed: FailedTable) -> TableInPit:
    return TableInPit(failed.table.table(), "FAILED", reason=failed.reason)


def _deleted(deleted: DeletedTable) -> TableInPit:
    return TableInPit(deleted.table.table(), "DELETED", captured_by=deleted.last_pit, uuid=deleted.uuid)
