"""Which files are at the standby, with their sizes: eight bytes for each, since tables have millions."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from hashlib import blake2b

from bcn_core.locations import canonical
from bcn_core.replication.versions import sizes_below
from bcn_core.storage.opening import Stores

_PARTS = 256


class Presence:
    """Tells whether a file is there with a size.

    A listing is kept as sorted 64-bit digests of place and size: two files of ten million share one with a chance of
    one to 100,000, and a file that is missing passes for one that is there with a chance of one to a million million.
    What no listing shows is looked up, which also finds what arrived since.
    """

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._parts = [array("Q") for _ in range(_PARTS)]

    def list(self, places: Iterable[str]) -> int:
        """Note every file below some places; how many there are.

        Raises:
            StorageFailure: a listing did not come to its end.
        """
        count = 0
        for place in places:
            root = canonical(place)
            for inside, size in sizes_below(self._stores, place):
                self._add(_digest(f"{root}/{inside}", size))
                count += 1
        self._parts = [array("Q", sorted(part)) for part in self._parts]
        return count

    def fault(self, place: str, size: int | None) -> str | None:
        """What is wrong with a file, None when it is there with its size (None: any size will do)."""
        if size is not None and self._knows(_digest(canonical(place), size)):
            return None
        found = self._stores.size(place)
        if found is None:
            return f"{place} is not there yet"
        return None if size in (None, found) else f"{place} has {found} of {size} bytes"

    def _add(self, digest: int) -> None:
        self._parts[digest % _PARTS].append(digest)

    def _knows(self, digest: int) -> bool:
        part = self._parts[digest % _PARTS]
        at = bisect_left(part, digest)
        return at < len(part) and part[at] == digest


def _digest(place: str, size: int) -> int:
    return int.from_bytes(blake2b(f"{size} {place}".encode(), digest_size=8).digest())
