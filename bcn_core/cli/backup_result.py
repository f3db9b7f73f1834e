"""What ``bcn backup`` says when it is done."""

from typing import NotRequired, TypedDict

from bcn_core.cli.drawing import draw, duration, failed, line, size, tone_of
from bcn_core.cli.plain import plain
from bcn_core.cli.wording import what_happened
from bcn_core.counting import counted
from bcn_core.describe import PitDescription, TableInPit
from bcn_core.names import Scope
from bcn_core.repository.documents import Consistency, Counts, DeletedNames, FailedTable, Status
from bcn_core.repository.dump_documents import DumpManifest

_MOST_UNCHANGED = 20


class BackupDocument(TypedDict):
    """The PIT that was taken."""

    pit: str
    parent: str | None
    status: Status
    scope: Scope
    consistency: Consistency
    counts: Counts
    deleted_in_source: DeletedNames
    tables: list[TableInPit]
    failed_views: list[FailedTable]
    seconds: float
    inventory_lag: NotRequired[int | None]
    dump: NotRequired[DumpManifest]


def draw_result(found: PitDescription, seconds: float) -> None:
    """The PIT, what became of each table, the totals. A long row of unchanged tables is counted, not shown."""
    manifest = found.manifest
    parent = manifest.parent_pit.pit if manifest.parent_pit else "none"
    line(f"PIT {manifest.pit}  {manifest.scope.scope()}  (parent {parent})")
    happened = tables_of_run(found)
    moved = [table for table in happened if table.status != "UNCHANGED" or table.renamed_from is not None]
    unchanged = len(happened) - len(moved)
    shown = happened if unchanged <= _MOST_UNCHANGED else moved
    draw(("TABLE", ">NEW FILES", ">COPIED", "~WHAT"), (_row(table) for table in shown))
    if len(shown) < len(happened):
        line(f"{unchanged:,} more tables are unchanged")
    line(f"{_totals(found)} · {duration(seconds)}")
    for one in manifest.failed_views:
        failed(f"view {one.table.table()}", one.reason)
    line(f"status: {manifest.status}", tone_of(manifest.status))


def result_of(found: PitDescription, seconds: float) -> BackupDocument:
    """The same as a document."""
    manifest = found.manifest
    return {
        "pit": manifest.pit,
        "parent": manifest.parent_pit.pit if manifest.parent_pit else None,
        "status": manifest.status,
        "scope": plain(manifest.scope.scope()),
        "consistency": plain(manifest.consistency),
        "counts": plain(manifest.counts),
        "deleted_in_source": plain(manifest.deleted_in_source),
        "tables": plain(tables_of_run(found)),
        "failed_views": plain(manifest.failed_views),
        "seconds": round(seconds, 3),
    }


def tables_of_run(found: PitDescription) -> list[TableInPit]:
    """The PIT's tables; of the deleted ones only those that this PIT was the first to miss."""
    first = set(found.manifest.deleted_in_source.tables)
    return [table for table in found.tables if table.status != "DELETED" or str(table.table) in first]


def hint_for(found: PitDescription) -> str:
    """What to do about a partial PIT."""
    if found.manifest.failed:
        return "mend what failed and run the same command again; files that are there are not copied again"
    if found.manifest.failed_views:
        return "views that could not be read stand as an earlier PIT holds them, if one does; run again"
    if found.manifest.carried:
        return "tables that were carried stand on an earlier capture; a full backup captures them"
    if found.manifest.covered_in_part:
        return "older snapshots were left out, as asked; a backup without --newest-snapshots takes them too"
    return "snapshots with missing files cannot be restored: repair or expire them at the source"


def _row(table: TableInPit) -> tuple[str, int | None, str, str]:
    return str(table.table), table.files_new, size(table.bytes_new), what_happened(table)


def _totals(found: PitDescription) -> str:
    counts = found.manifest.counts
    parts = [f"{counts.captured:,} captured", f"{counts.unchanged:,} unchanged"]
    more = {"carried": counts.carried, "deleted": counts.deleted, "failed": counts.failed}
    parts += [f"{count:,} {word}" for word, count in more.items() if count]
    views = f" · {counted(counts.sql_views, 'view')}" if counts.sql_views else ""
    return f"{counted(counts.tables, 'table')}: {', '.join(parts)} · {size(counts.bytes_new)} copied{views}"
