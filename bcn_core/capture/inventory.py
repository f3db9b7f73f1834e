"""The files that a table needs, and what refers to what, while it is captured."""

import threading
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, get_args, overload

from bcn_core.capture.packing import DistinctTexts
from bcn_core.copying import Copied
from bcn_core.locations import join
from bcn_core.repository.files import Kind, StoredFile

_KINDS: tuple[Kind, ...] = get_args(Kind)
_NONE = -1
_DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True)
class Held:
    """The object that holds a file's bytes."""

    size: int
    sha256: str
    object: str
    stored_by: str


@dataclass(frozen=True, slots=True)
class Needed:
    """One file that the table needs, as it is known now; ``size`` is what its manifest records, None when nothing does.

    ``listed_by``: the numbers of the files that name it.
    """

    number: int
    location: str
    kind: Kind
    size: int | None
    held: Held | None
    listed_by: tuple[int, ...]


class Inventory(Sequence[Needed]):
    """Files in the order in which they are met, each once; columns, since there may be millions of them.

    Files are added by one thread, and held by any.
    """

    def __init__(self) -> None:
        self._locations = DistinctTexts()
        self._kinds = bytearray()
        self._sizes = array("q")
        self._first_parents = array("q")
        self._more_parents: dict[int, list[int]] = {}
        self._held = _HeldFiles()

    def add(self, location: str, kind: Kind, listed_by: int | None = None, size: int | None = None) -> int:
        """Note a file and who names it; its number."""
        number = self._locations.add(location)
        if number == len(self._kinds):
            self._kinds.append(_KINDS.index(kind))
            self._sizes.append(_NONE if size is None else size)
            self._first_parents.append(_NONE)
            self._held.make_room()
        if listed_by is not None:
            self._add_parent(number, listed_by)
        return number

    def hold(self, number: int, copied: Copied, key: str, pit: str) -> None:
        """Note that a file's bytes are in the repository."""
        name = _name(self._locations[number])
        self._held.put(number, name, Held(copied.size, copied.sha256, key, pit))

    def holds(self, number: int) -> bool:
        """Whether the repository holds a file."""
        return self._held.has(number)

    def missing(self) -> Iterator[Needed]:
        """The files that the repository does not hold yet."""
        return (self[number] for number in range(len(self)) if not self._held.has(number))

    def number(self, location: str) -> int:
        """The number of a file that was noted."""
        number = self.find(location)
        if number is None:
            raise KeyError(location)
        return number

    def find(self, location: str) -> int | None:
        """The number of a file, None when it was not noted."""
        return self._locations.find(location)

    def size(self, number: int) -> int | None:
        """What the manifests record as the size of a file, None when nothing does."""
        return None if self._sizes[number] == _NONE else self._sizes[number]

    def __len__(self) -> int:
        return len(self._kinds)

    @overload
    def __getitem__(self, number: int) -> Needed: ...
    @overload
    def __getitem__(self, number: slice) -> list[Needed]: ...
    def __getitem__(self, number: int | slice) -> Needed | list[Needed]:
        if isinstance(number, slice):
            return [self[one] for one in range(*number.indices(len(self)))]
        location = self._locations[number]
        return Needed(
            number,
            location,
            _KINDS[self._kinds[number]],
            self.size(number),
            self._held.get(number, _name(location)),
            self._parents(number),
        )

    def _add_parent(self, number: int, parent: int) -> None:
        if self._first_parents[number] == _NONE:
            self._first_parents[number] = parent
        elif parent != self._parents(number)[-1]:
            self._more_parents.setdefault(number, []).append(parent)

    def _parents(self, number: int) -> tuple[int, ...]:
        first = self._first_parents[number]
        return () if first == _NONE else (first, *self._more_parents.get(number, ()))


class _HeldFiles:
    """Which objects hold files, by the files' numbers. An object bears the name of its file in nearly all cases."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sizes = array("q")
        self._digests = bytearray()
        self._places: dict[_ObjectPlace, int] = {}
        self._place_by_number: list[_ObjectPlace] = []
        self._place_of = array("q")

    def make_room(self) -> None:
        """One file more."""
        with self._lock:
            self._sizes.append(_NONE)
            self._digests += bytes(_DIGEST_BYTES)
            self._place_of.append(_NONE)

    def put(self, number: int, name: str, held: Held) -> None:
        """Note the object of a file that has a name; the folder of a file is that of many."""
        bears_it = held.object.endswith(name)
        key = held.object[: len(held.object) - len(name)] if bears_it else held.object
        place = _ObjectPlace(key, bears_it, held.stored_by)
        with self._lock:
            at = self._places.setdefault(place, len(self._places))
            if at == len(self._place_by_number):
                self._place_by_number.append(place)
            self._digests[number * _DIGEST_BYTES : (number + 1) * _DIGEST_BYTES] = bytes.fromhex(held.sha256)
            self._sizes[number] = held.size
            self._place_of[number] = at

    def has(self, number: int) -> bool:
        return self._place_of[number] != _NONE

    def get(self, number: int, name: str) -> Held | None:
        if not self.has(number):
            return None
        place = self._place_by_number[self._place_of[number]]
        digest = self._digests[number * _DIGEST_BYTES : (number + 1) * _DIGEST_BYTES]
        key = place.key + name if place.bears_name else place.key
        return Held(self._sizes[number], digest.hex(), key, place.stored_by)


class _ObjectPlace(NamedTuple):
    """Where an object lies: its folder where it bears its file's name, else its key; and who stored it."""

    key: str
    bears_name: bool
    stored_by: str


def _name(location: str) -> str:
    return location.rpartition("/")[2]


class KnownFiles:
    """What an earlier capture of the same table holds, by location, and what its lists and manifests name."""

    def __init__(
        self, capture: str | None = None, roots: tuple[str, ...] = (), files: Iterable[StoredFile] = ()
    ) -> None:
        self.capture = capture
        self.is_encrypted = False
        """Whether the earlier capture met metadata that only the table's writers can read."""
        self._files = Inventory()
        rows, children = array("q"), defaultdict[int, "array[int]"](lambda: array("q"))
        for file in files:
            number = self._files.add(join(roots[file.root], file.path), file.kind, size=file.size)
            self._files.hold(number, Copied(file.size, file.sha256), file.object, file.stored_by)
            self.is_encrypted = self.is_encrypted or file.kind == "encrypted"
            rows.append(number)
            for parent in file.listed_by:
                children[parent].append(number)
        self._children = {rows[parent]: named for parent, named in children.items()}

    def __len__(self) -> int:
        return len(self._files)

    def find(self, location: str, size: int | None) -> Held | None:
        """The object of a file; not of one of another size, since Hadoop tables use names again."""
        number = self._files.find(location)
        held = None if number is None else self._files[number].held
        return held if held is not None and size in (None, held.size) else None

    def children(self, location: str) -> Iterator[Needed]:
        """The files that a known manifest list or manifest names."""
        number = self._files.find(location)
        named = () if number is None else self._children.get(number, ())
        return (self._files[one] for one in named)
