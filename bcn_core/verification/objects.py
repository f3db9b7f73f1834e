"""Looking at stored objects: sizes from listings, digests from bytes, and metadata that must parse."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bcn_core.copying import digest_of, in_parallel
from bcn_core.errors import BcnError, InvalidRequest, InvalidTableFile, ObjectMissing
from bcn_core.iceberg.manifests import read_manifest, read_manifest_list
from bcn_core.iceberg.metadata import parse
from bcn_core.references import Keys
from bcn_core.repository.documents import TableEntry
from bcn_core.repository.files import StoredFile
from bcn_core.repository.layout import capture_of, stored_files
from bcn_core.repository.repository import Repository

_READS_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Slice:
    """Which objects are read whole: the ``part``-th of ``parts`` (from 1), chosen by a digest of their keys.

    The choice depends on nothing but the key, so that as many runs as there are parts read everything. Part 0 reads
    nothing.
    """

    part: int = 0
    parts: int = 1

    @classmethod
    def of(cls, text: str) -> "Slice":
        """Read ``7/30``.

        Raises:
            InvalidRequest: it is no such slice.
        """
        part, _, parts = text.partition("/")
        if not (part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts)):
            raise InvalidRequest(f"'{text}' is no slice", hint="such as 7/30: the seventh of thirty")
        return cls(int(part), int(parts))

    def takes(self, key: str) -> bool:
        """Whether an object belongs to the slice."""
        number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8])
        return self.part > 0 and number % self.parts == self.part - 1


EVERYTHING = Slice(1, 1)


@dataclass(frozen=True, slots=True)
class Reach:
    """Which captures are looked at: those that some PITs made, and of the others those whose turn it is."""

    pits: frozenset[str]
    turn: Slice

    def takes(self, entry: TableEntry) -> bool:
        """Whether a capture is looked at."""
        return entry.capture_pit in self.pits or self.turn.takes(entry.capture)


@dataclass
class Objects:
    """The objects of a repository, each looked at once, however many captures need it."""

    repository: Repository
    slice: Slice
    files: int = 0
    bytes_read: int = 0
    notes: list[str] = field(default_factory=list)
    _sizes: dict[str, dict[str, int]] = field(default_factory=dict)
    _sound: Keys = field(default_factory=Keys)
    _bad: dict[str, str] = field(default_factory=dict)

    def faults_of(self, files: Iterable[StoredFile]) -> Iterator[tuple[StoredFile, str]]:
        """The files of one capture with which something is wrong."""
        fresh = []
        for file in files:
            if file.object in self._bad:
                yield file, self._bad[file.object]
            elif file.object not in self._sound:
                fresh.append(file)
        for file, problem in in_parallel(self._look, fresh, _READS_AT_ONCE):
            self.files += 1
            if problem:
                self._bad[file.object] = problem
                yield file, problem
            else:
                self._sound.add(file.object)

    def _look(self, file: StoredFile) -> tuple[StoredFile, str]:
        size = self._size(file)
        if size is None:
            return file, "is missing"
        if size != file.size:
            return file, f"has {size} bytes, not {file.size}"
        return file, self._read(file) if _is_metadata(file) or self.slice.takes(file.object) else ""

    def _size(self, file: StoredFile) -> int | None:
        folder = capture_of(file.object, file.stored_by)
        if folder not in self._sizes:
            listed = self.repository.store.list(stored_files(folder))
            self._sizes[folder] = {found.key: found.size for found in listed}
        return self._sizes[folder].get(file.object)

    def _read(self, file: StoredFile) -> str:
        """Read it; a second time when it is not as written, since a disk or a cable may fail once (restic#5467)."""
        problem = self._read_once(file)
        if not problem:
            return ""
        again = self._read_once(file)
        if not again:
            self.notes.append(f"{file.object}: the first read gave other bytes, the second one was right")
        return again

    def _read_once(self, file: StoredFile) -> str:
        try:
            found = digest_of(self.repository.store, file.object)
            self.bytes_read += found.size
            if found.sha256 != file.sha256:
                return "is not what was written: its SHA-256 differs"
            _parse(self.repository, file)
        except ObjectMissing:
            return "is missing"
        except InvalidTableFile as error:
            return f"is as it was written, but cannot be read: {error.message}"
        except BcnError as error:
            return f"cannot be read: {error.message}"
        return ""


def _is_metadata(file: StoredFile) -> bool:
    return file.kind in ("metadata", "manifest-list", "manifest")


def _parse(repository: Repository, file: StoredFile) -> None:
    if not _is_metadata(file):
        return
    data = repository.object(file)
    if file.kind == "metadata":
        parse(data, file.path)
    elif file.kind == "manifest-list":
        read_manifest_list(data, file.path)
    else:
        for _ in read_manifest(data, file.path):
            pass
