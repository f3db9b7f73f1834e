"""The versions of a table whose metadata has arrived at the standby, told by a listing alone: the source may be gone.

A folder holds more than one table's history may explain: files of commits that failed, of a table that was dropped
and made again at the same place, of the standby's own writers, and files that are still on their way.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bcn_core.errors import InvalidTableFile, NotFound
from bcn_core.iceberg.metadata import TableMetadata, parse
from bcn_core.iceberg.metadata_names import version_in
from bcn_core.locations import PrefixMap, canonical
from bcn_core.replication.sites import OWNED
from bcn_core.storage.opening import Stores

_MOST_HEADS = 16


@dataclass(frozen=True, slots=True)
class MetadataFile:
    """A metadata file at the standby: its place, the version in its name, its bytes."""

    place: str
    version: int
    size: int

    @property
    def name(self) -> str:
        """Its name without a folder."""
        return self.place.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Head:
    """A version that no later one names, and the places of those that it stems from."""

    file: MetadataFile
    metadata: TableMetadata
    chain: frozenset[str]


@dataclass(frozen=True, slots=True)
class Versions:
    """The heads that a listing shows, newest first; files that are no whole metadata, with what is wrong with them."""

    files: tuple[MetadataFile, ...]
    heads: tuple[Head, ...]
    unreadable: tuple[tuple[MetadataFile, str], ...] = ()

    def newest(self, uuid: str | None) -> Head | None:
        """The newest head: of a table that is known by its UUID, else of the table that was written last."""
        known = [head for head in self.heads if head.metadata.uuid == uuid] if uuid else []
        if known:
            return max(known, key=_order)
        last = max(self.heads, key=lambda head: head.metadata.last_updated_ms, default=None)
        if last is None:
            return None
        return max((head for head in self.heads if head.metadata.uuid == last.metadata.uuid), key=_order)

    def stem_from(self, place: str) -> bool:
        """Whether a head is the version at a place, or came from that one."""
        return any(canonical(place) in head.chain for head in self.heads)

    def have(self, place: str) -> bool:
        """Whether the replicator has brought a file to a place, whole or not, or a head came from one there."""
        return self.stem_from(place) or canonical(place) in {canonical(one.place) for one in self.files}

    def after(self, file: MetadataFile) -> int:
        """How many versions are later than a file's, whole or not."""
        return len({one.version for one in self.files if one.version > file.version})


@dataclass(frozen=True, slots=True)
class Folder:
    """What lies in a table's metadata folder: metadata files, newest first, and BCN's own files with their bytes.

    ``owned``: by their paths below the folder that BCN owns.
    """

    place: str
    files: tuple[MetadataFile, ...]
    owned: dict[str, int]


def look_into(stores: Stores, place: str) -> Folder:
    """List the metadata folder of a table; ``place`` is the table's location at the standby, or that folder itself.

    Raises:
        StorageFailure: the listing did not come to its end; that is never taken for an empty folder.
    """
    folder = place if place.endswith("/metadata") else f"{place}/metadata"
    files: list[MetadataFile] = []
    owned: dict[str, int] = {}
    for inside, size in sizes_below(stores, folder):
        version = version_in(inside)
        if version is not None:
            files.append(MetadataFile(f"{folder}/{inside}", version, size))
        elif inside.startswith(f"{OWNED}/"):
            owned[inside.removeprefix(f"{OWNED}/")] = size
    return Folder(folder, tuple(sorted(files, key=lambda file: (-file.version, file.place))), owned)


def sizes_below(stores: Stores, folder: str) -> Iterator[tuple[str, int]]:
    """The files below a folder: their paths inside it and their bytes."""
    store, key = stores.holding(folder)
    start = len(key.lstrip("/") if folder.startswith("file:") else key) + bool(key)
    return ((found.key[start:], found.size) for found in store.list(key))


def find_versions(stores: Stores, files: tuple[MetadataFile, ...], mapping: PrefixMap) -> Versions:
    """Read as few metadata files as tell the heads; most often that is one.

    A file whose location no source prefix covers was written by a writer of the standby, and does not count.
    """
    heads: list[Head] = []
    unreadable: list[tuple[MetadataFile, str]] = []
    left = {canonical(file.place): file for file in files}
    while left and len(heads) < _MOST_HEADS:
        file = left.pop(next(iter(left)))
        try:
            metadata = parse(stores.read(file.place), file.place)
        except (NotFound, InvalidTableFile) as error:
            unreadable.append((file, error.message))
            continue
        if mapping.find(metadata.location) is None:
            continue
        chain = _take_chain(file, metadata, left, mapping)
        heads.append(Head(file, metadata, chain))
    return Versions(files, tuple(heads), tuple(unreadable))


def _take_chain(
    file: MetadataFile, metadata: TableMetadata, left: dict[str, MetadataFile], mapping: PrefixMap
) -> frozenset[str]:
    """Take out the versions that a head stems from: those of its log, and below them those without a rival."""
    chain = {canonical(file.place)}
    lowest = file.version
    for _, location in metadata.metadata_log:
        place = mapping.find(location)
        if place is None:
            continue
        chain.add(canonical(place))
        earlier = left.pop(canonical(place), None)
        if earlier is not None:
            lowest = min(lowest, earlier.version)
    while True:
        lowest -= 1
        before = [place for place, one in left.items() if one.version == lowest]
        if len(before) != 1:
            return frozenset(chain)
        chain.add(before[0])
        del left[before[0]]


def earlier_versions(head: Head, files: Iterable[MetadataFile], mapping: PrefixMap) -> list[MetadataFile]:
    """The versions before a head, newest first, that its metadata log names and that have arrived."""
    known = {canonical(file.place): file for file in files}
    places = [mapping.find(location) for _, location in reversed(head.metadata.metadata_log)]
    return [known[canonical(place)] for place in places if place is not None and canonical(place) in known]


def _order(head: Head) -> tuple[int, int]:
    return head.file.version, head.metadata.last_updated_ms
