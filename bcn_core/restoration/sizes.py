"""The sizes of the files of one table where it was restored to: by a listing, not by a question for each file."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from itertools import islice

from bcn_core.locations import is_within, split
from bcn_core.restoration.preflight import as_listed
from bcn_core.storage.opening import Stores
from bcn_core.storage.store import ObjectStat

_AT_ONCE = 10_000


class SizesBelow:
    """Answers as :meth:`Stores.size` does. What lies below the table's own place is listed at the first question.

    A listing tells of a thousand files with one request. Elsewhere other tables may have files, so that each file is
    asked for there; and on this machine's disk asking costs nothing.
    """

    def __init__(self, stores: Stores, place: str) -> None:
        self._stores = stores
        self._place = place
        self._lists = split(place).scheme != "file"
        self._listed: _Listing | None = None

    def __call__(self, location: str) -> int | None:
        if not self._lists or not is_within(location, self._place):
            return self._stores.size(location)
        if self._listed is None:
            store, key = self._stores.holding(self._place)
            self._listed = _Listing(store.list(key))
        return self._listed.size(self._stores.holding(location)[1])


class _Listing:
    """Sizes by key, in 16 bytes for each: a table may have ten million files."""

    def __init__(self, found: Iterable[ObjectStat]) -> None:
        import polars as pl

        columns = {"key": pl.Int64, "size": pl.Int64}
        parts = [pl.DataFrame(schema=columns)]
        left = iter(found)
        while some := [(_short(one.key), one.size) for one in islice(left, _AT_ONCE)]:
            parts.append(pl.DataFrame(some, schema=columns, orient="row"))
        held = pl.concat(parts).sort("key")
        self._keys, self._sizes = array("q"), array("q")
        for part in held.iter_slices(_AT_ONCE):
            self._keys.extend(part["key"].to_list())
            self._sizes.extend(part["size"].to_list())

    def size(self, key: str) -> int | None:
        wanted = _short(key)
        place = bisect_left(self._keys, wanted)
        return self._sizes[place] if place < len(self._keys) and self._keys[place] == wanted else None


def _short(key: str) -> int:
    """64 bits of a key."""
    return hash(as_listed(key))
