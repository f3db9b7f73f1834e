"""What a table names now and did not name at an earlier version, manifest by manifest: memory is for what is new."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from bcn_core.copying import in_parallel
from bcn_core.errors import NotFound, UnsupportedFormat
from bcn_core.iceberg.manifests import ManifestRef, read_listed_manifest, read_manifest, read_manifest_list
from bcn_core.iceberg.metadata import Snapshot, TableMetadata
from bcn_core.replication.sites import OWNED
from bcn_core.storage.opening import Stores

Kind = Literal["metadata", "manifest-list", "manifest", "statistics", "data", "deletes"]
_EXISTING = 0

Found = tuple[Kind, str, int | None]


@dataclass(frozen=True, slots=True)
class Difference:
    """The files that a table needs now and that the source lacks: those that came since, and those that BCN rewrote."""

    stores: Stores
    workers: int
    before: TableMetadata
    now: TableMetadata

    def files(self) -> Iterator[Found]:
        """Every file, the metadata first. One may come twice.

        Raises:
            UnsupportedFormat: a snapshot of format v1 names its manifests itself.
            ObjectMissing: a file that the table needs now is not there.
        """
        if any(not one.manifest_list for one in self.now.snapshots):
            raise UnsupportedFormat(
                f"{self.now.location_of_file} has snapshots without a manifest list (format v1)",
                hint="copy the whole table back",
            )
        yield from self._metadata()
        yield from self._lists()
        old = self._manifests(self.before)
        refs = self._manifests(self.now)
        for ref in refs.values():
            if ref.path not in old or _is_owned(ref.path):
                yield "manifest", ref.path, ref.length
        yield from self._rewritten_deletes(ref for ref in refs.values() if ref.path in old)
        yield from self._content([ref for ref in refs.values() if ref.path not in old], old.values())

    def _lists(self) -> Iterator[Found]:
        known = {one.manifest_list for one in self.before.snapshots}
        for snapshot in self.now.snapshots:
            location = str(snapshot.manifest_list)
            if location not in known or _is_owned(location):
                yield "manifest-list", location, None

    def _metadata(self) -> Iterator[Found]:
        """The current metadata file, those that the promotion has had since, and statistics."""
        yield "metadata", self.now.location_of_file, None
        earlier = {location for _, location in self.before.metadata_log} | {self.before.location_of_file}
        for _, location in self.now.metadata_log:
            if location not in earlier and self.stores.size(location) is not None:
                yield "metadata", location, None
        for location in set(self.now.statistics_files) - set(self.before.statistics_files):
            yield "statistics", location, None

    def _manifests(self, metadata: TableMetadata) -> dict[str, ManifestRef]:
        """The manifests of all snapshots by path."""
        snapshots = [one for one in metadata.snapshots if one.manifest_list]
        return {
            ref.path: ref for found in in_parallel(self._read_list, snapshots, self.workers) for ref in found
        }

    def _read_list(self, snapshot: Snapshot) -> list[ManifestRef]:
        """The manifests of a snapshot; none of an old one that the table's own clean-up has removed."""
        location = str(snapshot.manifest_list)
        try:
            return read_manifest_list(self.stores.read(location), location)
        except NotFound:
            if self.now.snapshot(snapshot.id) is not None:
                raise
            return []

    def _rewritten_deletes(self, refs: Iterator[ManifestRef]) -> Iterator[Found]:
        """Delete files that name paths: the source has them with its own paths, so those of here go there too."""
        for ref in refs:
            if ref.content == 0:
                continue
            for entry in read_listed_manifest(self.stores.read(ref.path), ref):
                if entry.is_live and _is_owned(entry.path):
                    yield "deletes", entry.path, entry.size

    def _content(self, fresh: Iterable[ManifestRef], old: Iterable[ManifestRef]) -> Iterator[Found]:
        """Files of new manifests; what these only carry on is held against the old ones, one manifest at a time."""
        carried: dict[str, Found] = {}
        for ref in fresh:
            for is_carried, found in self._live(ref):
                if is_carried:
                    carried[found[1]] = found
                else:
                    yield found
        for ref in old if carried else ():
            for path in self._paths(ref):
                carried.pop(path, None)
        yield from carried.values()

    def _live(self, ref: ManifestRef) -> Iterator[tuple[bool, Found]]:
        """The live files of a manifest, and whether an earlier one named them."""
        for entry in read_listed_manifest(self.stores.read(ref.path), ref):
            if entry.is_live:
                kind: Kind = "deletes" if entry.content else "data"
                is_carried = entry.status == _EXISTING and not _is_owned(entry.path)
                yield is_carried, (kind, entry.path, entry.size)

    def _paths(self, ref: ManifestRef) -> Iterator[str]:
        try:
            data = self.stores.read(ref.path)
        except NotFound:  # cleaned up since; then its files are copied though the source may have them
            return
        yield from (entry.path for entry in read_manifest(data, ref.path))


def _is_owned(location: str) -> bool:
    """Whether BCN rewrote it, so that the source has it with its own paths alone."""
    return f"/{OWNED}/" in location
