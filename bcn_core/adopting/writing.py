"""The new table's metadata: manifests, one snapshot, and the metadata file that a catalog can name.

PyIceberg's ``add_files`` takes partition values from the bounds of columns, and Hive's partition columns are in no
file: each would be null. Its writers of manifests are used by themselves, and the table is made in one step.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from bcn_core.adopting.files import OWNED
from bcn_core.adopting.footers import footers_of
from bcn_core.adopting.planning import DataFile, Draft, read_all
from bcn_core.errors import SourceChanged
from bcn_core.inventorying.store_io import StoreIO
from bcn_core.storage.opening import Stores

if TYPE_CHECKING:
    from pyiceberg.manifest import DataFile as Entry
    from pyiceberg.manifest import ManifestFile
    from pyiceberg.table.metadata import TableMetadataV2
    from pyiceberg.table.snapshots import Snapshot

_FILES_OF_A_MANIFEST = 5000
_CODEC: Literal["deflate"] = "deflate"


@dataclass(frozen=True, slots=True)
class Making:
    """Where the table's metadata goes, and which properties it gets."""

    stores: Stores
    place: str
    properties: Mapping[str, str]
    now: datetime
    files_at_once: int

    @property
    def folder(self) -> str:
        """The folder of the metadata; the table's later writers keep to it."""
        return f"{self.place}/{OWNED}"


def write(making: Making, draft: Draft) -> str:
    """Write a table that no catalog names yet; the place of its metadata file.

    Raises:
        SourceChanged: a file is another than the one that was looked at.
        StorageFailure: the store did not do it.
    """
    metadata = _metadata(making, draft, _snapshot(making, draft))
    location = f"{making.folder}/00000-{uuid.uuid4()}.metadata.json"
    store, key = making.stores.holding(location)
    store.put_new(key, [metadata.model_dump_json(exclude_none=True).encode()])
    return location


def _metadata(making: Making, draft: Draft, snapshot: "Snapshot") -> "TableMetadataV2":
    """A table of one snapshot; PyIceberg's model holds it to the specification."""
    from pyiceberg.table.metadata import TableMetadataV2
    from pyiceberg.table.snapshots import SnapshotLogEntry
    from pyiceberg.table.sorting import UNSORTED_SORT_ORDER, UNSORTED_SORT_ORDER_ID

    fields: dict[str, Any] = {
        "location": making.place,
        "last-updated-ms": snapshot.timestamp_ms,
        "last-column-id": draft.schema.highest_field_id,
        "schemas": [draft.schema],
        "current-schema-id": draft.schema.schema_id,
        "partition-specs": [draft.spec],
        "default-spec-id": draft.spec.spec_id,
        "last-partition-id": draft.spec.last_assigned_field_id,
        "sort-orders": [UNSORTED_SORT_ORDER],
        "default-sort-order-id": UNSORTED_SORT_ORDER_ID,
        "properties": _properties(making, draft),
        "snapshots": [snapshot],
        "current-snapshot-id": snapshot.snapshot_id,
        "snapshot-log": [
            SnapshotLogEntry(snapshot_id=snapshot.snapshot_id, timestamp_ms=snapshot.timestamp_ms)
        ],
        "refs": {"main": {"snapshot-id": snapshot.snapshot_id, "type": "branch"}},
        "last-sequence-number": 1,
    }
    return TableMetadataV2(**fields)


def _properties(making: Making, draft: Draft) -> dict[str, str]:
    found = {**making.properties, "write.metadata.path": making.folder}
    if not draft.has_ids:
        found["schema.name-mapping.default"] = draft.schema.name_mapping.model_dump_json()
    return found


def _snapshot(making: Making, draft: Draft) -> "Snapshot":
    from pyiceberg.manifest import write_manifest_list
    from pyiceberg.table.snapshots import Operation, Snapshot, Summary

    number = uuid.uuid4().int >> 65  # a positive long
    manifests = [
        _manifest(making, draft, number, draft.files[start : start + _FILES_OF_A_MANIFEST])
        for start in range(0, len(draft.files), _FILES_OF_A_MANIFEST)
    ]
    listed = f"{making.folder}/snap-{number}-{uuid.uuid4()}.avro"
    output = StoreIO(making.stores).new_output(listed)
    with write_manifest_list(2, output, number, None, 1, _CODEC) as lists:
        lists.add_manifests(manifests)
    summary = Summary(Operation.APPEND, **_counts(draft.files))
    return Snapshot(
        snapshot_id=number,
        sequence_number=1,
        timestamp_ms=int(making.now.timestamp() * 1000),
        manifest_list=listed,
        summary=summary,
        schema_id=draft.schema.schema_id,
    )


def _counts(files: Iterable[DataFile]) -> dict[str, str]:
    found = [(one.rows, one.file.size) for one in files]
    counts = {
        "data-files": len(found),
        "records": sum(rows for rows, _ in found),
        "files-size": sum(size for _, size in found),
    }
    both = {f"{what}-{name}": str(count) for what in ("added", "total") for name, count in counts.items()}
    return both | {"total-delete-files": "0", "total-position-deletes": "0", "total-equality-deletes": "0"}


def _manifest(making: Making, draft: Draft, number: int, files: Sequence[DataFile]) -> "ManifestFile":
    from pyiceberg.manifest import ManifestEntry, ManifestEntryStatus, write_manifest

    output = StoreIO(making.stores).new_output(f"{making.folder}/{uuid.uuid4()}-m0.avro")
    read = footers_of(making.stores, making.place)
    by_path = {one.file.path: one for one in files}
    with write_manifest(2, draft.spec, draft.schema, output, number, _CODEC) as writer:
        for file, footer in read_all([one.file for one in files], read, making.files_at_once):
            data_file = _entry(draft, by_path[file.path], footer)
            writer.add(
                ManifestEntry.from_args(
                    status=ManifestEntryStatus.ADDED,
                    snapshot_id=number,
                    sequence_number=None,
                    file_sequence_number=None,
                    data_file=data_file,
                )
            )
    return writer.to_manifest_file()


def _entry(draft: Draft, one: DataFile, footer: Any) -> "Entry":
    from pyiceberg.manifest import DataFile as Entry
    from pyiceberg.manifest import DataFileContent, FileFormat
    from pyiceberg.typedef import Record

    if footer.num_rows != one.rows:
        raise SourceChanged(
            f"{one.file.path} was written anew while it was adopted",
            hint="let the replication come to its end, and run again",
        )
    return Entry.from_args(
        content=DataFileContent.DATA,
        file_path=one.file.location,
        file_format=FileFormat.PARQUET,
        partition=Record(*(one.values[key.name] for key in draft.keys)),
        file_size_in_bytes=one.file.size,
        sort_order_id=None,
        spec_id=draft.spec.spec_id,
        equality_ids=None,
        key_metadata=None,
        **_statistics(draft, one, footer),
    )


def _statistics(draft: Draft, one: DataFile, footer: Any) -> dict[str, Any]:
    """What the footer says of its columns; its rows alone where PyIceberg cannot tell which column is which."""
    from pyiceberg.io.pyarrow import (
        compute_statistics_plan,
        data_file_statistics_from_parquet_metadata,
        parquet_path_to_id_mapping,
    )

    plan = compute_statistics_plan(draft.schema, {})
    try:
        told = data_file_statistics_from_parquet_metadata(
            footer, plan, parquet_path_to_id_mapping(draft.schema)
        )
        return dict(told.to_serialized_dict())
    except (KeyError, ValueError):
        # Lists as Hive and old writers name them; bounds only make reading quicker.
        return {"record_count": one.rows}
