"""What writers that were killed leave: bytes that no listing shows, and that nothing ever reads."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from bcn_core.storage.store import Store


@dataclass(frozen=True, slots=True)
class Discarded:
    """How many unfinished writes were removed, and their bytes; no bytes where the store does not tell them."""

    count: int = 0
    bytes: int = 0


@runtime_checkable
class KeepsUnfinished(Protocol):
    """A store in which a killed writer's bytes stay for good unless they are removed."""

    def discard_unfinished(self, folder: str, before: float) -> Discarded:
        """Remove the writes below a folder that never ended and were last touched before ``before``.

        In seconds since 1970, by the store's own clock. Where the store tells only when a write began, that counts.
        MUST NOT touch an object, nor follow a link; what vanishes meanwhile is no error.
        """


def discard_unfinished(store: Store, folder: str, before: float) -> Discarded:
    """Remove what killed writers left below a folder.

    A store that is not :class:`KeepsUnfinished` leaves none: GCS forgets an upload that nobody goes on with after a
    week, Azure does so with blocks that are in no blob, and memory is gone with its writer.

    Raises:
        StorageFailure: the store did not do it; StorageRefused: it will not.
    """
    if isinstance(store, KeepsUnfinished):
        return store.discard_unfinished(folder, before)
    return Discarded()
