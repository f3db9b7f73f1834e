"""Reading a replicated table's own files by the names that they have at the source."""

import threading

from bcn_core.locations import PrefixMap
from bcn_core.storage.opening import Stores

_HELD_BYTES = 64 * 1024 * 1024


class Replica:
    """The files of one table as the replicator left them; small ones that are read twice are fetched once."""

    def __init__(self, stores: Stores, mapping: PrefixMap) -> None:
        self._stores = stores
        self._mapping = mapping
        self._held: dict[str, bytes] = {}
        self._room = _HELD_BYTES
        self._lock = threading.Lock()

    def read(self, path: str) -> bytes:
        """The bytes of a file, by its location at the source.

        Raises:
            ObjectMissing: it has not arrived.
            InvalidRequest: no prefix covers it.
        """
        held = self._held.get(path)
        return self._stores.read(self._mapping.map(path)) if held is None else held

    def read_twice(self, path: str) -> bytes:
        """Like :meth:`read`, for a file that will be read again; kept in memory while there is room for it."""
        data = self.read(path)
        with self._lock:
            if path not in self._held and len(data) <= self._room:
                self._held[path] = data
                self._room -= len(data)
        return data
