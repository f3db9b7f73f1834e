"""Looking at stored objects: sizes from listings, digests from bytes, and metadata that must parse."""

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from bcn_core.copying import Copied, Reader, digest_of, in_parallel
from bcn_core.errors import BcnError, InvalidRequest, InvalidTableFile, ObjectMissing
from bcn_core.iceberg.manifests import read_manifest, read_manifest_list
from bcn_core.iceberg.metadata import parse
from bcn_core.processes.talking import ProcessLost
from bcn_core.references import Opened
from bcn_core.repository.documents import TableEntry
from bcn_core.repository.encoding import sha256
from bcn_core.repository.files import METADATA_KINDS, StoredFile
from bcn_core.repository.layout import capture_of, stored_files
from bcn_core.repository.repository import Repository

READS_AT_ONCE = 8
"""Objects that are under way at the same time, unless the run is told how many."""


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


@dataclass(frozen=True, slots=True)
class Reading:
    """How objects are read: how many at once, and by whom."""

    at_once: int = READS_AT_ONCE
    reader: Reader = digest_of


READ_HERE = Reading()


@dataclass
class Objects:
    """The objects of a repository, each looked at once, however many captures need it.

    What is known of them is forgotten when another table's turn comes: no table has objects of another, and a
    repository may hold more than fit in memory.
    """

    repository: Repository
    slice: Slice
    reading: Reading = READ_HERE
    files: int = 0
    bytes_read: int = 0
    notes: list[str] = field(default_factory=list)
    _table: str = ""
    _sizes: dict[str, dict[str, int]] = field(default_factory=dict)
    _sound: set[str] = field(default_factory=set)
    _bad: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def faults_of(self, capture: Opened) -> Iterator[tuple[StoredFile, str]]:
        """The files of one capture with which something is wrong; captures of one table come one after the other."""
        if self._table != capture.named.family:
            self._table, self._sizes, self._sound, self._bad = capture.named.family, {}, set(), {}
        fresh = []
        for file in capture.files:
            if file.object in self._bad:
                yield file, self._bad[file.object]
            elif file.object not in self._sound:
                fresh.append(file)
        self._list({capture_of(file.object, file.stored_by) for file in fresh})
        for file, problem in in_parallel(self._look, fresh, self.reading.at_once):
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

    def _list(self, folders: set[str]) -> None:
        """Ask what the captures that stored the files hold, each once."""

        def sizes(folder: str) -> tuple[str, dict[str, int]]:
            listed = self.repository.store.list(stored_files(folder))
            return folder, {found.key: found.size for found in listed}

        self._sizes.update(in_parallel(sizes, folders - self._sizes.keys(), self.reading.at_once))

    def _size(self, file: StoredFile) -> int | None:
        return self._sizes[capture_of(file.object, file.stored_by)].get(file.object)

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
            if not self._is_as_written(file):
                return "is not what was written: its SHA-256 differs"
        except ObjectMissing:
            return "is missing"
        except InvalidTableFile as error:
            return f"is as it was written, but cannot be read: {error.message}"
        except ProcessLost:
            # Of this machine's troubles, and no fault of the object.
            raise
        except BcnError as error:
            return f"cannot be read: {error.message}"
        return ""

    def _is_as_written(self, file: StoredFile) -> bool:
        """Read it once: in chunks, or whole where it must also parse."""
        store = self.repository.store
        data = store.get(file.object) if _is_metadata(file) else None
        found = self.reading.reader(store, file.object) if data is None else Copied(len(data), sha256(data))
        with self._lock:
            self.bytes_read += found.size
        if found.sha256 != file.sha256:
            return False
        if data is not None:
            _parse(data, file)
        return True


def _is_metadata(file: StoredFile) -> bool:
    return file.kind in METADATA_KINDS


def _parse(data: bytes, file: StoredFile) -> None:
    if file.kind == "metadata":
        parse(data, file.path)
    elif file.kind == "manifest-list":
        read_manifest_list(data, file.path)
    else:
        for _ in read_manifest(data, file.path):
            pass
