"""Real tables written by PyIceberg into a folder, and a restore in miniature that only uses bcn_core.iceberg."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import StaticTable, Table
from pyiceberg.types import StringType

from bcn_core.errors import ObjectMissing
from bcn_core.iceberg.manifests import read_manifest, read_manifest_list
from bcn_core.iceberg.metadata import TableMetadata, parse, render
from bcn_core.iceberg.relocation import (
    MetadataRelocation,
    relocate_manifest,
    relocate_manifest_list,
    relocate_metadata,
)
from bcn_core.locations import PrefixMap


def path_of(location: str) -> Path:
    return Path(location.removeprefix("file://"))


def read(location: str) -> bytes:
    try:
        return path_of(location).read_bytes()
    except FileNotFoundError as error:
        raise ObjectMissing(f"{location} is not there") from error


def size_of(location: str) -> int | None:
    path = path_of(location)
    return path.stat().st_size if path.exists() else None


def rows(metadata_location: str, snapshot_id: int | None = None) -> list[dict[str, Any]]:
    """The rows of a snapshot as PyIceberg scans them, in a fixed order."""
    found = StaticTable.from_metadata(metadata_location).scan(snapshot_id=snapshot_id).to_arrow().to_pylist()
    return sorted(found, key=repr)


def write_table(folder: Path, version: int, **properties: str) -> str:
    """A table with appends, a copy-on-write delete, a new column, a tag and a branch; its metadata location."""
    catalog = SqlCatalog("lake", uri="sqlite:///:memory:", warehouse=f"file://{folder}")
    catalog.create_namespace("sales")
    schema = pa.schema([("id", pa.int64()), ("name", pa.string()), ("amount", pa.float64())])
    table = catalog.create_table(
        "sales.orders", schema, properties={"format-version": str(version), **properties}
    )
    for number in range(3):
        table.append(_batch(number * 10, schema))
    table.delete("id < 5")
    _evolve(table)
    location = table.metadata_location
    catalog.close()
    return location


def _evolve(table: Table) -> None:
    first, second = (snapshot.snapshot_id for snapshot in table.snapshots()[:2])
    table.manage_snapshots().create_tag(first, "first").create_branch(second, "audit").commit()
    with table.update_schema() as update:
        update.add_column("note", StringType())
    table.append(_batch(100, table.schema().as_arrow()))


def _batch(start: int, schema: pa.Schema) -> pa.Table:
    numbers = range(start, start + 10)
    columns = {"id": numbers, "name": [f"n{one}" for one in numbers], "amount": [one / 3 for one in numbers]}
    filled = [columns.get(name, [None] * 10) for name in schema.names]
    return pa.table(
        [pa.array(list(values), kind) for values, kind in zip(filled, schema.types, strict=True)],
        schema=schema,
    )


@dataclass(frozen=True, slots=True)
class Restored:
    """A restored table: where its metadata file is, and the notes of the relocation."""

    metadata_location: str
    notes: tuple[str, ...]


def restore(metadata_location: str, mapping: PrefixMap, **changes: Any) -> Restored:
    """Copy and relocate a table bottom-up, file by file; deleted entries of other places go to the dead."""
    metadata = parse(read(metadata_location), metadata_location)
    for snapshot in metadata.snapshots:
        _restore_snapshot(str(snapshot.manifest_list), mapping)
    for file in metadata.statistics_files:
        _write(mapping.map(file), read(file))
    for _, file in metadata.metadata_log:
        _restore_metadata(parse(read(file), file), mapping, {})
    return _restore_metadata(metadata, mapping, changes)


def _restore_snapshot(list_location: str, mapping: PrefixMap) -> None:
    data = read(list_location)
    lengths = {}
    for ref in read_manifest_list(data, list_location):
        manifest = read(ref.path)
        for file in read_manifest(manifest, ref.path):
            if file.is_live:
                _copy(file.path, mapping.map(file.path))
        written = relocate_manifest(manifest, ref.path, mapping.map, mapping.map)
        lengths[ref.path] = len(written)
        _write(mapping.map(ref.path), written)
    _write(mapping.map(list_location), relocate_manifest_list(data, list_location, mapping.map, lengths))


def _restore_metadata(metadata: TableMetadata, mapping: PrefixMap, changes: dict[str, Any]) -> Restored:
    plan = {
        "mapping": mapping,
        "keep_snapshots": frozenset(one.id for one in metadata.snapshots),
        "kept_metadata_files": frozenset(file for _, file in metadata.metadata_log),
    }
    raw, notes = relocate_metadata(metadata, MetadataRelocation(**{**plan, **changes}))
    target = mapping.map(metadata.location_of_file)
    _write(target, render(raw, target))
    return Restored(target, notes)


def _copy(source: str, target: str) -> None:
    path_of(target).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path_of(source), path_of(target))


def _write(target: str, data: bytes) -> None:
    path_of(target).parent.mkdir(parents=True, exist_ok=True)
    path_of(target).write_bytes(data)
