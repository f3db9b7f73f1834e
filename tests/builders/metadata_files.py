"""Metadata files as engines write them, down to the fields that the Iceberg specification requires."""

import json
from typing import Any

from bcn_core.iceberg.metadata import TableMetadata, parse

LOCATION = "s3://lake/wh/t"


def snapshot(snapshot_id: int, **fields: Any) -> dict[str, Any]:
    return {
        "snapshot-id": snapshot_id,
        "sequence-number": snapshot_id,
        "timestamp-ms": snapshot_id * 1000,
        "manifest-list": f"{LOCATION}/metadata/snap-{snapshot_id}.avro",
        "schema-id": 0,
        "summary": {"operation": "append"},
        **fields,
    }


def version(number: int) -> str:
    return f"{LOCATION}/metadata/{number:05}-aaaa.metadata.json"


def raw(*snapshots: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A v2 table whose last snapshot is current, and whose logs name them all; fields use _ for -."""
    last = snapshots[-1] if snapshots else None
    table = {
        "format-version": 2,
        "table-uuid": "11111111-2222-3333-4444-555555555555",
        "location": LOCATION,
        "last-sequence-number": len(snapshots),
        "last-updated-ms": last["timestamp-ms"] if last else 500,
        "last-column-id": 1,
        "current-schema-id": 0,
        "schemas": [
            {
                "type": "struct",
                "schema-id": 0,
                "fields": [{"id": 1, "name": "a", "required": False, "type": "int"}],
            }
        ],
        "default-spec-id": 0,
        "partition-specs": [{"spec-id": 0, "fields": []}],
        "last-partition-id": 999,
        "default-sort-order-id": 0,
        "sort-orders": [{"order-id": 0, "fields": []}],
        "properties": {},
        "current-snapshot-id": last["snapshot-id"] if last else -1,
        "refs": {"main": {"snapshot-id": last["snapshot-id"], "type": "branch"}} if last else {},
        "snapshots": list(snapshots),
        "snapshot-log": [
            {"snapshot-id": one["snapshot-id"], "timestamp-ms": one["timestamp-ms"]} for one in snapshots
        ],
        "metadata-log": [
            {"timestamp-ms": 500 + 1000 * number, "metadata-file": version(number)}
            for number in range(len(snapshots))
        ],
    }
    return table | {key.replace("_", "-"): value for key, value in fields.items()}


def table(*snapshots: dict[str, Any], **fields: Any) -> TableMetadata:
    document = raw(*snapshots, **fields)
    return parse(json.dumps(document).encode(), version(len(snapshots)))
