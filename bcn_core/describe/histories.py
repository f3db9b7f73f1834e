"""One table over all PITs: its names, schemas and captures."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from bcn_core.copying import in_parallel
from bcn_core.errors import NotFound
from bcn_core.iceberg.columns import column_changes
from bcn_core.names import TableName, nearest
from bcn_core.pit_summaries import read_manifest
from bcn_core.repository.documents import CaptureRecord, PitManifest, TableEntry
from bcn_core.repository.repository import Repository


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


def table_history(repository: Repository, name: str) -> TableHistory:
    """The history of the table that bears a name (``database.table``), or bore it last.

    Raises:
        NotFound: no PIT has such a table.
        DamagedRepository: an index or a capture is not what was written.
    """
    by_pit, unreadable = _tables_by_pit(repository)
    everything = [(pit, table, entry) for pit, held in by_pit.items() for table, entry in held.items()]
    named = [entry for _, table, entry in everything if str(table) == name]
    if not named:
        known = {str(table) for _, table, _ in everything}
        hint = nearest(name, known) if known else "no PIT holds a table yet; take one: bcn backup"
        raise NotFound(f"no PIT of {repository.store.url} has a table '{name}'", hint=hint)
    uuid = named[-1].uuid
    seen = [one for one in everything if one[2].uuid == uuid and (uuid is not None or str(one[1]) == name)]
    entries = {entry.capture: entry for _, _, entry in seen}
    records = list(in_parallel(repository.capture, entries.values()))
    return TableHistory(
        table=seen[-1][1],
        uuid=uuid,
        names=tuple(_runs((table, pit) for pit, table, _ in seen)),
        schemas=tuple(_schemas(records)),
        captures=tuple(_captured(record) for record in records),
        pits=tuple(dict.fromkeys(pit for pit, _, _ in seen)),
        unreadable=unreadable,
        other_uuids=tuple(sorted({entry.uuid for entry in named if entry.uuid and entry.uuid != uuid})),
    )


def _tables_by_pit(repository: Repository) -> tuple[dict[str, dict[TableName, TableEntry]], tuple[str, ...]]:
    """The tables of all PITs, oldest first. PITs share the indexes of databases that stood still: each is read once."""
    manifests = {pit: read_manifest(repository, pit) for pit in repository.pits()}
    readable = {pit: found for pit, found in manifests.items() if isinstance(found, PitManifest)}
    refs = {ref.key: ref for manifest in readable.values() for ref in manifest.indexes}
    indexes = dict(zip(refs, in_parallel(repository.index, refs.values()), strict=True))
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
