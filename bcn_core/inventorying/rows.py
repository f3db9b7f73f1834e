"""The rows that one PIT adds to ``pits`` and ``tables``."""

from collections.abc import Mapping
from datetime import UTC
from typing import TYPE_CHECKING, Any

from bcn_core.inventorying.columns import frame_schema
from bcn_core.names import TableName, instant_of, pit_instant
from bcn_core.repository.documents import PitManifest, TableEntry
from bcn_core.repository.layout import Layout, table_folder

if TYPE_CHECKING:
    import polars as pl

Entries = Mapping[TableName, TableEntry]


def identity(entry: TableEntry) -> str:
    """What a table is known by under whatever name: its UUID, or its folder where it has none."""
    return entry.uuid or table_folder(entry.capture)


def pit_rows(manifests: list[PitManifest], layout: Layout) -> "pl.DataFrame":
    """One row for each PIT."""
    import polars as pl

    return pl.DataFrame([_pit(one, layout) for one in manifests], schema=frame_schema("pits"))


def table_rows(manifest: PitManifest, entries: Entries) -> "pl.DataFrame":
    """One row for each table that a PIT holds."""
    import polars as pl

    carried = {ref.table() for ref in manifest.carried}
    rows = [_table(manifest.pit, table, entry, table in carried) for table, entry in entries.items()]
    return pl.DataFrame(rows, schema=frame_schema("tables"))


def _pit(manifest: PitManifest, layout: Layout) -> dict[str, Any]:
    return {
        "day": pit_instant(manifest.pit).date(),
        "pit": manifest.pit,
        "pit_timestamp": manifest.pit_timestamp.astimezone(UTC),
        "captured_at": manifest.captured_at.astimezone(UTC),
        "status": manifest.status,
        "parent_pit": manifest.parent_pit.pit if manifest.parent_pit else None,
        **manifest.counts.model_dump(),
        "manifest_key": layout.pit_manifest(manifest.pit),
        "digest": manifest.digest,
    }


def _table(pit: str, table: TableName, entry: TableEntry, carried: bool) -> dict[str, Any]:
    standing = "CARRIED" if carried else "UNCHANGED"
    return {
        "day": pit_instant(pit).date(),
        "pit": pit,
        "database": table.database,
        "table_name": table.name,
        "table_id": identity(entry),
        "status": "ACTIVE" if entry.capture_pit == pit else standing,
        "capture": entry.capture,
        "capture_pit": entry.capture_pit,
        "pointer": entry.pointer,
        "format_version": entry.table_format_version,
        "schema_id": entry.schema_id,
        "snapshot_id": entry.snapshot_id,
        "last_updated": instant_of(entry.last_updated_ms),
        "rows": entry.rows,
        "files": entry.files,
        "bytes": entry.bytes,
        "damaged": entry.damaged,
    }
