"""What a check may read, what it allows, and what it has found so far."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from bcn_core.errors import NotFound
from bcn_core.iceberg.digests import Hashes
from bcn_core.iceberg.findings import Finding, Kind
from bcn_core.iceberg.mentions import Mentions
from bcn_core.locations import is_within

Read = Callable[[str], bytes]
SizeOf = Callable[[str], int | None]
Loaded = tuple[str, bytes | None]
ReadMany = Callable[[Iterable[tuple[str, int]]], Iterator[Loaded]]
UNTOLD = 1024 * 1024
"""Bytes that a file is taken to have when nothing tells its size."""


@dataclass(frozen=True, slots=True)
class TableFiles:
    """How a check comes by a table's files.

    ``read`` returns the bytes of a location or raises NotFound; ``size_of`` its bytes, None when it is not there.
    ``read_many`` reads locations whose sizes are told with them, and gives each with its bytes, None when it is not
    there, in their order: far from a store, several at once. Without it, they are read one after the other.
    """

    read: Read
    size_of: SizeOf
    read_many: ReadMany | None = None

    def each(self, wanted: Iterable[tuple[str, int]]) -> Iterator[Loaded]:
        """The bytes of many files, in their order."""
        if self.read_many is not None:
            return self.read_many(wanted)
        return ((location, read_if_there(self.read, location)) for location, _ in wanted)


def read_if_there(read: Read, location: str) -> bytes | None:
    """The bytes of a file, None when it is not there."""
    try:
        return read(location)
    except NotFound:
        return None


@dataclass(frozen=True, slots=True)
class Proven:
    """What was checked before and is not looked at again: manifest lists and manifests, and files by place and size."""

    lists_and_manifests: frozenset[str] = frozenset()
    is_there: Callable[[str, int | None], bool] = lambda _path, _size: False


@dataclass(slots=True)
class Inspection:
    """One check under way; no file is asked for its size twice."""

    files: TableFiles
    allowed: tuple[str, ...]
    source: Mentions
    proven: Proven = Proven()
    findings: list[Finding] = field(default_factory=list)
    _right: Hashes = field(default_factory=Hashes)
    _wrong: dict[str, int | None] = field(default_factory=dict)

    def find(self, kind: Kind, location: str, message: str) -> None:
        """Note a finding."""
        self.findings.append(Finding(kind, location, message))

    def load(self, location: str) -> bytes | None:
        """Read a file of the table's own; None, and a finding, when it is not there."""
        return next(self.load_all([(location, UNTOLD)]))[1]

    def load_all(self, wanted: Iterable[tuple[str, int]]) -> Iterator[Loaded]:
        """Read many as :meth:`load` does, each with the bytes that it is said to have; in their order."""
        for location, data in self.files.each(wanted):
            if data is None:
                self.find(Kind.MISSING, location, "the file is not there")
            yield location, data

    def check_path(self, path: str, where: str) -> None:
        """Check that a path, live or dead, lies below an allowed prefix."""
        # Nearly all paths begin as a prefix is spelled; the others may be other spellings of it.
        if any(path.startswith(prefix) and path[len(prefix) :][:1] == "/" for prefix in self.allowed):
            return
        if self.allowed and not any(is_within(path, prefix) for prefix in self.allowed):
            self.find(Kind.FOREIGN_PATH, where, f"{path} lies outside of {', '.join(self.allowed)}")

    def check_file(self, path: str, size: int | None, where: str) -> None:
        """Check that a file is there, and of the recorded size in bytes where one is recorded."""
        if self.proven.is_there(path, size):
            return
        # Of files that are right only 64 bits are kept: there may be millions of them.
        known = hash((path, size))
        if known in self._right:
            return
        actual = self._wrong[path] if path in self._wrong else self.files.size_of(path)
        if actual is not None and size in (None, actual):
            self._right.add(known)
            return
        self._wrong[path] = actual
        if actual is None:
            self.find(Kind.MISSING, where, f"{path} is not there")
        else:
            self.find(Kind.WRONG_SIZE, where, f"{path} has {actual} bytes, recorded are {size}")
