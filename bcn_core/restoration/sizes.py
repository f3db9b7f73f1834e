"""The sizes of the files of one table where it was restored to: by a listing, not by a question for each file."""

from bcn_core.locations import is_within, split
from bcn_core.restoration.preflight import as_listed
from bcn_core.storage.opening import Stores


class SizesBelow:
    """Answers as :meth:`Stores.size` does. What lies below the table's own place is listed at the first question.

    A listing tells of a thousand files with one request. Elsewhere other tables may have files, so that each file is
    asked for there; and on this machine's disk asking costs nothing.
    """

    def __init__(self, stores: Stores, place: str) -> None:
        self._stores = stores
        self._place = place
        self._lists = split(place).scheme != "file"
        self._sizes: dict[int, int] | None = None

    def __call__(self, location: str) -> int | None:
        if not self._lists or not is_within(location, self._place):
            return self._stores.size(location)
        if self._sizes is None:
            self._sizes = self._listed()
        return self._sizes.get(_short(self._stores.holding(location)[1]))

    def _listed(self) -> dict[int, int]:
        store, key = self._stores.holding(self._place)
        return {_short(found.key): found.size for found in store.list(key)}


def _short(key: str) -> int:
    """64 bits of a key: a million keys as they stand would take 300 MB."""
    return hash(as_listed(key))
