"""A store that notes what is asked of it."""

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from bcn_core.storage.store import ObjectStat, ObjectVersion, Store


@dataclass
class Watched:
    """The calls that reached the stores of a run, as (verb, key)."""

    calls: list[tuple[str, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def wrap(self, store: Store) -> Store:
        """The store, its calls noted here."""
        return WatchedStore(store, self)

    def note(self, verb: str, key: str) -> None:
        with self.lock:
            self.calls.append((verb, key))

    def keys(self, *verbs: str) -> list[str]:
        """The keys of the calls of some verbs."""
        return [key for verb, key in self.calls if verb in verbs]

    @property
    def reads(self) -> list[str]:
        """The keys whose bytes were read."""
        return self.keys("get", "stream")

    @property
    def writes(self) -> list[str]:
        """The keys of everything that changes a store."""
        return self.keys("put_new", "replace", "delete")


class Watcher(Protocol):
    """Whoever is told of each call before it is made."""

    def note(self, verb: str, key: str) -> None: ...


class WatchedStore:
    """A store that tells a watcher of each call."""

    def __init__(self, inner: Store, watched: Watcher) -> None:
        self._inner = inner
        self._watched = watched

    @property
    def url(self) -> str:
        return self._inner.url

    def get(self, key: str) -> bytes:
        self._watched.note("get", key)
        return self._inner.get(key)

    def stream(self, key: str) -> Iterator[bytes]:
        self._watched.note("stream", key)
        return self._inner.stream(key)

    def put_new(self, key: str, chunks: Iterable[bytes]) -> None:
        self._watched.note("put_new", key)
        self._inner.put_new(key, chunks)

    def replace(self, key: str, data: bytes) -> None:
        self._watched.note("replace", key)
        self._inner.replace(key, data)

    def list(self, folder: str) -> Iterator[ObjectStat]:
        self._watched.note("list", folder)
        return self._inner.list(folder)

    def stat(self, key: str) -> ObjectStat:
        self._watched.note("stat", key)
        return self._inner.stat(key)

    def delete(self, key: str) -> None:
        self._watched.note("delete", key)
        self._inner.delete(key)

    def versions(self, folder: str) -> Iterator[ObjectVersion]:
        return self._inner.versions(folder)

    def free_bytes(self) -> int | None:
        return self._inner.free_bytes()
