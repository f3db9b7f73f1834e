"""What writers that were killed left in the store, once nobody can be at work on it any more."""

from dataclasses import dataclass
from datetime import datetime

from bcn_core.errors import StorageFailure
from bcn_core.names import is_pit_id, pit_instant
from bcn_core.repository.looks import Look
from bcn_core.repository.pins import PIN_LIFETIME
from bcn_core.repository.repository import Repository
from bcn_core.storage.unfinished import discard_unfinished


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Writes of killed runs that were removed, their bytes where the store tells them, and why others stay."""

    writes: int = 0
    bytes: int = 0
    kept: str = ""


def discard_left(repository: Repository, seen: Look, safe: datetime) -> Unfinished:
    """Remove what killed writers left, if nobody touched it since ``safe`` and no run at work can have begun it.

    A store that refuses or fails stops nothing: all else is done by now, and the next prune asks again.
    """
    before = _before(repository, seen, safe)
    try:
        found = discard_unfinished(repository.store, repository.layout.folder, before.timestamp())
    except StorageFailure as error:
        return Unfinished(kept=f"{error.message} ({error.hint})" if error.hint else error.message)
    return Unfinished(found.count, found.bytes)


def _before(repository: Repository, seen: Look, safe: datetime) -> datetime:
    """Not younger than any pin may be, whatever the rules say, and older than every run whose pin stands."""
    pinned = (key.split("/")[-2] for key in seen.pins)
    begun = (pit_instant(pit) for pit in pinned if is_pit_id(pit))
    return min([safe, repository.now() - PIN_LIFETIME, *begun])
