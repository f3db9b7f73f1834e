"""Whether a version is whole at the standby: every live file that it names is there, with its size.

A manifest is looked at once, however many versions and snapshots name it; what an earlier run has found whole is not
looked at again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from bcn_core.copying import in_parallel
from bcn_core.errors import InvalidTableFile, ObjectMissing, UnsupportedFormat
from bcn_core.iceberg.avro import is_encrypted_file
from bcn_core.iceberg.manifests import (
    FileRef,
    ManifestRef,
    read_listed_manifest,
    read_manifest,
    read_manifest_list,
)
from bcn_core.iceberg.metadata import Snapshot, TableMetadata
from bcn_core.iceberg.snapshot_selection import HistoryMode, selected_snapshots
from bcn_core.iceberg.support import refusal
from bcn_core.replication.presence import Presence
from bcn_core.replication.replica import Replica
from bcn_core.replication.sites import Twin

POSITION_DELETES = 1
_FEW_FILES = 16
_LISTED_AT_ONCE = 200
"""So many files of a folder are listed in the time in which one is looked up."""


@dataclass(frozen=True, slots=True)
class ManifestFacts:
    """What a manifest holds: whether of deletes, its live files and their bytes, its delete files that hold paths.

    ``fault``: what is wrong with the first of its files that is not there; None when all are.
    """

    is_deletes: bool = False
    files: int = 0
    bytes: int = 0
    deletes: tuple[str, ...] = ()
    fault: str | None = None


@dataclass
class Closure:
    """What is known of a table's manifest lists and manifests, by their locations at the source.

    ``lists`` name the manifests of each list. Facts that an earlier run found stand in both from the beginning.
    """

    twin: Twin
    replica: Replica
    presence: Presence
    workers: int
    lists: dict[str, tuple[str, ...]] = field(default_factory=dict)
    manifests: dict[str, ManifestFacts] = field(default_factory=dict)
    _refs: dict[str, ManifestRef] = field(default_factory=dict)
    _read_now: set[str] = field(default_factory=set)
    _is_listed: bool = False

    def fault(self, metadata: TableMetadata, history: HistoryMode) -> str | None:
        """The first thing that a version lacks, None when it is whole.

        Raises:
            UnsupportedFormat: its files cannot be followed, or cannot be rewritten.
            InvalidRequest: no prefix covers a file.
        """
        fault = self._fault_of_statistics(metadata)
        if fault is not None:
            return fault
        kept = selected_snapshots(metadata, history)
        snapshots = [one for one in metadata.snapshots if one.id in kept]
        try:
            self._read_lists(snapshots, metadata)
        except (ObjectMissing, InvalidTableFile) as error:
            return error.message
        return self._fault_of_manifests(self._unproven(snapshots), metadata)

    def _fault_of_statistics(self, metadata: TableMetadata) -> str | None:
        for key in ("statistics", "partition-statistics"):
            for file in metadata.raw.get(key) or ():
                place = self.twin.replica(file["statistics-path"])
                fault = self.presence.fault(place, file.get("file-size-in-bytes"))
                if fault is not None:
                    return fault
        return None

    def _read_lists(self, snapshots: list[Snapshot], metadata: TableMetadata) -> None:
        new = [one for one in snapshots if one.manifest_list and one.manifest_list not in self.lists]
        for location, found in in_parallel(self._read_list, new, self.workers):
            why = refusal(metadata, found) if self.twin.rewrites else None
            if why is not None:
                raise UnsupportedFormat(f"{metadata.location_of_file}: {why}")
            # Lists of one table name the same manifests: each is kept once.
            self.lists[location] = tuple(self._refs.setdefault(ref.path, ref).path for ref in found)
            self._read_now.add(location)

    def _unproven(self, snapshots: Iterable[Snapshot]) -> dict[str, ManifestRef | None]:
        """The manifests of the lists that this run has read, and those that v1 metadata names itself."""
        found: dict[str, ManifestRef | None] = {}
        for snapshot in snapshots:
            if snapshot.manifest_list in self._read_now:
                found.update((path, self._refs[path]) for path in self.lists[str(snapshot.manifest_list)])
            elif not snapshot.manifest_list:
                found.update(dict.fromkeys(snapshot.manifests))
        return found

    def _read_list(self, snapshot: Snapshot) -> tuple[str, list[ManifestRef]]:
        location = str(snapshot.manifest_list)
        found = read_manifest_list(self._open(location), location)
        if not found and (snapshot.total_data_files or 0) > 0:
            # A list that was cut behind its header is a valid list of nothing.
            raise InvalidTableFile(f"{location} lists no manifest of {snapshot.total_data_files} data files")
        return location, found

    def _open(self, location: str) -> bytes:
        try:
            data = self.replica.read_twice(location)
        except ObjectMissing as error:
            raise ObjectMissing(f"{self.twin.replica(location)} is not there yet") from error
        if is_encrypted_file(data):
            raise UnsupportedFormat(
                f"{location} is encrypted, so nothing tells which files the table needs",
                hint="keep such a table at the standby by restoring its backups to the same place",
            )
        return data

    def _fault_of_manifests(self, refs: dict[str, ManifestRef | None], metadata: TableMetadata) -> str | None:
        new = {path: ref for path, ref in refs.items() if path not in self.manifests}
        self._list_when_it_pays(new.values(), metadata)
        for path, facts in in_parallel(self._look_at, new.items(), self.workers):
            self.manifests[path] = facts
            if facts.fault is not None:
                return facts.fault
        known = (self.manifests[path].fault for path in refs)
        return next((fault for fault in known if fault is not None), None)

    def _list_when_it_pays(self, refs: Iterable[ManifestRef | None], metadata: TableMetadata) -> None:
        counts = [(ref.files.added or 0) + (ref.files.existing or 0) for ref in refs if ref is not None]
        current = metadata.current_snapshot
        total = (current.total_data_files or 0) if current else 0
        if not self._is_listed and sum(counts) > max(_FEW_FILES, total / _LISTED_AT_ONCE):
            self._is_listed = True
            places = [self.twin.standby, *self._data_place(metadata)]
            self.presence.list(dict.fromkeys(places))

    def _data_place(self, metadata: TableMetadata) -> list[str]:
        said = metadata.properties.get("write.data.path")
        place = self.twin.mapping.find(said.rstrip("/")) if said else None
        return [place] if place and not place.startswith(f"{self.twin.standby}/") else []

    def _look_at(self, item: tuple[str, ManifestRef | None]) -> tuple[str, ManifestFacts]:
        path, ref = item
        try:
            data = self._open(path)
            entries = read_manifest(data, path) if ref is None else read_listed_manifest(data, ref)
            return path, self._facts(entries, is_deletes=ref is not None and ref.content != 0)
        except (ObjectMissing, InvalidTableFile) as error:
            return path, ManifestFacts(fault=error.message)

    def _facts(self, entries: Iterable[FileRef], *, is_deletes: bool) -> ManifestFacts:
        files, size, deletes = 0, 0, dict[str, None]()
        for entry in entries:
            if not entry.is_live:
                continue
            fault = self.presence.fault(self.twin.replica(entry.path), entry.size)
            if fault is not None:
                return ManifestFacts(is_deletes, fault=fault)
            files += 1
            size += entry.size
            if entry.content == POSITION_DELETES:
                deletes[entry.path] = None
        return ManifestFacts(is_deletes, files, size, tuple(deletes))
