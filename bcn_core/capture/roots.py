"""Roots: the prefixes of a table's files, so that paths are kept apart from where the table happens to lie."""

import threading

from bcn_core.iceberg.metadata import TableMetadata
from bcn_core.locations import canonical

_PLACES = ("write.data.path", "write.metadata.path", "write.object-storage.path", "write.folder-storage.path")


class Roots:
    """The roots of one table, the table's own location first; others appear as files outside it are met."""

    def __init__(self, metadata: TableMetadata) -> None:
        places = [metadata.properties[name] for name in _PLACES if metadata.properties.get(name)]
        self._known = [place.rstrip("/") for place in (metadata.location, *places)]
        self._numbers: dict[str, int] = {self._known[0]: 0}
        self._lock = threading.Lock()

    @property
    def all(self) -> tuple[str, ...]:
        """The roots that are in use, by number."""
        return tuple(self._numbers)

    def split(self, location: str) -> tuple[str, str]:
        """A file's root and its path below it; ``root + "/" + path`` is the location, byte for byte."""
        with self._lock:
            root = self._within(location) or self._alias(location) or location.rpartition("/")[0]
            self._numbers.setdefault(root, len(self._numbers))
        return root, location[len(root) + 1 :]

    def number(self, root: str) -> int:
        """A root's number."""
        return self._numbers[root]

    def _within(self, location: str) -> str | None:
        fitting = [root for root in self._known if location.startswith(root + "/")]
        return max(fitting, key=len, default=None)

    def _alias(self, location: str) -> str | None:
        """The spelling of a known root that a file uses: ``s3a://`` in manifests of a table at ``s3://``."""
        for root in self._known:
            below = canonical(location).removeprefix(canonical(root) + "/")
            if below != canonical(location):
                alias = location[: -len(below) - 1]
                self._known.append(alias)
                return alias
        return None
