"""The data file paths inside one position delete file, gathered while it is rewritten."""

from collections.abc import Callable, Iterable

MapPath = Callable[[str], str]


class DeletePaths:
    """The paths of one delete file and where they go; each is mapped once, whatever the number of rows."""

    def __init__(self, mapping: MapPath) -> None:
        self._mapping = mapping
        self.targets: dict[str, str] = {}

    def map(self, path: str) -> str:
        """The new path of a data file."""
        target = self.targets.get(path)
        if target is None:
            target = self.targets[path] = self._mapping(path)
        return target

    def add(self, paths: Iterable[str]) -> None:
        """Note paths before they are written."""
        for path in paths:
            self.map(path)

    @property
    def changed(self) -> bool:
        """Whether any path is another one at the target."""
        return any(source != target for source, target in self.targets.items())

    @property
    def keeps_order(self) -> bool:
        """Whether rows in the old paths' order are in the new ones' order.

        Two source prefixes may swap places, and readers rely on the order by path and position
        (Iceberg specification, "Position Delete Files").
        """
        mapped = [self.targets[path].encode() for path in sorted(self.targets, key=str.encode)]
        return mapped == sorted(mapped)

    @property
    def bounds(self) -> tuple[str | None, str | None]:
        """The least and the greatest new path by their bytes; None for a file without rows."""
        if not self.targets:
            return None, None
        ordered = sorted(self.targets.values(), key=str.encode)
        return ordered[0], ordered[-1]
