"""Copies that a store makes by itself: no byte passes through this machine, and its SHA-256 is checked all the same."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from bcn_core.storage.store import CHUNK_BYTES

# Below a chunk, reading and writing costs fewer calls than a copy; above, S3 tells no SHA-256 of the whole.
LEAST_BYTES, MOST_BYTES = CHUNK_BYTES, 5 * 1024**3


@dataclass(frozen=True, slots=True)
class ObjectPlace:
    """Where an object lies, for the store itself. Places of one ``account`` can be copied to each other."""

    account: object
    bucket: str
    key: str


@dataclass(frozen=True, slots=True)
class HeldBytes:
    """What a store says of an object: its size in bytes, and its SHA-256 in hexadecimal."""

    size: int
    sha256: str


Check = Callable[[HeldBytes], None]


@runtime_checkable
class CopiesWithin(Protocol):
    """A store that can copy objects by itself, also from another bucket of the same account."""

    def place(self, key: str) -> ObjectPlace | None:
        """Where an object lies; None when copies out of this store go another way."""

    def copy_new(self, key: str, source: ObjectPlace, check: Check) -> HeldBytes | None:
        """Create an object as the copy of another; of several writers of one key exactly one wins.

        ``check`` is asked before the object appears, with the SHA-256 that the store took of the bytes it copied; when
        it raises, nothing appears. None, with nothing changed, when the store cannot do it: read and write then.
        MUST raise ObjectMissing when there is no source, ObjectExists when the key is taken.
        """
