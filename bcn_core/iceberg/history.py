"""A table at an instant of its past: by its metadata log exactly, by its snapshot log derived (relocation.md 5)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from bcn_core.errors import NotFound
from bcn_core.iceberg.metadata import Snapshot, TableMetadata

_FIRST_FILE = re.compile(r"(?:.*/)?(?:0+-[^/]*|v[01])(?:\.gz)?\.metadata\.json(?:\.gz)?")


class Found(Enum):
    """What the metadata log knows about an instant."""

    CURRENT = "the current metadata file was valid"
    EARLIER = "an earlier metadata file was valid"
    LOG_CUT = "the log was cut, and its first entry is of a later time"
    NO_TABLE = "the table did not exist"


@dataclass(frozen=True, slots=True)
class MetadataAt:
    """The metadata file that was valid at an instant; no ``file`` when the log names none."""

    found: Found
    file: str | None = None


def metadata_at(metadata: TableMetadata, instant_ms: int) -> MetadataAt:
    """Choose the metadata file that was valid at an instant (milliseconds since the epoch, writers' clocks).

    An entry of the log carries the ``last-updated-ms`` of the file it names, so the last one at or before the
    instant is the one. Before the first entry, its name tells a cut log from a table that did not exist yet.
    """
    if metadata.last_updated_ms <= instant_ms:
        return MetadataAt(Found.CURRENT, metadata.location_of_file)
    log = metadata.metadata_log
    valid = [file for timestamp, file in log if timestamp <= instant_ms]
    if valid:
        return MetadataAt(Found.EARLIER, valid[-1])
    first = log[0][1] if log else metadata.location_of_file
    return MetadataAt(Found.NO_TABLE if _FIRST_FILE.fullmatch(first) else Found.LOG_CUT)


def as_of(metadata: TableMetadata, instant_ms: int) -> TableMetadata | None:
    """Derive a table's state at an instant from its snapshot log; None when no snapshot was current then.

    Rows, schema and refs to older snapshots are those of the instant; properties, specs and sort orders are of the
    later file, so callers mark the result as derived. Counters keep their high-water marks.

    Raises:
        NotFound: the snapshot that was current then has been expired.
    """
    log = [entry for entry in metadata.snapshot_log if entry[0] <= instant_ms]
    if not log:
        return None
    since, snapshot_id = log[-1]
    current = metadata.snapshot(snapshot_id)
    if current is None:
        raise NotFound(
            f"the snapshot {snapshot_id}, which was current then, has been expired from {metadata.location_of_file}",
            hint="choose a later instant, or an earlier metadata file that still names it",
        )
    return TableMetadata(_state(metadata, current, since, instant_ms), metadata.location_of_file)


def _state(metadata: TableMetadata, current: Snapshot, since: int, instant_ms: int) -> dict[str, Any]:
    raw = dict(metadata.raw)
    kept = {one.id for one in metadata.snapshots if one.timestamp_ms <= instant_ms} | {current.id}
    raw["current-snapshot-id"] = current.id
    raw["last-updated-ms"] = since
    raw["snapshots"] = [one.raw for one in metadata.snapshots if one.id in kept]
    raw["refs"] = _refs(metadata, current, kept)
    raw["snapshot-log"] = [entry for entry in raw["snapshot-log"] if entry["timestamp-ms"] <= instant_ms]
    _cut(raw, "metadata-log", lambda entry: entry["timestamp-ms"] <= since)
    _cut(raw, "statistics", lambda file: file["snapshot-id"] in kept)
    _cut(raw, "partition-statistics", lambda file: file["snapshot-id"] in kept)
    _set_schema(raw, current.schema_id)
    return raw


def _refs(metadata: TableMetadata, current: Snapshot, kept: set[int]) -> dict[str, dict[str, Any]]:
    refs = {name: ref for name, ref in metadata.refs.items() if ref["snapshot-id"] in kept}
    main = metadata.refs.get("main", {"type": "branch"})
    return {**refs, "main": {**main, "snapshot-id": current.id}}


def _cut(raw: dict[str, Any], key: str, keeps: Callable[[dict[str, Any]], bool]) -> None:
    if raw.get(key):
        raw[key] = [entry for entry in raw[key] if keeps(entry)]


def _set_schema(raw: dict[str, Any], schema_id: int | None) -> None:
    """Make the snapshot's schema the current one; format v1 repeats it in the field ``schema``."""
    known = {schema.get("schema-id"): schema for schema in raw.get("schemas") or ()}
    if schema_id is None or schema_id not in known:
        return
    raw["current-schema-id"] = schema_id
    if "schema" in raw:
        raw["schema"] = known[schema_id]
