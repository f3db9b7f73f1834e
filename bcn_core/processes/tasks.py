"""What is handed to another process: work that names its files by locations, which any process can open."""

from dataclasses import dataclass
from typing import Protocol, TypeVar

from bcn_core.copying import Copied, Copy, carry_out, digest_of
from bcn_core.iceberg.relocation import relocate_paths
from bcn_core.locations import PrefixMap, split
from bcn_core.storage.opening import Stores
from bcn_core.storage.store import Store

O_co = TypeVar("O_co", covariant=True)


class Task(Protocol[O_co]):
    """A piece of work. It and its result can be pickled, and it can be done again."""

    def run(self, stores: Stores) -> O_co:
        """Do it, with the stores of the process that does it."""


@dataclass(frozen=True, slots=True)
class CopyFile:
    """:func:`~bcn_core.copying.carry_out` of one file."""

    source: str
    target: str
    size: int | None
    sha256: str | None

    @classmethod
    def of(cls, copy: Copy) -> "CopyFile":
        """The same copy by its locations."""
        source, target = location(copy.source, copy.source_key), location(copy.target, copy.target_key)
        return cls(source, target, copy.size, copy.sha256)

    def run(self, stores: Stores) -> Copied:
        """Copy it."""
        source, target = stores.holding(self.source), stores.holding(self.target)
        return carry_out(Copy(*source, *target, self.size, self.sha256))


@dataclass(frozen=True, slots=True)
class ReadFile:
    """:func:`~bcn_core.copying.digest_of` of one file."""

    location: str

    def run(self, stores: Stores) -> Copied:
        """Read it."""
        return digest_of(*stores.holding(self.location))


@dataclass(frozen=True, slots=True)
class RelocatePaths:
    """:func:`~bcn_core.iceberg.relocation.relocate_paths` of one manifest, bytes in, bytes out."""

    data: bytes
    location: str
    mapping: PrefixMap
    home: str

    def run(self, stores: Stores) -> bytes | None:
        """Rewrite it."""
        return relocate_paths(self.data, self.location, self.mapping, self.home)


def location(store: Store, key: str) -> str:
    """Where a store has a file, for :meth:`Stores.holding <bcn_core.storage.opening.Stores.holding>`."""
    return f"{store.url}/{key}"


def scheme_of(store: Store) -> str:
    """What kind of place a store is; ``memory`` is each process's own."""
    return split(f"{store.url}/").scheme
