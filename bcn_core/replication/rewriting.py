"""Writing of a version's own files for the standby, bottom-up: delete files, manifests, lists, metadata.

Data files, equality deletes and statistics hold no path and stay where the replicator put them. Every write is
create-only under a name that follows from the source's, so that a run that was killed anywhere is simply run again,
and two runs at once do no harm. What stands already is used as it is.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from bcn_core.copying import do_all, in_parallel, put_same
from bcn_core.iceberg.delete_files import relocate_delete_file
from bcn_core.iceberg.metadata import TableMetadata, render
from bcn_core.iceberg.relocation import (
    DeleteFileRewrite,
    MetadataRelocation,
    relocate_manifest,
    relocate_manifest_list,
    relocate_metadata,
)
from bcn_core.iceberg.snapshot_selection import HistoryMode, selected_snapshots
from bcn_core.replication.remembered import Remembered
from bcn_core.replication.replica import Replica
from bcn_core.replication.sites import Twin
from bcn_core.replication.standing import FORMER_GC, GC, PROMOTED, PROMOTED_FROM, VERSION
from bcn_core.storage.opening import Stores

_PROMOTION = (PROMOTED, PROMOTED_FROM)
_NO_NEWS = ("earlier metadata files", *_PROMOTION)
"""Notes about what is left out here anyhow."""


@dataclass
class Rewriting:
    """The rewritten files of one table; ``there``: those that stand already, by path below the owned folder."""

    twin: Twin
    replica: Replica
    stores: Stores
    there: dict[str, int]
    workers: int
    notes: list[str] = field(default_factory=list)

    def missing_manifests(self, known: Remembered) -> list[str]:
        """The manifests of a version that have no rewritten form yet."""
        return [path for path in known.manifests if self._name(path) not in self.there]

    def missing_lists(self, known: Remembered) -> list[str]:
        """The manifest lists of a version that have no rewritten form yet."""
        return [location for location in known.lists if self._name(location) not in self.there]

    def write(self, metadata: TableMetadata, known: Remembered, history: HistoryMode) -> str:
        """Write what is missing of a version; the place of its metadata file, which is written last."""
        manifests = self.missing_manifests(known)
        deletes = [path for manifest in manifests for path in known.manifests[manifest].deletes]
        # One that was removed is written again even when every manifest that lists it stands.
        lost = [
            path for facts in known.manifests.values() for path in facts.deletes if not self._stands(path)
        ]
        rewrites = self._write_deletes(dict.fromkeys([*deletes, *lost]))
        do_all(lambda path: self._write_manifest(path, rewrites), manifests, self.workers)
        do_all(lambda location: self._write_list(location, known), self.missing_lists(known), self.workers)
        return self._write_metadata(metadata, history)

    def names_of(self, known: Remembered, metadata_place: str) -> dict[str, int]:
        """The rewritten files that a version needs, with their bytes."""
        needed = [*known.lists, *known.manifests]
        needed += [path for facts in known.manifests.values() for path in facts.deletes]
        names = [self._name(path) for path in needed] + [self._below(metadata_place)]
        return {name: self.there[name] for name in names}

    def _stands(self, path: str) -> bool:
        return self._name(path) in self.there

    def _write_deletes(self, paths: Iterable[str]) -> dict[str, DeleteFileRewrite]:
        """Rewrite position delete files and deletion vectors, each once however many manifests list it."""

        def write(path: str) -> tuple[str, DeleteFileRewrite]:
            relocated = relocate_delete_file(self.replica.read(path), path, self._any_replica)
            if relocated.note:
                self.notes.append(relocated.note)
            size = self._put(self.twin.rewritten(path), relocated.data)
            made = relocated.rewrite
            return path, DeleteFileRewrite(size, made.lower, made.upper, made.keep_splits)

        return dict(in_parallel(write, paths, self.workers))

    def _write_manifest(self, path: str, rewrites: dict[str, DeleteFileRewrite]) -> None:
        def live(file: str) -> str:
            return self.twin.rewritten(file) if file in rewrites else self.twin.replica(file)

        data = relocate_manifest(self.replica.read(path), path, live, self._any_replica, rewrites)
        self._put(self.twin.rewritten(path), data)

    def _write_list(self, location: str, known: Remembered) -> None:
        lengths = {path: self.there[self._name(path)] for path in known.lists[location]}
        data = relocate_manifest_list(self.replica.read(location), location, self.twin.rewritten, lengths)
        self._put(self.twin.rewritten(location), data)

    def _write_metadata(self, metadata: TableMetadata, history: HistoryMode) -> str:
        """The metadata log stays empty: the files that it names are the source's, and not rewritten."""
        name = metadata.location_of_file.rpartition("/")[2]
        place = f"{self.twin.owned}/{name}"
        plan = MetadataRelocation(
            mapping=self.twin.mapping,
            keep_snapshots=selected_snapshots(metadata, history),
            place_of_list=self.twin.rewritten,
            extra_properties={
                VERSION: name,
                FORMER_GC: metadata.properties.get(GC, ""),
                GC: "false",
            },
        )
        raw, notes = relocate_metadata(metadata, plan)
        # On the way back from a failover the source is a promoted standby; what is made from it is a replica again.
        raw["properties"] = {
            name: value for name, value in raw["properties"].items() if name not in _PROMOTION
        }
        self.notes += [note for note in notes if not any(said in note for said in _NO_NEWS)]
        self._put(place, render(raw, place))
        return place

    def _any_replica(self, path: str) -> str:
        return self.twin.mapping.map_any(path, self.twin.standby)

    def _put(self, place: str, data: bytes) -> int:
        """Write a file unless it stands; its bytes."""
        name = self._below(place)
        if name not in self.there:
            store, key = self.stores.holding(place)
            put_same(store, key, data)
            self.there[name] = len(data)
        return self.there[name]

    def _name(self, path: str) -> str:
        return self._below(self.twin.rewritten(path))

    def _below(self, place: str) -> str:
        return place.removeprefix(f"{self.twin.owned}/")
