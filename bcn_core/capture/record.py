"""The record of a capture, written when everything that it names is in the repository."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bcn_core.capture.inventory import Inventory
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
    """Everything that a record says; ``numbers`` are those of the inventory's files that its state needs.

    Files of these that the repository does not hold are named, but no row of the table needs them.
    """

    planned: PlannedCapture
    state: TableMetadata
    pit: str
    folder: str
    roots: Roots
    inventory: Inventory
    numbers: Sequence[int]
    broken: tuple[Broken, ...]
    coverage: Coverage | None
    previous: str | None
    captured_at: datetime
    duration_ms: int


def write_record(repository: Repository, draft: CaptureDraft) -> CaptureRecord:
    """Write the list of files, then the record: from then on the capture is whole."""
    data = encode_files(rows_of(draft.inventory, draft.numbers, draft.roots))
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


def rows_of(inventory: Inventory, numbers: Iterable[int], roots: Roots) -> Iterator[StoredFile]:
    """Rows of what the repository holds, in the inventory's order, numbered anew: what is left out leaves no gap."""
    kept = array("q", (number for number in numbers if inventory.holds(number)))
    renumbered = array("q", [-1]) * len(inventory)
    for row, number in enumerate(kept):
        renumbered[number] = row
    for number in kept:
        file = inventory[number]
        if file.held is not None:
            root, path = roots.split(file.location)
            yield StoredFile(
                root=roots.number(root),
                path=path,
                kind=file.kind,
                size=file.held.size,
                sha256=file.held.sha256,
                object=file.held.object,
                stored_by=file.held.stored_by,
                listed_by=tuple(row for row in (renumbered[parent] for parent in file.listed_by) if row >= 0),
            )


@dataclass(slots=True)
class _Sums:
    """What the files add up to, and which are absent."""

    files: int = 0
    bytes: int = 0
    files_new: int = 0
    bytes_new: int = 0
    absent: list[str] = field(default_factory=list)


def _sums(draft: CaptureDraft) -> _Sums:
    sums = _Sums()
    for number in draft.numbers:
        file = draft.inventory[number]
        if file.held is None:
            sums.absent.append(file.location)
            continue
        is_new = file.held.stored_by == draft.pit
        sums.files += 1
        sums.bytes += file.held.size
        sums.files_new += is_new
        sums.bytes_new += file.held.size if is_new else 0
    return sums


def _record(draft: CaptureDraft, files_key: str, files_sha256: str) -> CaptureRecord:
    state, sums = state_of(draft.state), _sums(draft)
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
        files=sums.files,
        bytes=sums.bytes,
        files_new=sums.files_new,
        bytes_new=sums.bytes_new,
        files_key=files_key,
        files_sha256=files_sha256,
        broken_snapshots=draft.broken,
        missing_history=tuple(sums.absent),
        coverage=draft.coverage,
        previous=draft.previous,
        captured_at=draft.captured_at,
        duration_ms=draft.duration_ms,
    )
