"""A capture opened for reading: the state that it holds and the files of that state."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from bcn_core.errors import DamagedRepository, InvalidTableFile
from bcn_core.iceberg.history import as_of
from bcn_core.iceberg.metadata import TableMetadata, parse
from bcn_core.iceberg.snapshot_selection import HistoryMode, selected_snapshots
from bcn_core.locations import join
from bcn_core.repository.documents import CaptureRecord
from bcn_core.repository.files import FileRows, Kind, StoredFile
from bcn_core.repository.repository import Repository
from bcn_core.restoration.narrowing import needed_files


@dataclass(frozen=True, slots=True)
class Contents:
    """One capture's record, its table metadata (as of the instant, where that was derived), and its files.

    ``history`` says how many of its snapshots are wanted; ``files`` are those that these need.
    """

    repository: Repository
    record: CaptureRecord
    metadata: TableMetadata
    files: Collection[StoredFile]
    history: HistoryMode = "full"

    def location(self, file: StoredFile) -> str:
        """A file's location at the source."""
        return join(self.record.roots[file.root], file.path)

    def read(self, file: StoredFile) -> bytes:
        """A file's bytes, checked against their digest."""
        return self.repository.object(file)

    def of_kind(self, *kinds: Kind) -> Iterator[StoredFile]:
        """The files of some kinds."""
        if isinstance(self.files, FileRows):
            return self.files.of_kind(*kinds)
        return (file for file in self.files if file.kind in kinds)

    @property
    def pointer(self) -> StoredFile:
        """The metadata file that the catalog named."""
        return next(file for file in self.of_kind("metadata") if self.location(file) == self.record.pointer)

    @property
    def kept_snapshots(self) -> frozenset[int]:
        """The ids of the snapshots to restore: those wanted, but for those broken at the source, or not covered."""
        broken = {one.snapshot_id for one in self.record.broken_snapshots}
        wanted = selected_snapshots(self.metadata, self.history) - broken
        coverage = self.record.coverage
        return wanted if coverage is None else wanted.intersection(coverage.snapshots)

    @property
    def is_whole_state(self) -> bool:
        """Whether the metadata file describes exactly what is held, so that it can be restored byte for byte."""
        derived = self.record.as_of is not None and self.record.as_of.mode == "derived"
        missing = self.record.broken_snapshots or self.record.missing_history
        return self.history == "full" and not (derived or missing)


def open_contents(repository: Repository, record: CaptureRecord, history: HistoryMode = "full") -> Contents:
    """Read the state that a capture holds, with as much of its history as is wanted.

    Raises:
        DamagedRepository: its metadata is not there, not as written, or not metadata.
    """
    files = repository.file_rows(record)
    metadata = _without_statistics(_state(repository, record, files), set(record.missing_history))
    whole = Contents(repository, record, metadata, files, history)
    if history == "full":
        return whole
    return replace(whole, files=needed_files(record, files, metadata, whole.kept_snapshots))


def _state(repository: Repository, record: CaptureRecord, files: FileRows) -> TableMetadata:
    """The table's metadata, as of the instant of a PIT of the past."""
    places = ((file, join(record.roots[file.root], file.path)) for file in files.of_kind("metadata"))
    pointer = next((file for file, place in places if place == record.pointer), None)
    if pointer is None:
        raise DamagedRepository(
            f"{record.files_key} lacks the table's metadata file", hint="choose another PIT"
        )
    try:
        metadata = parse(repository.object(pointer), record.pointer)
    except InvalidTableFile as error:
        raise DamagedRepository(f"{pointer.object}: {error.message}", hint="choose another PIT") from error
    if record.as_of is not None and record.as_of.mode == "derived":
        return as_of(metadata, record.as_of.instant_ms) or metadata
    return metadata


def _without_statistics(metadata: TableMetadata, missing: set[str]) -> TableMetadata:
    """The state without the statistics files that were gone at the source already."""
    if not missing.intersection(metadata.statistics_files):
        return metadata
    raw = dict(metadata.raw)
    for part in ("statistics", "partition-statistics"):
        raw[part] = [file for file in raw.get(part) or () if file["statistics-path"] not in missing]
    return TableMetadata(raw, metadata.location_of_file)
