"""The files that a table needs, and what refers to what, while it is captured."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bcn_core.copying import Copied
from bcn_core.locations import join
from bcn_core.repository.files import Kind, StoredFile


@dataclass(slots=True)
class Held:
    """The object that holds a file's bytes."""

    size: int
    sha256: str
    object: str
    stored_by: str


@dataclass(slots=True)
class Needed:
    """One file that the table needs; ``size`` is what its manifest records, None when nothing does."""

    number: int
    location: str
    kind: Kind
    size: int | None = None
    held: Held | None = None
    listed_by: list[int] = field(default_factory=list)


class Inventory:
    """Files in the order in which they are met, each once."""

    def __init__(self) -> None:
        self.files: list[Needed] = []
        self._numbers: dict[str, int] = {}

    def add(self, location: str, kind: Kind, listed_by: int | None = None, size: int | None = None) -> int:
        """Note a file and who names it; its number."""
        number = self._numbers.get(location)
        if number is None:
            number = self._numbers[location] = len(self.files)
            self.files.append(Needed(number, location, kind, size))
        if listed_by is not None and listed_by not in self.files[number].listed_by[-1:]:
            self.files[number].listed_by.append(listed_by)
        return number

    def hold(self, number: int, copied: Copied, key: str, pit: str) -> None:
        """Note that a file's bytes are in the repository."""
        self.files[number].held = Held(copied.size, copied.sha256, key, pit)

    def missing(self) -> Iterator[Needed]:
        """The files that the repository does not hold yet."""
        return (file for file in self.files if file.held is None)

    def number(self, location: str) -> int:
        """The number of a file that was noted."""
        return self._numbers[location]


class KnownFiles:
    """What an earlier capture of the same table holds, by location, and what its lists and manifests name."""

    def __init__(
        self, capture: str | None = None, roots: tuple[str, ...] = (), files: Iterable[StoredFile] = ()
    ) -> None:
        self.capture = capture
        self._files: dict[str, StoredFile] = {}
        self._children: dict[str, list[str]] = defaultdict(list)
        rows = list(files)
        locations = [join(roots[file.root], file.path) for file in rows]
        for location, file in zip(locations, rows, strict=True):
            self._files[location] = file
            for parent in file.listed_by:
                self._children[locations[parent]].append(location)

    @property
    def is_encrypted(self) -> bool:
        """Whether the earlier capture met metadata that only the table's writers can read."""
        return any(file.kind == "encrypted" for file in self._files.values())

    def __len__(self) -> int:
        return len(self._files)

    def find(self, location: str, size: int | None) -> StoredFile | None:
        """A file by its location; not one of another size, since Hadoop tables use names again."""
        found = self._files.get(location)
        return found if found is not None and size in (None, found.size) else None

    def children(self, location: str) -> list[tuple[str, StoredFile]]:
        """The files that a known manifest list or manifest names."""
        return [(child, self._files[child]) for child in self._children.get(location, ())]
