"""Which files are at the standby, with their sizes, without a call for each."""

from collections.abc import Iterable

from bcn_core.iceberg.digests import Digests
from bcn_core.locations import canonical
from bcn_core.replication.versions import sizes_below
from bcn_core.storage.opening import Stores


class Presence:
    """Tells whether a file is there with a size. What no listing shows is looked up: it may have arrived since."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._listed = Digests()

    def list(self, places: Iterable[str]) -> int:
        """Note every file below some places; how many there are.

        Raises:
            StorageFailure: a listing did not come to its end.
        """
        count = 0
        for place in places:
            root = canonical(place).rstrip("/")
            for inside, size in sizes_below(self._stores, place):
                self._listed.add(f"{size} {root}/{inside}")
                count += 1
        self._listed.seal()
        return count

    def fault(self, place: str, size: int | None) -> str | None:
        """What is wrong with a file, None when it is there with its size (None: any size will do)."""
        if size is not None and f"{size} {canonical(place)}" in self._listed:
            return None
        found = self._stores.size(place)
        if found is None:
            return f"{place} is not there yet"
        return None if size in (None, found) else f"{place} has {found} of {size} bytes"
