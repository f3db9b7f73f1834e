"""Rewriting of a metadata file: its paths, and the snapshots and earlier files that it may still name.

Iceberg specification, "Table Metadata Fields"; relocation.md 1.1 and 3. Unknown keys and all high-water counters
(last sequence number, last column id, next row id) stay as they are; parent snapshot ids may dangle.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bcn_core.errors import InvalidRequest
from bcn_core.iceberg.mentions import Mentions
from bcn_core.iceberg.metadata import Snapshot, TableMetadata
from bcn_core.locations import PrefixMap

LOCATION_PROPERTIES = (
    "write.data.path",
    "write.metadata.path",
    "write.object-storage.path",
    "write.folder-storage.path",
)
"""The properties that tell writers where to put files."""


@dataclass(frozen=True, slots=True)
class MetadataRelocation:
    """What a restored metadata file is to say.

    ``keep_snapshots``: ids of the snapshots restored. ``kept_metadata_files``: source locations of the earlier
    metadata files restored. ``uuid``: the table's new UUID, None to keep its own. ``extra_properties``: set last.
    ``place_of_list``: where a manifest list (in format v1 also a manifest) goes, when not where the mapping says.
    """

    mapping: PrefixMap
    keep_snapshots: frozenset[int]
    kept_metadata_files: frozenset[str] = frozenset()
    uuid: str | None = None
    extra_properties: Mapping[str, str] = field(default_factory=dict)
    place_of_list: Callable[[str], str] | None = None


def relocate_metadata(
    metadata: TableMetadata, plan: MetadataRelocation
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Rewrite a metadata file; returns its JSON and notes on what could not stay as it was.

    Raises:
        InvalidRequest: the current snapshot or the branch main would be lost, or no prefix covers a path.
    """
    _check_current(metadata, plan.keep_snapshots)
    notes: list[str] = []
    raw = dict(metadata.raw)
    raw["location"] = plan.mapping.map(metadata.location)
    if plan.uuid is not None:
        raw["table-uuid"] = plan.uuid
    _relocate_snapshots(raw, metadata, plan, notes)
    _relocate_log(raw, plan, notes)
    _relocate_properties(raw, metadata, plan, notes)
    return raw, tuple(notes)


def _check_current(metadata: TableMetadata, kept: frozenset[int]) -> None:
    current = metadata.current_snapshot
    if current is not None and current.id not in kept:
        raise InvalidRequest(f"{metadata.location_of_file}: its current snapshot {current.id} must be kept")
    main = metadata.refs.get("main")
    if current is not None and main is not None and main["snapshot-id"] not in kept:
        raise InvalidRequest(f"{metadata.location_of_file}: its branch main would lose its snapshot")


def _relocate_snapshots(
    raw: dict[str, Any], metadata: TableMetadata, plan: MetadataRelocation, notes: list[str]
) -> None:
    keep = plan.keep_snapshots
    kept = [snapshot for snapshot in metadata.snapshots if snapshot.id in keep]
    if "snapshots" in raw:
        place = plan.place_of_list or plan.mapping.map
        raw["snapshots"] = [_relocated(snapshot, place) for snapshot in kept]
    dropped = len(metadata.snapshots) - len(kept)
    if dropped:
        notes.append(f"{dropped} of {len(metadata.snapshots)} snapshots are left out")
    _drop_refs(raw, keep, notes)
    if raw.get("snapshot-log"):
        raw["snapshot-log"] = log_after_dropped(raw["snapshot-log"], {snapshot.id for snapshot in kept})
    for key in ("statistics", "partition-statistics"):
        if raw.get(key):
            raw[key] = _relocated_statistics(raw[key], plan, key, notes)


def _relocated(snapshot: Snapshot, place: Callable[[str], str]) -> dict[str, Any]:
    raw = dict(snapshot.raw)
    if snapshot.manifest_list is not None:
        raw["manifest-list"] = place(snapshot.manifest_list)
    if snapshot.manifests:
        raw["manifests"] = [place(manifest) for manifest in snapshot.manifests]
    return raw


def log_after_dropped(log: list[dict[str, Any]], kept: set[int]) -> list[dict[str, Any]]:
    """Cut a snapshot log behind the last entry of a snapshot that is gone (Iceberg specification, snapshot-log)."""
    gone = [index for index, entry in enumerate(log) if entry["snapshot-id"] not in kept]
    return log[gone[-1] + 1 :] if gone else log


def _drop_refs(raw: dict[str, Any], keep: frozenset[int], notes: list[str]) -> None:
    refs: dict[str, dict[str, Any]] = raw.get("refs") or {}
    lost = [name for name, ref in refs.items() if ref["snapshot-id"] not in keep]
    if lost:
        raw["refs"] = {name: ref for name, ref in refs.items() if name not in lost}
    notes += [
        f"the {refs[name].get('type', 'ref')} '{name}' is left out with its snapshot {refs[name]['snapshot-id']}"
        for name in lost
    ]


def _relocated_statistics(
    files: list[dict[str, Any]], plan: MetadataRelocation, key: str, notes: list[str]
) -> list[dict[str, Any]]:
    kept = [file for file in files if file["snapshot-id"] in plan.keep_snapshots]
    if len(kept) < len(files):
        notes.append(f"{len(files) - len(kept)} {key} files are left out with their snapshots")
    return [{**file, "statistics-path": plan.mapping.map(file["statistics-path"])} for file in kept]


def _relocate_log(raw: dict[str, Any], plan: MetadataRelocation, notes: list[str]) -> None:
    log: list[dict[str, Any]] = raw.get("metadata-log") or []
    kept = [entry for entry in log if entry["metadata-file"] in plan.kept_metadata_files]
    if log:
        raw["metadata-log"] = [
            {**entry, "metadata-file": plan.mapping.map(entry["metadata-file"])} for entry in kept
        ]
    if len(kept) < len(log):
        notes.append(f"{len(log) - len(kept)} of {len(log)} earlier metadata files are left out of the log")


def _relocate_properties(
    raw: dict[str, Any], metadata: TableMetadata, plan: MetadataRelocation, notes: list[str]
) -> None:
    properties: dict[str, str] = {}
    moved = {old: new for old, new in plan.mapping.targets.items() if old != new}
    source = Mentions(moved, moved.values())
    for key, value in metadata.properties.items():
        if key not in LOCATION_PROPERTIES:
            properties[key] = value
            if source.in_text(str(value)):
                notes.append(f"the property '{key}' names the source and stays as it is: {value}")
            continue
        target = plan.mapping.find(value)
        if target is None:
            notes.append(
                f"the property '{key}' is dropped: it points outside of what is restored, to {value}"
            )
        else:
            properties[key] = target
    if properties or plan.extra_properties or "properties" in raw:
        raw["properties"] = {**properties, **plan.extra_properties}
