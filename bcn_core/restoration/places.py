"""Places that tables own, and the question which of them overlaps with another; catalogs have many thousands."""

from bisect import bisect_left
from collections.abc import Iterable

from bcn_core.locations import canonical
from bcn_core.names import TableName


class Places:
    """Locations with their owners. One look costs the depth of a path, not the number of tables."""

    def __init__(self, owned: Iterable[tuple[TableName, str]] = ()) -> None:
        self._owned = {_key(location): (owner, location) for owner, location in owned}
        self._sorted = sorted(self._owned)

    def overlapping(self, location: str) -> tuple[TableName, str] | None:
        """An owner whose place contains a location or lies within it, with that place."""
        wanted = _key(location)
        first = bisect_left(self._sorted, wanted)
        if first < len(self._sorted) and self._sorted[first].startswith(wanted):
            return self._owned[self._sorted[first]]
        end = len(wanted)
        while end > 0:
            end = wanted.rfind("/", 0, end - 1) + 1
            found = self._owned.get(wanted[:end])
            if found is not None:
                return found
        return None


def _key(location: str) -> str:
    """With the slash at its end, so that ``t_backup`` does not begin with ``t``."""
    return canonical(location).rstrip("/") + "/"
