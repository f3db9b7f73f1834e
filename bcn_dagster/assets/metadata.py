"""What people want to see of a table in a PIT, and of a PIT, as Dagster's metadata."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg

from bcn_core.names import TableName
from bcn_core.repository.documents import CaptureRecord, PitManifest, TableEntry
from bcn_core.repository.layout import folder_of
from bcn_dagster.columns import column_schema

_MOST_ROWS = 500


@dataclass(frozen=True, slots=True)
class Held:
    """A table as a PIT holds it; ``record`` is there when this PIT captured it, ``entry`` when an earlier one did."""

    table: TableName
    pit: str
    status: str
    record: CaptureRecord | None = None
    entry: TableEntry | None = None
    note: str = ""

    def metadata(self) -> dict[str, Any]:
        """Plots and facts of a materialization; sizes in bytes, duration in seconds."""
        found = {"bcn/status": self.status, "bcn/pit": self.pit}
        if self.note:
            found["bcn/note"] = self.note
        if self.record is not None:
            return found | _of_record(self.record)
        return found | (_of_entry(self.entry) if self.entry is not None else {})


def _of_record(record: CaptureRecord) -> dict[str, Any]:
    found = _shared(record) | {
        "bcn/files_new": record.files_new,
        "bcn/files_reused": record.files - record.files_new,
        "bcn/bytes_new": record.bytes_new,
        "bcn/bytes_reused": record.bytes - record.bytes_new,
        "bcn/dedupe_ratio": _ratio(record.bytes_new, record.bytes),
        "bcn/duration_s": dg.MetadataValue.float(record.duration_ms / 1000),
        "bcn/capture": folder_of(record.files_key),
        "dagster/column_schema": column_schema(record.table_schema.get("fields", ())),
    }
    if record.as_of is not None:
        found["bcn/as_of"] = record.as_of.mode
    if record.broken_snapshots:
        found["bcn/broken_snapshots"] = len(record.broken_snapshots)
    return found


def _of_entry(entry: TableEntry) -> dict[str, Any]:
    return _shared(entry) | {
        "bcn/files_new": 0,
        "bcn/files_reused": entry.files,
        "bcn/bytes_new": 0,
        "bcn/bytes_reused": entry.bytes,
        "bcn/dedupe_ratio": _ratio(0, entry.bytes),
        "bcn/capture": entry.capture,
        "bcn/captured_by": entry.capture_pit,
    }


def _shared(held: CaptureRecord | TableEntry) -> dict[str, Any]:
    found: dict[str, Any] = {
        "bcn/uuid": held.uuid or "none (format v1)",
        # Snapshot ids are larger than what a browser's numbers hold.
        "bcn/snapshot_id": str(held.snapshot_id) if held.snapshot_id is not None else "none",
        "bcn/schema_version": held.schema_id,
        "bcn/format_version": held.table_format_version,
        "bcn/metadata_location": dg.MetadataValue.path(held.pointer),
        "bcn/last_updated": dg.MetadataValue.timestamp(held.last_updated_ms / 1000),
    }
    if held.rows is not None:
        found["dagster/row_count"] = held.rows
    return found


def pit_metadata(manifest: PitManifest) -> dict[str, Any]:
    """A PIT's counts and what happened in it."""
    counts = manifest.counts
    return {
        "bcn/pit": manifest.pit,
        "bcn/status": manifest.status,
        "bcn/parent": manifest.parent_pit.pit if manifest.parent_pit else "none",
        "bcn/consistency": manifest.consistency.mode,
        **{f"bcn/{name}": value for name, value in counts.model_dump().items()},
        "bcn/files_reused": counts.files - counts.files_new,
        "bcn/bytes_reused": counts.bytes - counts.bytes_new,
        "bcn/dedupe_ratio": _ratio(counts.bytes_new, counts.bytes),
        "bcn/duration_s": dg.MetadataValue.float(_seconds(manifest)),
        "bcn/what_happened": what_happened(manifest),
    }


def _seconds(manifest: PitManifest) -> float:
    """From the instant of a PIT to its publication; 0 for one of the past, which was made long after its instant."""
    past = manifest.consistency.mode == "as_of"
    return 0.0 if past else (manifest.captured_at - manifest.pit_timestamp).total_seconds()


def _ratio(new: int, whole: int) -> dg.FloatMetadataValue:
    """The share of the bytes that earlier PITs had stored already."""
    return dg.MetadataValue.float(1 - new / whole if whole else 1.0)


def what_happened(manifest: PitManifest) -> dg.MarkdownMetadataValue:
    """A PIT's changes since its parent as a table."""
    rows = [(str(one.table.table()), _said(one.changes, one.columns)) for one in manifest.changed]
    rows += [(str(one.after.table()), f"renamed from {one.before.table()}") for one in manifest.renamed]
    rows += [(str(one.table.table()), "dropped and created again") for one in manifest.recreated]
    rows += [(name, "dropped") for name in manifest.deleted_in_source.tables]
    rows += [(name, "database dropped") for name in manifest.deleted_in_source.databases]
    rows += [(str(one.table()), "CARRIED: as an earlier PIT holds it") for one in manifest.carried]
    rows += [(str(one.table.table()), f"FAILED: {one.reason}") for one in manifest.failed]
    rows += [(f"view {one.table.table()}", f"FAILED: {one.reason}") for one in manifest.failed_views]
    rows += [(f"view {name}", "dropped") for name in manifest.deleted_in_source.sql_views]
    rows += [(str(one.table()), "did not exist at that time") for one in manifest.not_yet_created]
    return markdown_table(("table", "what happened"), rows, empty="nothing changed")


def markdown_table(
    head: Iterable[str], rows: Iterable[Iterable[Any]], empty: str
) -> dg.MarkdownMetadataValue:
    """Rows as a table in Markdown, cut after 500 of them."""
    titles = list(head)
    lines = [" | ".join(_cell(value) for value in row) for row in rows]
    if not lines:
        return dg.MetadataValue.md(empty)
    shown = [f"| {line} |" for line in lines[:_MOST_ROWS]]
    more = [f"\n... and {len(lines) - _MOST_ROWS} more"] if len(lines) > _MOST_ROWS else []
    return dg.MetadataValue.md(
        "\n".join([f"| {' | '.join(titles)} |", "|" + "---|" * len(titles), *shown, *more])
    )


def reasons(failed: Mapping[TableName, str]) -> dg.MarkdownMetadataValue:
    """Tables with the reason why they are missing."""
    return markdown_table(("table", "reason"), sorted(failed.items()), empty="none")


def _said(changes: Iterable[str], columns: Iterable[str]) -> str:
    return ", ".join([*changes, *columns])


def _cell(value: Any) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")
