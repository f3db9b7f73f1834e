"""The walk through a table's metadata: which files does this state of the table need?

Metadata files, lists and manifests are stored while they are read, so that each byte is read once. A list or manifest
that an earlier capture of the table holds is not read at all: its record says what it names.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from bcn_core.capture.inventory import Inventory, KnownFiles
from bcn_core.copying import at_once, in_parallel
from bcn_core.errors import InvalidTableFile, ObjectMissing
from bcn_core.iceberg.avro import is_encrypted_file
from bcn_core.iceberg.manifests import (
    FileRef,
    ManifestRef,
    live_files,
    read_listed_manifest,
    read_manifest,
    read_manifest_list,
)
from bcn_core.iceberg.metadata import Snapshot, TableMetadata
from bcn_core.repository.files import Kind

Fetch = Callable[[int], bytes]
"""Reads the file with a number in the inventory, stores it, and gives its bytes."""


_POSITION_DELETES = 1


@dataclass
class Walk:
    """One walk. ``lost`` are files that something names and that are not there, or not readable.

    ``is_encrypted``: it met a file that only the table's writers can read, so there are files it could not find.
    """

    inventory: Inventory
    known: KnownFiles
    fetch: Fetch
    workers: int
    lost: dict[str, str] = field(default_factory=dict)
    lost_history: list[str] = field(default_factory=list)
    is_encrypted: bool = False

    def run(self, metadata: TableMetadata) -> None:
        """Note every file that the table's snapshots need, its statistics and its older metadata files."""
        lists = dict.fromkeys(
            snapshot.manifest_list for snapshot in metadata.snapshots if snapshot.manifest_list
        )
        numbers = [self.inventory.add(location, "manifest-list") for location in lists]
        manifests: dict[str, ManifestRef | None] = {}
        for number, found in in_parallel(self._read_list, numbers, self.workers):
            manifests.update(self._note_manifests(number, found))
        for snapshot in metadata.snapshots:
            manifests.update(self._embedded(snapshot))
        few = at_once(self.workers, (ref.length for ref in manifests.values() if ref is not None))
        for location, data in in_parallel(self._fetch_manifest, manifests, few):
            self._add_files(location, manifests[location], data)
        for location in metadata.statistics_files:
            self.inventory.add(location, "statistics")
        self._walk_history(metadata)

    def _read_list(self, number: int) -> tuple[int, dict[str, ManifestRef | None]]:
        """The manifests that one list names."""
        location = self.inventory[number].location
        if self.known.find(location, None) is not None:
            return number, {child.location: None for child in self.known.children(location)}
        try:
            data = self.fetch(number)
            if self._notes_encryption(data):
                return number, {}
            return number, {ref.path: ref for ref in read_manifest_list(data, location)}
        except (ObjectMissing, InvalidTableFile) as error:
            self.lost[location] = error.message
            return number, {}

    def _note_manifests(
        self, number: int, found: dict[str, ManifestRef | None]
    ) -> dict[str, ManifestRef | None]:
        for path in found:
            self.inventory.add(path, "manifest", listed_by=number)
        return found

    def _embedded(self, snapshot: Snapshot) -> dict[str, ManifestRef | None]:
        """Manifests that a v1 metadata file names itself; file number 0 is the metadata file."""
        return self._note_manifests(0, {} if snapshot.manifest_list else dict.fromkeys(snapshot.manifests))

    def _fetch_manifest(self, location: str) -> tuple[str, bytes | None]:
        """The bytes of one manifest; None when an earlier capture knows its files, or it is not there."""
        if self.known.find(location, None) is not None:
            return location, None
        try:
            return location, self.fetch(self.inventory.number(location))
        except ObjectMissing as error:
            self.lost[location] = error.message
            return location, None

    def _notes_encryption(self, data: bytes) -> bool:
        found = is_encrypted_file(data)
        self.is_encrypted = self.is_encrypted or found
        return found

    def _add_files(self, manifest: str, ref: ManifestRef | None, data: bytes | None) -> None:
        """Note the live files of one manifest, one block of it at a time: it may list a million."""
        number = self.inventory.number(manifest)
        if data is None:
            for file in self.known.children(manifest):
                self._add_file(file.location, file.kind, number, file.size or 0)
            return
        if self._notes_encryption(data):
            return
        try:
            for entry in live_files(
                read_manifest(data, manifest) if ref is None else read_listed_manifest(data, ref)
            ):
                self._add_file(entry.path, _kind(entry), number, entry.size)
        except InvalidTableFile as error:
            self.lost[manifest] = error.message

    def _add_file(self, location: str, kind: Kind, manifest: int, size: int) -> None:
        """A path names one file for good; where snapshots of one table disagree, one of them reads the wrong bytes."""
        noted = self.inventory.size(self.inventory.add(location, kind, manifest, size))
        if noted != size:
            self.lost[location] = f"{location} has {noted} bytes in one snapshot and {size} in another"

    def _walk_history(self, metadata: TableMetadata) -> None:
        """Older metadata files may have been cleaned up by the table's own writers; that loses no row."""
        logged = [
            (self.inventory.add(location, "metadata"), location) for _, location in metadata.metadata_log
        ]
        unknown = (item for item in logged if self.known.find(item[1], None) is None)
        self.lost_history += filter(None, in_parallel(self._read_history, unknown, self.workers))

    def _read_history(self, item: tuple[int, str]) -> str:
        """Store one older metadata file; its location when it is gone."""
        number, location = item
        try:
            self.fetch(number)
        except ObjectMissing:
            return location
        return ""


def _kind(entry: FileRef) -> Kind:
    if entry.content == _POSITION_DELETES and entry.format.upper() == "PUFFIN":
        return "deletion-vectors"
    return ("data", "position-deletes", "equality-deletes")[entry.content]
