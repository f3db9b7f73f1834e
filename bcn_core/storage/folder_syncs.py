"""Making the entries of a folder survive a power cut: one sync for all writers that wait for it."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from weakref import WeakValueDictionary


@dataclass(slots=True, weakref_slot=True, eq=False)
class _Turns:
    """The syncs of one folder, one after the other: how many were begun, and the last that succeeded."""

    lock: Lock = field(default_factory=Lock)
    begun: int = 0
    done: int = 0


class FolderSyncs:
    """Syncs of folders by many threads.

    Who comes while a sync is under way waits for the next one, which then serves all that wait: their entries were
    made before it began. Of W writers in one folder each sync serves up to W, and none returns unsynced.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._turns: WeakValueDictionary[str, _Turns] = WeakValueDictionary()

    def sync(self, folder: str | Path) -> None:
        """Return when a sync of the folder that began after this call has succeeded; OSError when it fails."""
        with self._lock:
            turns = self._turns.get(f"{folder}") or self._turns.setdefault(f"{folder}", _Turns())
        # One that is under way may have begun before the caller's entry was there: only a later one counts.
        needed = turns.begun + 1
        with turns.lock:
            if turns.done < needed:
                turns.begun += 1
                sync_folder(folder)
                turns.done = turns.begun


def sync_folder(folder: str | Path) -> None:
    """Write a folder's entries to the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
