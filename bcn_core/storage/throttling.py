"""A bound on the bytes read per second, so that a backup leaves room for those who work with the lake."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from bcn_core.storage.deleting import delete_all
from bcn_core.storage.store import ObjectStat, ObjectVersion, Store
from bcn_core.storage.unfinished import Discarded, discard_unfinished
from bcn_core.storage.within import Check, CopiesWithin, HeldBytes, ObjectPlace


class Pace(Protocol):
    """What bytes are asked of before more are read."""

    def take(self, count: int) -> None:
        """Wait until the bytes taken before have had their time."""


class Rate:
    """Bytes per second that all stores of a run share; any thread may take."""

    def __init__(
        self,
        bytes_per_second: int,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate = bytes_per_second
        self._clock = clock
        self._sleep = sleep
        self._free_at = clock()
        self._lock = threading.Lock()

    def take(self, count: int) -> None:
        """Wait until the bytes taken before have had their time."""
        with self._lock:
            now = self._clock()
            start = max(now, self._free_at)
            self._free_at = start + count / self._rate
        if start > now:
            self._sleep(start - now)


class Throttled:
    """A store whose reads keep to a rate. Every byte that is copied is read once, so reads bound writes too."""

    def __init__(self, store: Store, rate: Pace) -> None:
        self._store = store
        self._rate = rate

    @property
    def url(self) -> str:
        return self._store.url

    def get(self, key: str) -> bytes:
        return b"".join(self.stream(key))

    def stream(self, key: str) -> Iterator[bytes]:
        for chunk in self._store.stream(key):
            self._rate.take(len(chunk))
            yield chunk

    def put_new(self, key: str, chunks: Iterable[bytes]) -> None:
        self._store.put_new(key, chunks)

    def place(self, key: str) -> ObjectPlace | None:
        return self._store.place(key) if isinstance(self._store, CopiesWithin) else None

    def copy_new(self, key: str, source: ObjectPlace, check: Check) -> HeldBytes | None:
        """The store's own copy, which loads the store as a read does: its bytes are taken before it appears."""

        def taken(held: HeldBytes) -> None:
            check(held)
            self._rate.take(held.size)

        return self._store.copy_new(key, source, taken) if isinstance(self._store, CopiesWithin) else None

    def replace(self, key: str, data: bytes) -> None:
        self._store.replace(key, data)

    def list(self, folder: str) -> Iterator[ObjectStat]:
        return self._store.list(folder)

    def stat(self, key: str) -> ObjectStat:
        return self._store.stat(key)

    def delete(self, key: str) -> None:
        self._store.delete(key)

    def delete_many(self, keys: Sequence[str]) -> frozenset[str]:
        return delete_all(self._store, keys)

    def versions(self, folder: str) -> Iterator[ObjectVersion]:
        return self._store.versions(folder)

    def discard_unfinished(self, folder: str, before: float) -> Discarded:
        return discard_unfinished(self._store, folder, before)

    def free_bytes(self) -> int | None:
        return self._store.free_bytes()
