"""A store in memory: for tests, models of concurrency and rehearsals. Gone with the process."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator

from bcn_core.errors import ObjectExists, ObjectMissing
from bcn_core.storage.store import CHUNK_BYTES, ObjectStat, ObjectVersion


class MemoryStore:
    """Objects in a dict, each change under one lock."""

    def __init__(self, url: str = "memory://store", clock: Callable[[], float] = time.time) -> None:
        self._url = url
        self._clock = clock
        self._objects: dict[str, tuple[bytes, float]] = {}
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return self._url

    def get(self, key: str) -> bytes:
        try:
            return self._objects[key][0]
        except KeyError:
            raise ObjectMissing(f"no object {self._url}/{key}") from None

    def stream(self, key: str) -> Iterator[bytes]:
        data = self.get(key)
        return (data[start : start + CHUNK_BYTES] for start in range(0, len(data), CHUNK_BYTES))

    def put_new(self, key: str, chunks: Iterable[bytes]) -> None:
        data = b"".join(chunks)
        with self._lock:
            if key in self._objects:
                raise ObjectExists(f"{self._url}/{key} exists already")
            self._objects[key] = (data, self._clock())

    def replace(self, key: str, data: bytes) -> None:
        with self._lock:
            self._objects[key] = (data, self._clock())

    def list(self, folder: str) -> Iterator[ObjectStat]:
        prefix = f"{folder}/" if folder else ""
        with self._lock:
            found = [(key, held) for key, held in self._objects.items() if key.startswith(prefix)]
        return iter([ObjectStat(key, len(data), modified) for key, (data, modified) in sorted(found)])

    def stat(self, key: str) -> ObjectStat:
        data = self.get(key)
        return ObjectStat(key, len(data), self._objects[key][1])

    def delete(self, key: str) -> None:
        with self._lock:
            self._objects.pop(key, None)

    def versions(self, folder: str) -> Iterator[ObjectVersion]:
        return iter(())

    def free_bytes(self) -> int | None:
        return None
