"""The capture of one table: walk its metadata, reuse what is held, copy the rest, write the record last."""

import time
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from bcn_core.capture.broken import broken_snapshots, needed_without
from bcn_core.capture.coverage import covered
from bcn_core.capture.encrypted import files_at_places
from bcn_core.capture.inventory import Inventory, KnownFiles, Needed
from bcn_core.capture.parts import is_copied, note_part, share_of
from bcn_core.capture.reach import Reach
from bcn_core.capture.record import CaptureDraft, rows_of, write_record
from bcn_core.capture.roots import Roots
from bcn_core.capture.salvage import Salvage
from bcn_core.capture.walk import Walk
from bcn_core.copying import Copied, Copier, Copy, Part, SizeDiffers, carry_out, in_parallel
from bcn_core.counting import counted
from bcn_core.errors import InvalidTableFile, ObjectMissing, SourceDamaged
from bcn_core.events import FileCopied, FilesFound, Report, TableCaptured
from bcn_core.iceberg.history import as_of
from bcn_core.iceberg.metadata import TableMetadata, parse
from bcn_core.iceberg.support import is_encrypted
from bcn_core.names import TableName
from bcn_core.repository.documents import Broken, CaptureRecord, Coverage, PlannedCapture
from bcn_core.repository.encoding import sha256
from bcn_core.repository.files import METADATA_KINDS, StoredFile
from bcn_core.repository.layout import stored_file
from bcn_core.repository.repository import Repository
from bcn_core.storage.opening import Stores


@dataclass(frozen=True, slots=True)
class Workshop:
    """What the captures of one PIT share."""

    repository: Repository
    stores: Stores
    pit: str
    workers: int
    report: Report
    within: tuple[str, ...] = ()
    copier: Copier = carry_out


class FilesLost(SourceDamaged):
    """Files that a pointer needs are not there; ``capture`` can finish without the snapshots that need them."""

    def __init__(self, capture: "TableCapture", lost: dict[str, str]) -> None:
        first = next(iter(lost.values()))
        super().__init__(f"{counted(len(lost), 'file')} of {capture.table} missing or damaged: {first}")
        self.capture = capture
        self.lost = lost


