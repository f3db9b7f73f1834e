"""The contract of every store: the few verbs that BCN needs, and what each MUST do."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

CHUNK_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ObjectStat:
    """One object as a listing shows it: key, size in bytes, time of its last change (seconds since 1970)."""

    key: str
    size: int
    modified: float


@dataclass(frozen=True, slots=True)
class ObjectVersion:
    """One of the versions that a store keeps of an object: its name there, and since when (seconds since 1970)."""

    key: str
    version: str
    modified: float


class Store(Protocol):
    """Objects under keys, keys with ``/`` between segments. All methods may be called from any thread.

    Every method raises :class:`~bcn_core.errors.StorageFailure` when another try may help and
    :class:`~bcn_core.errors.StorageRefused` when none will (rights, space).
    """

    @property
    def url(self) -> str:
        """The store's root as a location, without a trailing slash; holds no secret."""

    def get(self, key: str) -> bytes:
        """The whole object. MUST raise ObjectMissing when the key holds none."""

    def stream(self, key: str) -> Iterator[bytes]:
        """The object in chunks of at most :data:`CHUNK_BYTES`. MUST raise ObjectMissing when the key holds none."""

    def put_new(self, key: str, chunks: Iterable[bytes]) -> None:
        """Create an object; of several writers of one key exactly one wins.

        It MUST appear whole or not at all, and survive a power cut once this returns. MUST raise ObjectExists,
        leaving the key as it was, when the key is taken. When the chunks raise, nothing appears.
        """

    def replace(self, key: str, data: bytes) -> None:
        """Write an object whether or not the key is taken, atomically.

        For views, and for damaged objects that get back the bytes that were written: the truth is never replaced.
        """

    def list(self, folder: str) -> Iterator[ObjectStat]:
        """Every object below a folder ("" = all), never its namesakes (``a/b`` lists ``a/b/c``, not ``a/bc``).

        MUST list all or raise; MUST NOT show half-written objects.
        """

    def stat(self, key: str) -> ObjectStat:
        """One object's size. MUST raise ObjectMissing when the key holds none."""

    def delete(self, key: str) -> None:
        """Remove an object; a key that holds none is no error."""

    def versions(self, folder: str) -> Iterator[ObjectVersion]:
        """Every version of every object below a folder; none at all where the store keeps no versions."""

    def free_bytes(self) -> int | None:
        """The room that is left, in bytes; None where the store has no such bound."""
