"""Copying bytes from store to store: hashed on the way, checked before they appear, bounded in memory.

Within one account of a store that can, the store copies by itself, and its own SHA-256 is what is checked.
"""

import hashlib
import threading
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from bcn_core.errors import Conflict, DamagedRepository, ObjectExists
from bcn_core.iceberg.inspection import Loaded, Read, ReadMany, SizeOf, TableFiles, read_if_there
from bcn_core.storage.creating import PART_BYTES
from bcn_core.storage.store import Store
from bcn_core.storage.within import LEAST_BYTES, CopiesWithin, HeldBytes

I = TypeVar("I")  # noqa: E741
O = TypeVar("O")  # noqa: E741

_CALLS_AT_ONCE = 8
_FILES_AT_ONCE = 16
_LARGE_AT_ONCE = 8
_HELD_BYTES = 64 * 1024 * 1024
_FEWEST = 4


@dataclass(frozen=True, slots=True)
class Copied:
    """What is at the target now: size in bytes and SHA-256 in hexadecimal."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Copy:
    """One file to be copied; the expected size and digest are checked where they are known."""

    source: Store
    source_key: str
    target: Store
    target_key: str
    size: int | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One of several parts of a table's files, counted from 0."""

    number: int
    of: int

    def has(self, key: str) -> bool:
        """Whether the file that is stored under a key belongs to this part."""
        return zlib.crc32(key.encode()) % self.of == self.number


Copier = Callable[[Copy], Copied]
"""Who carries copies out: :func:`carry_out` in this process, or a process beside it."""
Reader = Callable[[Store, str], Copied]
"""Who reads objects for their digests: :func:`digest_of`, or a process beside this one."""


class SizeDiffers(DamagedRepository):
    """A file does not have the size or the digest that is recorded for it."""


def carry_out(copy: Copy) -> Copied:
    """Copy one file. It appears at the target only when its size and digest are the expected ones.

    A file that is at the target already is compared instead: an earlier try wrote it, or somebody else's is in the way.

    Raises:
        ObjectMissing: the source has no such file.
        SizeDiffers: size or digest are not as recorded.
        Conflict: the target holds another file of that name.
    """
    try:
        return _within_the_store(copy) or _through_here(copy)
    except ObjectExists:
        return _compare(copy)


def digest_of(store: Store, key: str) -> Copied:
    """Size and SHA-256 of an object, read in chunks."""
    digest, size = hashlib.sha256(), 0
    for chunk in store.stream(key):
        digest.update(chunk)
        size += len(chunk)
    return Copied(size, digest.hexdigest())


def put_same(store: Store, key: str, data: bytes) -> None:
    """Create an object; one that is there already with these very bytes is from an earlier try.

    Raises:
        Conflict: the key holds other bytes.
    """
    try:
        store.put_new(key, [data])
    except ObjectExists as error:
        if store.get(key) != data:
            raise _other_contents(store, key) from error


def in_parallel(work: Callable[[I], O], items: Iterable[I], workers: int = _CALLS_AT_ONCE) -> Iterator[O]:
    """Results in the order of the items, a bounded number under way. The first error stops taking new items."""
    waiting = iter(items)
    with ThreadPoolExecutor(max(1, workers)) as pool:
        running: deque[Future[O]] = deque(pool.submit(work, item) for item in islice(waiting, workers * 2))
        try:
            while running:
                result = running.popleft().result()
                running.extend(pool.submit(work, item) for item in islice(waiting, 1))
                yield result
        finally:
            for left in running:
                left.cancel()


def do_all(work: Callable[[I], object], items: Iterable[I], workers: int = _CALLS_AT_ONCE) -> None:
    """Work on all items, as :func:`in_parallel` does, where nothing comes of it."""
    for _ in in_parallel(work, items, workers):
        pass