class TableCapture:
    """One attempt at one pointer of one table."""

    def __init__(
        self, workshop: Workshop, planned: PlannedCapture, known: KnownFiles, salvage: Salvage
    ) -> None:
        self.table: TableName = planned.table.table()
        self._shop = workshop
        self._planned = planned
        self._known = known
        self._salvage = salvage
        self._started = time.monotonic()
        self._inventory = Inventory()
        self._state: TableMetadata | None = None
        self._coverage: Coverage | None = None
        self._part: Part | None = None
        self.folder = workshop.repository.layout.capture(self.table, workshop.pit, full=not len(known))

    def run(self, pointer: str) -> CaptureRecord:
        """Capture the state behind a pointer.

        Raises:
            FilesLost: files are missing; the caller knows whether the table moved on or is damaged.
        """
        metadata = self._metadata(pointer)
        walk = self._walk(metadata)
        lost = walk.lost | self._copy(self._missing(walk))
        if lost:
            raise FilesLost(self, lost)
        return self._record(metadata, range(len(self._inventory)), ())

    def copy_part(self, part: Part) -> list[StoredFile]:
        """Copy the planned state's files of one part, and write which they are."""
        if is_copied(self._shop.repository, self.folder, part):
            return []
        self._part = part
        try:
            walk = self._walk(self._metadata(self._planned.pointer))
        except FilesLost:
            return []
        files, missing = self._inventory, self._missing(walk)
        content = (number for number in missing if files[number].kind not in METADATA_KINDS)
        mine = share_of(content, lambda number: files.size(number) or 0, part)
        self._copy(mine)
        stored = [file.number for file in files if file.kind in METADATA_KINDS and self._is_own(file)]
        rows = list(rows_of(files, [*stored, *mine], self._roots))
        note_part(self._shop.repository, self.folder, part, rows)
        return [row for row in rows if row.kind not in METADATA_KINDS]

    def _is_own(self, file: Needed) -> bool:
        return file.held is not None and file.held.stored_by == self._shop.pit

    def finish_without(self, lost: dict[str, str]) -> CaptureRecord:
        """Record what is left when the snapshots that need lost files are left out.

        Raises:
            SourceDamaged: the current snapshot is among them.
        """
        state = self._state
        if state is None:
            raise self._damaged(lost)
        broken = broken_snapshots(state, self._inventory, lost)
        ids = {one.snapshot_id for one in broken}
        if state.current_snapshot_id in ids or not broken:
            raise self._damaged(lost)
        return self._record(state, needed_without(state, self._inventory, ids), broken)

    def _damaged(self, lost: dict[str, str]) -> SourceDamaged:
        reasons = "; ".join(sorted(lost.values())[:3])
        if self._planned.as_of is not None:
            hint = "that state has been expired at the source; choose a later instant"
            return SourceDamaged(f"{self.table} cannot be had as of that instant: {reasons}", hint=hint)
        hint = "restore the table from an earlier PIT, or repair it at the source"
        return SourceDamaged(f"{self.table} is damaged at its source: {reasons}", hint=hint)

    def _metadata(self, pointer: str) -> TableMetadata:
        self._inventory.add(pointer, "metadata")
        self._reach = Reach(pointer, self._shop.within)
        try:
            data = self._read(pointer)
            state = parse(data, pointer)
        except (ObjectMissing, InvalidTableFile) as error:
            raise FilesLost(self, {pointer: error.message}) from error
        self._roots = Roots(state)
        self._store(0, data)
        planned = self._planned.as_of
        if planned is not None and planned.mode == "derived":
            state = as_of(state, planned.instant_ms) or state
        self._state, self._coverage = covered(state, self._planned.newest_snapshots)
        return self._state

    def _fetch(self, number: int) -> bytes:
        data = self._read(self._inventory[number].location)
        self._store(number, data)
        return data

    def _read(self, location: str) -> bytes:
        self._reach.check(location)
        return self._shop.stores.read(location)

    def _store(self, number: int, data: bytes) -> None:
        """Keep bytes that were read for the walk; an earlier try of this PIT may have done so already.

        All parts read them and each keeps its own, or all but the first would write in vain.
        """
        key = self._key(self._inventory[number].location)
        if self._part is not None and not self._part.has(key):
            return
        copied = Copied(len(data), sha256(data))
        if self._part is not None or not self._salvage.holds(key, copied):
            self._shop.repository.write_once(key, data)
        self._inventory.hold(number, copied, key, self._shop.pit)

    def _walk(self, metadata: TableMetadata) -> Walk:
        """Note every file that is needed, and which of them the repository holds."""
        walk = Walk(self._inventory, self._known, self._fetch, self._shop.workers)
        walk.run(metadata)
        if walk.is_encrypted or self._known.is_encrypted or is_encrypted(metadata):
            for location, size in files_at_places(metadata, self._shop.stores, self._reach):
                self._inventory.add(location, "encrypted", listed_by=0, size=size)
        self._reuse()
        return walk

    def _missing(self, walk: Walk) -> Sequence[int]:
        """The numbers of the files that are to be copied."""
        lost = walk.lost.keys() | set(walk.lost_history)
        return array("q", (file.number for file in self._inventory.missing() if file.location not in lost))

    def _reuse(self) -> None:
        if not len(self._known):
            return
        for number, file in enumerate(self._inventory):
            known = self._known.find(file.location, file.size) if file.held is None else None
            if known is not None:
                self._inventory.hold(number, Copied(known.size, known.sha256), known.object, known.stored_by)

    def _copy(self, wanted: Sequence[int]) -> dict[str, str]:
        total = sum(self._inventory.size(number) or 0 for number in wanted)
        self._shop.report(FilesFound(self.table, len(wanted), total))
        failures: dict[str, str] = {}
        for file, problem in in_parallel(self._copy_one, wanted, self._shop.workers):
            # Statistics only advise planners: a table without them is whole, and its restore does not name them.
            if problem and file.kind != "statistics":
                failures[file.location] = problem
        return failures

    def _copy_one(self, number: int) -> tuple[Needed, str]:
        file = self._inventory[number]
        root, relative = self._roots.split(file.location)
        found = self._salvage.find(root, relative, file.size)
        try:
            self._reach.check(file.location)
            if found is not None:
                self._inventory.hold(number, found.copied, found.key, found.pit)
            else:
                self._hold_copy(number, file)
        except (ObjectMissing, SizeDiffers) as error:
            return file, error.message
        self._shop.report(FileCopied(self.table, file.location, file.size or 0))
        return file, ""

    def _hold_copy(self, number: int, file: Needed) -> None:
        store, source_key = self._shop.stores.holding(file.location)
        key = self._key(file.location)
        copied = self._shop.copier(Copy(store, source_key, self._shop.repository.store, key, size=file.size))
        self._inventory.hold(number, copied, key, self._shop.pit)

    def _key(self, location: str) -> str:
        root, relative = self._roots.split(location)
        return stored_file(self.folder, root, relative)

    def _record(
        self, state: TableMetadata, numbers: Sequence[int], broken: tuple[Broken, ...]
    ) -> CaptureRecord:
        draft = CaptureDraft(
            planned=self._planned,
            state=state,
            pit=self._shop.pit,
            folder=self.folder,
            roots=self._roots,
            inventory=self._inventory,
            numbers=numbers,
            broken=broken,
            coverage=self._coverage,
            previous=self._known.capture,
            captured_at=self._shop.repository.now(),
            duration_ms=int((time.monotonic() - self._started) * 1000),
        )
        record = write_record(self._shop.repository, draft)
        reused = record.files - record.files_new
        self._shop.report(TableCaptured(self.table, record.files_new, record.bytes_new, reused))
        return record
