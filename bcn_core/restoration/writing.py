"""Writing a restored table bottom-up: content, delete files, manifests, lists, metadata. Sizes flow upward.

Every write is create-only and its bytes follow from the repository and the plan alone, so that a restore that was
killed anywhere ends with the same bytes when it is run again.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from bcn_core.copying import Copier, Copy, Part, at_once, carry_out, do_all, in_parallel, put_same
from bcn_core.errors import InvalidRequest, InvalidTableFile, UnsupportedFormat
from bcn_core.events import FileCopied, Report
from bcn_core.iceberg.delete_files import relocate_delete_file
from bcn_core.iceberg.metadata import TableMetadata, parse, render
from bcn_core.iceberg.relocation import (
    DeleteFileRewrite,
    MetadataRelocation,
    Relocator,
    relocate_manifest,
    relocate_manifest_list,
    relocate_metadata,
    relocate_paths,
)
from bcn_core.repository.files import StoredFile
from bcn_core.restoration.contents import Contents
from bcn_core.restoration.request import TablePlan
from bcn_core.storage.opening import Stores


@dataclass(frozen=True, slots=True)
class RewrittenDeletes:
    """What became of each delete file that holds paths, by its source location, and what is worth knowing of them."""

    rewrites: Mapping[str, DeleteFileRewrite] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Writer:
    """The writes of one table's restore."""

    plan: TablePlan
    contents: Contents
    stores: Stores
    report: Report
    workers: int
    copier: Copier = carry_out
    relocator: Relocator = relocate_paths

    def copy_content(self, copied: Collection[Part] = ()) -> None:
        """Copy files that hold no path byte for byte, digests checked before they appear; ``copied`` are there."""
        files = (file for file in self._content() if not any(part.has(file.object) for part in copied))
        do_all(self._copy, files, self.workers)

    def copy_part(self, part: Part) -> list[StoredFile]:
        """Copy those of these files that belong to one part, ahead of the rest; returns them."""
        files = [file for file in self._content() if part.has(file.object)]
        do_all(self._copy, files, self.workers)
        return files

    def write_delete_files(self) -> RewrittenDeletes:
        """Rewrite position delete files and deletion vectors, each once, however many manifests list it."""
        files = self.contents.of_kind("position-deletes", "deletion-vectors")
        if self.plan.mapping.is_identity:
            do_all(self._copy, files, self.workers)
            return RewrittenDeletes()
        found = list(in_parallel(self._delete_file, files, self.workers))
        return RewrittenDeletes(
            {location: rewrite for location, rewrite, _ in found}, tuple(note for _, _, note in found if note)
        )

    def write_manifests(self, deletes: Mapping[str, DeleteFileRewrite]) -> dict[str, int]:
        """Write the manifests; the length of each, by its source location."""

        def write(file: StoredFile) -> tuple[str, int]:
            location = self.contents.location(file)
            data = self.contents.read(file)
            if not self.plan.mapping.is_identity:
                data = self.relocator(
                    data, location, self.plan.mapping, self.plan.location
                ) or relocate_manifest(data, location, self._anywhere, self._anywhere, deletes)
            self._put(location, data)
            return location, len(data)

        few = at_once(self.workers, (file.size for file in self.contents.of_kind("manifest")))
        return dict(in_parallel(write, self.contents.of_kind("manifest"), few))

    def write_lists(self, lengths: dict[str, int]) -> None:
        """Write the manifest lists, with the manifests' new lengths."""

        def write(file: StoredFile) -> None:
            location = self.contents.location(file)
            data = self.contents.read(file)
            if not self.plan.mapping.is_identity:
                data = relocate_manifest_list(data, location, self.plan.mapping.map, lengths)
            self._put(location, data)

        do_all(write, self.contents.of_kind("manifest-list"), self.workers)

    def write_metadata(self) -> tuple[str, ...]:
        """Write the older metadata files that can stand, and last the one that the catalog will name; notes on it."""
        older = [file for file in self.contents.of_kind("metadata") if file is not self.contents.pointer]
        kept: set[str] = set()
        for file in older:
            if self._write_older(file, frozenset(kept)):
                kept.add(self.contents.location(file))
        return self._write_pointer(frozenset(kept), all_kept=len(kept) == len(older))

    def _content(self) -> Iterator[StoredFile]:
        return self.contents.of_kind("data", "equality-deletes", "statistics", "encrypted")

    def _copy(self, file: StoredFile) -> None:
        location = self.contents.location(file)
        store, key = self.stores.holding(self.plan.mapping.map(location))
        self.copier(Copy(self.contents.repository.store, file.object, store, key, file.size, file.sha256))
        self.report(FileCopied(self.plan.target, location, file.size))

    def _delete_file(self, file: StoredFile) -> tuple[str, DeleteFileRewrite, str]:
        location = self.contents.location(file)
        relocated = relocate_delete_file(self.contents.read(file), location, self._anywhere)
        self._put(location, relocated.data)
        return location, relocated.rewrite, relocated.note

    def _anywhere(self, path: str) -> str:
        """The new path of any file, of those that the table deleted as well."""
        return self.plan.mapping.map_any(path, self.plan.location)

    def _write_older(self, file: StoredFile, kept: frozenset[str]) -> bool:
        """An older metadata file stands when its own current snapshot is kept; else it is left out of the log.

        Its own log may name only files that are ``kept``, which came before it.
        """
        location = self.contents.location(file)
        try:
            state = parse(self.contents.read(file), location)
        except (InvalidTableFile, UnsupportedFormat):
            return False
        current = state.current_snapshot_id
        if current is not None and current not in self.contents.kept_snapshots:
            return False
        try:
            raw, _ = relocate_metadata(state, self._relocation(state, kept))
        except InvalidRequest:
            # The table lay elsewhere when this file was written, at a place that no root covers any more.
            return False
        self._put(location, render(raw, location) if self._changes_metadata else self.contents.read(file))
        return True

    def _write_pointer(self, kept: frozenset[str], *, all_kept: bool) -> tuple[str, ...]:
        location = self.contents.record.pointer
        if not self._changes_metadata and all_kept:
            self._put(location, self.contents.read(self.contents.pointer))
            return ()
        raw, notes = relocate_metadata(self.contents.metadata, self._relocation(self.contents.metadata, kept))
        self._put(location, render(raw, location))
        return notes

    @property
    def _changes_metadata(self) -> bool:
        return (
            not self.plan.mapping.is_identity
            or self.plan.uuid is not None
            or not self.contents.is_whole_state
        )

    def _relocation(self, state: TableMetadata, kept: frozenset[str]) -> MetadataRelocation:
        keep = self.contents.kept_snapshots
        extra = {}
        if self.plan.uuid is not None:
            extra = {"bcn.restored-from-uuid": str(self.contents.record.uuid), "bcn.pit-id": self.plan.pit}
        return MetadataRelocation(
            mapping=self.plan.mapping,
            keep_snapshots=frozenset(snapshot.id for snapshot in state.snapshots if snapshot.id in keep),
            kept_metadata_files=kept,
            uuid=self.plan.uuid,
            extra_properties=extra,
        )

    def _put(self, location: str, data: bytes) -> None:
        """Create a file at its mapped place; an equal one is from an earlier try."""
        store, key = self.stores.holding(self.plan.mapping.map(location))
        put_same(store, key, data)
        self.report(FileCopied(self.plan.target, location, len(data)))