def at_once(workers: int, sizes: Iterable[int]) -> int:
    """How many files of such sizes in bytes may be held whole: all workers' where they are small, else a few.

    Twice as many are in memory as are under way: those that wait to be looked at too.
    """
    largest = max(sizes, default=0)
    return min(workers, max(_FEWEST, _HELD_BYTES // 2 // max(1, largest)))


def files_of_table(read: Read, size_of: SizeOf) -> TableFiles:
    """How the strict check comes by a table's files, several at once."""
    return TableFiles(read, size_of, reader_of_many(read))


def reader_of_many(read: Read, workers: int = _FILES_AT_ONCE) -> ReadMany:
    """Reads several files at once, fewer where they are large."""

    def load(wanted: tuple[str, int]) -> Loaded:
        return wanted[0], read_if_there(read, wanted[0])

    def many(wanted: Iterable[tuple[str, int]]) -> Iterator[Loaded]:
        listed = list(wanted)
        yield from in_parallel(load, listed, at_once(workers, (size for _, size in listed)))

    return many


class _Room:
    """Bytes that files on their way may fill in this process; a file that finds none left waits for others to end.

    Sixteen small files of a table are worth having under way when each waits for the network. Sixteen large ones would
    hold a GB, and be no faster: a few of them keep the core busy on which Python computes.
    """

    def __init__(self, size: int) -> None:
        self._left = size
        self._changed = threading.Condition()

    @contextmanager
    def holding(self, size: int) -> Iterator[None]:
        with self._changed:
            # A large one may see small ones pass by. They run out: results are taken in order.
            self._changed.wait_for(lambda: self._left >= size)
            self._left -= size
        try:
            yield
        finally:
            with self._changed:
                self._left += size
                self._changed.notify_all()


_ROOM = _Room(_LARGE_AT_ONCE * PART_BYTES)


def _within_the_store(copy: Copy) -> Copied | None:
    """Let the store copy it; None where it cannot, or where that costs more calls than it saves."""
    # The size first: of thousands of small files, asking what a store can do costs more than hashing them.
    if copy.size is not None and copy.size < LEAST_BYTES:
        return None
    if not (isinstance(copy.source, CopiesWithin) and isinstance(copy.target, CopiesWithin)):
        return None
    place = copy.source.place(copy.source_key)
    if place is None:
        return None
    held = copy.target.copy_new(copy.target_key, place, lambda found: _check(copy, found))
    return Copied(held.size, held.sha256) if held else None


def _through_here(copy: Copy) -> Copied:
    """Read it in chunks, and write them."""
    measure = _Measure(copy)
    with _ROOM.holding(PART_BYTES if copy.size is None else min(copy.size, PART_BYTES)):
        copy.target.put_new(copy.target_key, measure.through(copy.source.stream(copy.source_key)))
    return measure.result()


def _check(copy: Copy, found: HeldBytes) -> None:
    place = f"{copy.source.url}/{copy.source_key}"
    if copy.size is not None and found.size != copy.size:
        raise SizeDiffers(f"{place} has {found.size} bytes, not the {copy.size} on record")
    if copy.sha256 is not None and found.sha256 != copy.sha256:
        raise SizeDiffers(f"{place} is not what was written: its SHA-256 differs")


def _compare(copy: Copy) -> Copied:
    held = digest_of(copy.target, copy.target_key)
    wanted = copy.sha256 or digest_of(copy.source, copy.source_key).sha256
    if held.sha256 != wanted:
        raise _other_contents(copy.target, copy.target_key)
    return held


def _other_contents(store: Store, key: str) -> Conflict:
    return Conflict(
        f"{store.url}/{key} is there already, with other contents",
        hint="choose an empty target, or remove that file if it is not needed",
    )


class _Measure:
    """Hashes and counts what flows through, and refuses the end when it is not as expected."""

    def __init__(self, copy: Copy) -> None:
        self._copy = copy
        self._digest = hashlib.sha256()
        self._size = 0

    def through(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._digest.update(chunk)
            self._size += len(chunk)
            yield chunk
        _check(self._copy, HeldBytes(self._size, self._digest.hexdigest()))

    def result(self) -> Copied:
        return Copied(self._size, self._digest.hexdigest())
