"""The strict check of one manifest: its files, its counts, and no text in it that names the source."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bcn_core.errors import InvalidTableFile, UnsupportedFormat
from bcn_core.iceberg.avro import is_encrypted_file, open_container
from bcn_core.iceberg.delete_checking import DeleteCheck
from bcn_core.iceberg.digests import Digests
from bcn_core.iceberg.findings import Kind
from bcn_core.iceberg.inspection import UNTOLD, Inspection
from bcn_core.iceberg.manifests import Counts, FileRef, ManifestRef, read_manifest
from bcn_core.iceberg.texts import mentioned

_EXISTING, _ADDED, _DELETED = 0, 1, 2


@dataclass(slots=True)
class Tally:
    """What the entries of a manifest add up to: files and rows by status, live files and rows by content."""

    length: int
    files: Counter[int] = field(default_factory=Counter)
    rows: Counter[int] = field(default_factory=Counter)
    live_files: Counter[bool] = field(default_factory=Counter)
    live_rows: Counter[bool] = field(default_factory=Counter)

    def add(self, entry: FileRef) -> None:
        """Count an entry."""
        self.files[entry.status] += 1
        self.rows[entry.status] += entry.record_count
        if entry.is_live:
            is_delete = entry.content != 0
            self.live_files[is_delete] += 1
            self.live_rows[is_delete] += entry.record_count


class ManifestCheck:
    """The manifests of a table, each read once however many snapshots list it."""

    def __init__(self, inspection: Inspection) -> None:
        self._inspection = inspection
        self._tallies: dict[str, Tally | None] = {}
        self._data_files = Digests()
        self._delete_targets: dict[str, str] = {}
        self._deletes = DeleteCheck(inspection)

    def check(self, refs: Sequence[ManifestRef], listed_in: str) -> list[Tally | None]:
        """Check manifests against what a list says about them; None for each that cannot be read."""
        self._read_all((ref.path, ref.length) for ref in refs)
        return [self._check_ref(ref, listed_in) for ref in refs]

    def check_paths(self, paths: Sequence[str], named_in: str) -> list[Tally | None]:
        """Check manifests of which only the paths are known; None for each that cannot be read."""
        self._read_all((path, UNTOLD) for path in paths)
        return [self._check_path(path, named_in) for path in paths]

    def _check_ref(self, ref: ManifestRef, listed_in: str) -> Tally | None:
        tally = self._check_path(ref.path, listed_in)
        if tally is None:
            return None
        if tally.length != ref.length:
            message = f"{ref.path} has {tally.length} bytes, recorded are {ref.length}"
            self._inspection.find(Kind.WRONG_LENGTH, listed_in, message)
        self._check_counts(f"files of {ref.path}", ref.files, tally.files, listed_in)
        self._check_counts(f"rows of {ref.path}", ref.rows, tally.rows, listed_in)
        return tally

    def _check_path(self, path: str, named_in: str) -> Tally | None:
        self._inspection.check_path(path, named_in)
        return self._tallies[path]

    def check_delete_targets(self) -> None:
        """Check, after all manifests, that deletes for one data file are for a file of this table."""
        self._data_files.seal()
        for target, location in (self._delete_targets | dict(self._deletes.targets())).items():
            if target not in self._data_files:
                message = f"a delete file is for {target}, which no manifest lists as live"
                self._inspection.find(Kind.DELETE_TARGET, location, message)

    def _read_all(self, wanted: Iterable[tuple[str, int]]) -> None:
        """Read those that no list before named."""
        fresh = {path: size for path, size in wanted if path not in self._tallies}
        for path, data in self._inspection.load_all(fresh.items()):
            self._tallies[path] = self._tally(path, data)

    def _tally(self, path: str, data: bytes | None) -> Tally | None:
        if data is None:
            return None
        if is_encrypted_file(data):
            self._inspection.find(Kind.ENCRYPTED, path, "only its writers can read it")
            return None
        tally = Tally(len(data))
        try:
            for entry in read_manifest(data, path):
                tally.add(entry)
                self._check_entry(entry, path)
            container = open_container(data, path)
            if tally.live_files[True]:
                self._deletes.check(container)
            text = mentioned(container, self._inspection.source)
        except (InvalidTableFile, UnsupportedFormat) as error:
            self._inspection.find(Kind.UNREADABLE, path, error.message)
            return None
        if text is not None:
            self._inspection.find(Kind.SOURCE_PATH, path, f"a text names the source: {text}")
        return tally

    def _check_entry(self, entry: FileRef, location: str) -> None:
        self._inspection.check_path(entry.path, location)
        if entry.referenced_data_file is not None:
            self._inspection.check_path(entry.referenced_data_file, location)
        if not entry.is_live:
            return
        self._inspection.check_file(entry.path, entry.size, location)
        if entry.content == 0:
            self._data_files.add(entry.path)
        elif entry.referenced_data_file is not None:
            self._delete_targets[entry.referenced_data_file] = location

    def _check_counts(self, what: str, listed: Counts, found: Counter[int], listed_in: str) -> None:
        pairs = ((listed.added, _ADDED), (listed.existing, _EXISTING), (listed.deleted, _DELETED))
        for count, status in pairs:
            if count is not None and count != found[status]:
                message = f"{what} with status {status}: {found[status]}, listed are {count}"
                self._inspection.find(Kind.WRONG_COUNT, listed_in, message)
