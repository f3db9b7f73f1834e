"""Which files of a capture the kept snapshots need: down from their manifest lists, by the rows' ``listed_by``."""

from collections.abc import Collection

from bcn_core.iceberg.metadata import TableMetadata
from bcn_core.locations import join
from bcn_core.repository.documents import CaptureRecord
from bcn_core.repository.files import StoredFile


def needed_files(
    record: CaptureRecord, files: Collection[StoredFile], metadata: TableMetadata, kept: frozenset[int]
) -> list[StoredFile]:
    """The rows that a state with only the kept snapshots names; of the metadata files the pointer's alone."""
    entries = _entries(metadata, kept) | {record.pointer}
    rows = {
        number for number, file in enumerate(files) if join(record.roots[file.root], file.path) in entries
    }
    for kinds in (("manifest",), ("data", "position-deletes", "equality-deletes", "deletion-vectors")):
        rows |= {
            number
            for number, file in enumerate(files)
            if file.kind in kinds and rows.intersection(_parents(file))
        }
    return [
        file
        for number, file in enumerate(files)
        if number in rows or file.kind == "encrypted"  # nobody can tell which snapshot needs it
    ]


def _parents(file: StoredFile) -> tuple[int, ...]:
    """Row 0 is the metadata file: manifests that it embeds are chosen by their snapshots, not by being listed."""
    return tuple(parent for parent in file.listed_by if parent)


def _entries(metadata: TableMetadata, kept: frozenset[int]) -> set[str]:
    """Manifest lists, embedded manifests and statistics of the kept snapshots."""
    found: set[str] = set()
    for snapshot in metadata.snapshots:
        if snapshot.id in kept:
            found.update([snapshot.manifest_list] if snapshot.manifest_list else snapshot.manifests)
    for part in ("statistics", "partition-statistics"):
        found.update(
            file["statistics-path"] for file in metadata.raw.get(part) or () if file["snapshot-id"] in kept
        )
    return found
