"""Snapshots that PyIceberg cannot make: written by hand into a table's metadata, as a merge-on-read engine would."""

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bcn_core.names import TableName
from tests.builders.avro_files import Record, avro_bytes, decoded, entry_schema, list_schema, listed
from tests.warehouse.source import Place

Edit = Callable[[dict[str, Any]], object]
_CONTENT = ("data", "deletes")
_STREAM = b"AGS1\x00\x10\x00\x00 nobody can read this"


def path_of(location: str) -> Path:
    return Path(location.removeprefix("file://").removeprefix("file:"))


@dataclass
class HandMade:
    """A table of a source, to which snapshots are added without any engine."""

    place: Place
    table: TableName
    codec: str = "deflate"
    entries: dict[str, Any] = field(default_factory=dict)

    @property
    def pointer(self) -> str:
        found = self.place.bcn().pointer(self.table)
        assert found is not None
        return found

    @property
    def raw(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(path_of(self.pointer).read_bytes())
        return found

    @property
    def location(self) -> str:
        return str(self.raw["location"])

    @property
    def data_files(self) -> list[str]:
        """The live data files of the current snapshot, oldest first."""
        rows = [
            row
            for ref in sorted(self.manifests(), key=lambda ref: ref["sequence_number"])
            if not ref["content"]
            for row in decoded(path_of(ref["manifest_path"]).read_bytes())
        ]
        return [row["data_file"]["file_path"] for row in rows if row["status"] != 2]

    def manifests(self) -> list[Record]:
        """The rows of the current manifest list."""
        raw = self.raw
        current = next(one for one in raw["snapshots"] if one["snapshot-id"] == raw["current-snapshot-id"])
        return [{"content": 0, **row} for row in decoded(path_of(current["manifest-list"]).read_bytes())]

    def write(self, name: str, data: bytes) -> str:
        """Write a file below the table's location."""
        location = f"{self.location}/{name}"
        path_of(location).parent.mkdir(parents=True, exist_ok=True)
        path_of(location).write_bytes(data)
        return location

    def add(self, *groups: Sequence[Record], edit: Edit = dict.copy, keep: bool = True) -> str:
        """Commit a snapshot with one new manifest for each group of entries; the new metadata file's location.

        ``keep``: the manifests of the current snapshot stay listed. ``edit`` has the last word on the metadata.
        """
        raw = self.raw
        number = raw.get("last-sequence-number", 0) + 1
        rows = self.manifests() if keep else []
        added = [self._manifest(raw, number, at, group) for at, group in enumerate(groups)]
        return self.list(raw, number, [*added, *rows], edit)

    def list(self, raw: dict[str, Any], number: int, rows: list[Record], edit: Edit) -> str:
        """Commit a snapshot with the given manifests."""
        version = raw["format-version"]
        name = f"metadata/snap-{9000 + number}-hand.avro"
        header = {"format-version": str(version), "snapshot-id": str(9000 + number)}
        data = avro_bytes(list_schema(version), rows, codec=self.codec, header=header)
        snapshot = {
            "snapshot-id": 9000 + number,
            "parent-snapshot-id": raw["current-snapshot-id"],
            "sequence-number": number,
            "timestamp-ms": raw["last-updated-ms"] + 1000,
            "manifest-list": self.write(name, data),
            "schema-id": raw["current-schema-id"],
            "summary": {"operation": "overwrite"},
        }
        if version == 3:
            snapshot |= {"first-row-id": raw["next-row-id"], "added-rows": 0}
        self._move(raw, snapshot)
        edit(raw)
        return self.publish(raw)

    def publish(self, raw: dict[str, Any]) -> str:
        """Write a metadata file after the current one, and point the catalog at it."""
        before = self.pointer
        count = int(before.rpartition("/")[2].partition("-")[0]) + 1
        location = self.write(f"metadata/{count:05}-{uuid.uuid4()}.metadata.json", json.dumps(raw).encode())
        self.place.bcn().replace(self.table, before, location)
        return location

    def edit(self, change: Edit) -> str:
        """Publish the metadata with a change; the log names the file before it."""
        raw = self.raw
        self._log(raw)
        raw["last-updated-ms"] += 1000
        change(raw)
        return self.publish(raw)

    def upgrade(self) -> str:
        """To format v3, as engines do: old manifests stay, row ids are given out from now on."""
        return self.edit(lambda raw: raw.update({"format-version": 3, "next-row-id": 0}))

    def _move(self, raw: dict[str, Any], snapshot: dict[str, Any]) -> None:
        self._log(raw)
        stamp = {"snapshot-id": snapshot["snapshot-id"], "timestamp-ms": snapshot["timestamp-ms"]}
        raw["snapshots"].append(snapshot)
        raw["snapshot-log"].append(stamp)
        raw["refs"] = {**raw.get("refs", {}), "main": {"snapshot-id": stamp["snapshot-id"], "type": "branch"}}
        raw["current-snapshot-id"] = stamp["snapshot-id"]
        raw["last-sequence-number"] = snapshot["sequence-number"]
        raw["last-updated-ms"] = snapshot["timestamp-ms"]

    def _log(self, raw: dict[str, Any]) -> None:
        entry = {"timestamp-ms": raw["last-updated-ms"], "metadata-file": self.pointer}
        raw["metadata-log"] = [*raw.get("metadata-log", []), entry]

    def _manifest(self, raw: dict[str, Any], number: int, at: int, group: Sequence[Record]) -> Record:
        content = int(group[0]["data_file"]["content"] != 0)
        version = raw["format-version"]
        header = {
            "schema": json.dumps(raw["schemas"][-1]),
            "partition-spec": json.dumps(raw["partition-specs"][0]["fields"]),
            "partition-spec-id": "0",
            "format-version": str(version),
            "content": _CONTENT[content],
        }
        entries = [{**one, "snapshot_id": one["snapshot_id"] and 9000 + number} for one in group]
        data = avro_bytes(entry_schema(version), entries, codec=self.codec, header=header)
        location = self.write(f"metadata/hand-{number}-{at}.avro", data)
        return _row(location, len(data), content, number, group)


def _row(location: str, length: int, content: int, number: int, group: Sequence[Record]) -> Record:
    counts: dict[str, int] = {}
    for name, status in (("added", 1), ("existing", 0), ("deleted", 2)):
        rows = [one["data_file"]["record_count"] for one in group if one["status"] == status]
        counts |= {f"{name}_files_count": len(rows), f"{name}_rows_count": sum(rows)}
    numbers = {"sequence_number": number, "min_sequence_number": number, "added_snapshot_id": 9000 + number}
    return listed(location, length, content=content, **numbers, **counts)


def encrypt(orders: HandMade) -> None:
    """The newest manifest list is an AES GCM stream, as v3 encryption writes it."""
    row = orders.manifests()[0]
    location = orders.list(
        orders.raw, 3, [row], lambda raw: raw.update({"encryption-keys": [{"key-id": "k"}]})
    )
    raw = orders.raw
    path_of(raw["snapshots"][-1]["manifest-list"]).write_bytes(_STREAM)
    assert location
