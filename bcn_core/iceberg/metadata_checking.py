"""The strict check of a metadata file by itself: its ids resolve, its files are there, its paths are allowed."""

from collections.abc import Iterator
from typing import Any

from bcn_core.errors import InvalidTableFile
from bcn_core.iceberg.findings import Kind
from bcn_core.iceberg.inspection import Inspection
from bcn_core.iceberg.metadata import TableMetadata
from bcn_core.iceberg.metadata_relocation import LOCATION_PROPERTIES

_PATH_KEYS = frozenset({"location", "metadata-file", "manifest-list", "manifests", "statistics-path"})


def check_metadata(metadata: TableMetadata, inspection: Inspection) -> None:
    """Check all that a metadata file says, but for the contents of its manifest lists."""
    here = metadata.location_of_file
    _check_ids(metadata, inspection)
    inspection.check_path(here, here)
    for path in _paths(metadata):
        inspection.check_path(path, here)
    for _, file in metadata.metadata_log:
        inspection.check_file(file, None, here)
    for key in ("statistics", "partition-statistics"):
        for file in metadata.raw.get(key) or ():
            inspection.check_file(file["statistics-path"], file.get("file-size-in-bytes"), here)
    _check_mentions(metadata, inspection)


def _check_ids(metadata: TableMetadata, inspection: Inspection) -> None:
    here = metadata.location_of_file
    for about in ("current_snapshot", "current_schema", "current_spec", "current_sort_order"):
        try:
            getattr(metadata, about)
        except InvalidTableFile as error:
            inspection.find(Kind.DANGLING, here, error.message)
    for name, ref in metadata.refs.items():
        if metadata.snapshot(ref["snapshot-id"]) is None:
            message = f"the ref '{name}' names the snapshot {ref['snapshot-id']}, which is not there"
            inspection.find(Kind.DANGLING, here, message)
    for _, snapshot_id in metadata.snapshot_log:
        if metadata.snapshot(snapshot_id) is None:
            message = f"the snapshot log names the snapshot {snapshot_id}, which is not there"
            inspection.find(Kind.DANGLING, here, message)


def _paths(metadata: TableMetadata) -> Iterator[str]:
    yield metadata.location
    yield from (file for _, file in metadata.metadata_log)
    for snapshot in metadata.snapshots:
        yield from snapshot.manifests
        if snapshot.manifest_list is not None:
            yield snapshot.manifest_list
    yield from metadata.statistics_files
    properties = metadata.properties
    yield from (properties[key] for key in LOCATION_PROPERTIES if key in properties)


def _check_mentions(metadata: TableMetadata, inspection: Inspection) -> None:
    for key, text in _texts(metadata.raw, ""):
        if inspection.source.in_text(text):
            kind = Kind.SOURCE_PATH if key in _PATH_KEYS or key in LOCATION_PROPERTIES else Kind.MENTION
            inspection.find(kind, metadata.location_of_file, f"'{key}' names the source: {text}")


def _texts(value: Any, key: str) -> Iterator[tuple[str, str]]:
    """All strings of a JSON document, each with the innermost key above it."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for inner, item in value.items():
            yield key, inner
            yield from _texts(item, inner)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, key)
