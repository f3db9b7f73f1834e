"""One look at a repository: which PITs exist, and which of them and of their captures are set apart or about to go.

Three listings, however many questions are asked of them. A look is for one step of a run: after a pin or a tombstone
was written, only a new look tells what others wrote before they could see it (robustness.md 2.3).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bcn_core.names import TableName
from bcn_core.repository import layout as keys
from bcn_core.repository.documents import TableEntry
from bcn_core.repository.flags import condemned
from bcn_core.repository.pit_listing import PitListing
from bcn_core.repository.repository import Repository


@dataclass(frozen=True, slots=True)
class Look:
    """What was there. ``apart``: the keys of the flags that set a PIT or a capture apart."""

    listing: PitListing
    condemned: frozenset[str]
    apart: frozenset[str]

    @property
    def pins(self) -> list[str]:
        """The keys of the pins of runs that make a PIT."""
        return self.listing.pins

    @property
    def isolated(self) -> frozenset[str]:
        """The PITs that were set apart as damaged."""
        return keys.isolated_pits(self.apart)

    @property
    def usable(self) -> list[str]:
        """The PITs that a new one may stand on, oldest first: none that is to be pruned, and none that is damaged."""
        out = self.condemned | self.isolated
        return [pit for pit in self.listing.pits if pit not in out]

    @property
    def shown(self) -> dict[str, int]:
        """The PITs that are not set apart, with the bytes of their manifests."""
        apart = self.isolated
        return {pit: size for pit, size in self.listing.sizes.items() if pit not in apart}

    def usable_tables(self, tables: Mapping[TableName, TableEntry]) -> dict[TableName, TableEntry]:
        """What a new PIT may stand on of what another holds: no capture that was set apart, as it lost something."""
        return {table: entry for table, entry in tables.items() if not self.is_apart(entry.capture)}

    def is_isolated(self, pit: str) -> bool:
        """Whether a PIT was set apart as damaged."""
        return keys.isolation(pit) in self.apart

    def is_apart(self, folder: str) -> bool:
        """Whether a capture was set apart, by its folder."""
        return bool(self.apart) and keys.capture_isolation(folder) in self.apart


def look(repository: Repository) -> Look:
    """Look at the flags, and at the PITs after them.

    In this order: a PIT that prune removes loses its manifest before its tombstone. The other way round, it could be
    listed while it still was there, and its tombstone be gone by the time that tombstones are listed.
    """
    going = condemned(repository.store)
    apart = frozenset(found.key for found in repository.store.list(keys.ISOLATED))
    return Look(repository.listed(), going, apart)
