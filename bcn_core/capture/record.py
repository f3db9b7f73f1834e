"""The record of a capture, written when everything that it names is in the repository."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bcn_core.capture.inventory import Held, Needed
from bcn_core.capture.roots import Roots
from bcn_core.changes import state_of
from bcn_core.errors import Conflict
from bcn_core.iceberg.metadata import TableMetadata
from bcn_core.repository.document import PARTIAL_COVERAGE
from bcn_core.repository.documents import Broken, CaptureRecord, Coverage, PlannedCapture
from bcn_core.repository.encoding import encode, sha256
from bcn_core.repository.files import StoredFile, encode_files
from bcn_core.repository.layout import capture_record
from bcn_core.repository.repository import Repository


@dataclass(frozen=True, slots=True)
class CaptureDraft:
    """Everything that a record says; ``absent`` are files that are named but that no row of the table needs."""

    planned: PlannedCapture
    state: TableMetadata
    pit: str
    folder: str
    roots: Roots
    files: list[tuple[Needed, Held]]
    absent: tuple[str, ...]
    broken: tuple[Broken, ...]
    coverage: Coverage | None
    previous: str | None
    captured_at: datetime
    duration_ms: int


def write_record(repository: Repository, draft: CaptureDraft) -> CaptureRecord:
    """Write the list of files, then the record: from then on the capture is whole."""
    data = encode_files(rows_of(draft.files, draft.roots))
    key = _write_files(repository, draft.folder, data)
    record = _record(draft, key, sha256(data))
    repository.write_once(capture_record(draft.folder), encode(record))
    return record


def _write_files(repository: Repository, folder: str, data: bytes) -> str:
    """An earlier try of this PIT may have died after its list, and the table moved on since: then both stay."""
    key = f"{folder}/files.parquet"
    try:
        repository.write_once(key, data)
    except Conflict:
        key = f"{folder}/files.{sha256(data)[:12]}.parquet"
        repository.write_once(key, data)
    return key


def rows_of(files: list[tuple[Needed, Held]], roots: Roots) -> Iterator[StoredFile]:
    """Rows in the inventory's order, numbered anew: files that are left out leave no gap."""
    renumbered = {file.number: number for number, (file, _) in enumerate(files)}
    for file, held in files:
        root, path = roots.split(file.location)
        parents = tuple(renumbered[parent] for parent in file.listed_by if parent in renumbered)
        yield StoredFile(
            root=roots.number(root),
            path=path,
            kind=file.kind,
            size=held.size,
            sha256=held.sha256,
            object=held.object,
            stored_by=held.stored_by,
            listed_by=parents,
        )


def _record(draft: CaptureDraft, files_key: str, files_sha256: str) -> CaptureRecord:
    state = state_of(draft.state)
    new = [held.size for _, held in draft.files if held.stored_by == draft.pit]
    return CaptureRecord(
        features=(PARTIAL_COVERAGE,) if draft.coverage else (),
        pit=draft.pit,
        table=draft.planned.table,
        uuid=state.uuid,
        pointer=state.pointer,
        as_of=draft.planned.as_of,
        roots=draft.roots.all,
        table_format_version=state.format_version,
        schema_id=state.schema_id,
        table_schema=dict(state.schema),
        snapshot_id=state.snapshot_id,
        last_updated_ms=state.last_updated_ms,
        fingerprint=state.fingerprint,
        rows=state.rows,
        files=len(draft.files),
        bytes=sum(held.size for _, held in draft.files),
        files_new=len(new),
        bytes_new=sum(new),
        files_key=files_key,
        files_sha256=files_sha256,
        broken_snapshots=draft.broken,
        missing_history=draft.absent,
        coverage=draft.coverage,
        previous=draft.previous,
        captured_at=draft.captured_at,
        duration_ms=draft.duration_ms,
    )
