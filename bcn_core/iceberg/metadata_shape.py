"""Whether parsed JSON has the shape of table metadata: required fields, types of those read."""

from collections.abc import Iterable, Mapping
from typing import Any

from bcn_core.errors import InvalidTableFile, UnsupportedFormat

NEWEST_FORMAT = 3
"""The newest format version that this version of BCN reads."""

_Shape = Mapping[str, type]

_ALWAYS: _Shape = {"format-version": int, "location": str, "last-updated-ms": int, "last-column-id": int}
_V1: _Shape = {"schema": dict, "partition-spec": list}
_V2: _Shape = {
    "table-uuid": str,
    "last-sequence-number": int,
    "schemas": list,
    "current-schema-id": int,
    "partition-specs": list,
    "default-spec-id": int,
    "last-partition-id": int,
    "sort-orders": list,
    "default-sort-order-id": int,
}
_V3: _Shape = {"next-row-id": int}
_OPTIONAL: _Shape = {
    **_V2,
    **_V1,
    **_V3,
    "current-snapshot-id": int,
    "snapshots": list,
    "snapshot-log": list,
    "metadata-log": list,
    "refs": dict,
    "properties": dict,
    "statistics": list,
    "partition-statistics": list,
}
_ITEMS: Mapping[str, _Shape] = {
    "schemas": {},
    "partition-specs": {},
    "sort-orders": {},
    "snapshots": {"snapshot-id": int, "timestamp-ms": int},
    "snapshot-log": {"snapshot-id": int, "timestamp-ms": int},
    "metadata-log": {"metadata-file": str, "timestamp-ms": int},
    "statistics": {"snapshot-id": int, "statistics-path": str},
    "partition-statistics": {"snapshot-id": int, "statistics-path": str},
}


def check_shape(raw: Any, location: str) -> None:
    """Hold the top level of a metadata file against the specification.

    Raises:
        InvalidTableFile: a required field is missing, or a field that is read here has another type.
        UnsupportedFormat: the format version is newer than 3.
    """
    if not isinstance(raw, dict):
        raise InvalidTableFile(f"{location} is not table metadata: it is no JSON object")
    _require(raw, {"format-version": int}, location)
    version = raw["format-version"]
    if version > NEWEST_FORMAT:
        raise UnsupportedFormat(
            f"{location} is of Iceberg format v{version}; this version of BCN reads v1 to v{NEWEST_FORMAT}",
            hint="upgrade BCN; the other tables are not affected",
        )
    _require(raw, _required(version, raw), location)
    _check_types(raw, _OPTIONAL, location)
    for key, shape in _ITEMS.items():
        _check_items(raw.get(key) or (), shape, f"{location}, {key}")
    _check_items((raw.get("refs") or {}).values(), {"snapshot-id": int}, f"{location}, refs")
    for snapshot in raw.get("snapshots") or ():
        _check_manifests(snapshot, version, location)


def _required(version: int, raw: dict[str, Any]) -> _Shape:
    if version == 1:
        # Writers that already use the lists of later versions may leave the single schema and spec out.
        return {**_ALWAYS, **({} if "schemas" in raw else _V1)}
    return {**_ALWAYS, **_V2, **(_V3 if version == NEWEST_FORMAT else {})}


def _require(raw: dict[str, Any], shape: _Shape, location: str) -> None:
    for key in shape:
        if raw.get(key) is None:
            raise InvalidTableFile(f"{location} lacks the required field '{key}'")
    _check_types(raw, shape, location)


def _check_types(raw: dict[str, Any], shape: _Shape, location: str) -> None:
    for key, kind in shape.items():
        value = raw.get(key)
        if value is not None and (not isinstance(value, kind) or isinstance(value, bool)):
            raise InvalidTableFile(f"{location} has a field '{key}' that is not of type {kind.__name__}")


def _check_items(items: Iterable[Any], shape: _Shape, location: str) -> None:
    for item in items:
        if not isinstance(item, dict):
            raise InvalidTableFile(f"{location}: an item is no JSON object")
        _require(item, shape, location)


def _check_manifests(snapshot: dict[str, Any], version: int, location: str) -> None:
    shape: _Shape = {"manifest-list": str, "manifests": list, "summary": dict}
    _check_types(snapshot, shape, f"{location}, snapshots")
    if version > 1 and snapshot.get("manifest-list") is None:
        raise InvalidTableFile(f"{location}: the snapshot {snapshot['snapshot-id']} has no manifest list")
    if not all(isinstance(manifest, str) for manifest in snapshot.get("manifests") or ()):
        raise InvalidTableFile(
            f"{location}: the snapshot {snapshot['snapshot-id']} has a manifest that is no path"
        )
