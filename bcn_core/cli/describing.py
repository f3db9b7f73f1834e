"""Drawing what ``bcn_core.describe`` found."""

from datetime import UTC, datetime, timedelta

from bcn_core.cli.drawing import Cell, draw, duration, facts, line, size, warn
from bcn_core.cli.wording import what_happened
from bcn_core.counting import counted
from bcn_core.describe import (
    CaptureInHistory,
    Description,
    PitDescription,
    PitSummary,
    SchemaVersion,
    TableHistory,
    TableInPit,
    Unfinished,
)
from bcn_core.repository.checks import CheckRecord
from bcn_core.repository.documents import Consistency, Counts, PitManifest

PIT_HEADINGS = ("PIT (UTC)", "STATUS", ">DBS", ">TABLES", ">FILES", ">SIZE", ">NEW", ">GONE")


def draw_repository(found: Description) -> None:
    """The repository, its PITs, what is deleted, what is unfinished."""
    facts(
        [
            ("repository", found.url),
            ("id", found.repository_id),
            ("granularity", found.granularity),
            ("scope", str(found.scope)),
            ("source", f"{found.source_kind} {found.source_address}"),
            ("created", f"{found.created_at:%Y-%m-%d %H:%M:%S} UTC"),
        ]
    )
    line()
    draw_pits(found.pits)
    for name, deleted in (("database", found.deleted_databases), ("table", found.deleted_tables)):
        if deleted:
            line(
                f"\n{counted(len(deleted), name)} deleted at the source, restorable from the PIT that held them last"
            )
    draw_deleted(found)
    for pit in found.condemned:
        line(f"\nPIT {pit} waits to be removed; bcn undelete {pit} calls it back")
    for pit, reasons in found.held.items():
        line(f"\nPIT {pit} is held: {', '.join(reasons)}")
    draw_checks(found.checks)
    for one in found.unfinished:
        line(f"\nunfinished: PIT {one.pit}, {_who(one)}")


def draw_checks(checks: tuple[CheckRecord, ...]) -> None:
    """When the repository was verified last, at each level; that it never was is worth a line as well."""
    if not checks:
        line("\nnever verified: bcn verify")
    for one in checks:
        age = datetime.now(UTC) - one.finished_at
        found = f"{counted(one.faults, 'fault').upper()}: {one.first_fault}" if one.faults else _no_fault(one)
        line(f"\nverified {one.level}: {found}, {one.finished_at:%Y-%m-%d %H:%M} UTC, {_age(age)} ago")


def _no_fault(one: CheckRecord) -> str:
    """Of a drill: what came back, and how long that took."""
    if one.seconds is None:
        return "no fault"
    missing = f", {one.refused} not tried" if one.refused else ""
    return (
        f"{counted(one.tables, 'table')} of PIT {one.pit} came back{missing}, {counted(one.rows or 0, 'row')}, "
        f"{size(one.bytes_read)} in {duration(one.seconds)}"
    )


def draw_pits(pits: tuple[PitSummary, ...]) -> None:
    """One line for each PIT."""
    if not pits:
        line("no PIT yet; take one: bcn backup")
        return
    draw(PIT_HEADINGS, (_pit_row(one) for one in pits))


def draw_deleted(found: Description) -> None:
    """Deleted tables, with the PIT that holds them last."""
    if found.deleted_tables:
        rows = [(str(one.table.table()), one.last_pit, one.uuid) for one in found.deleted_tables]
        draw(("DELETED TABLE", "LAST IN PIT", "UUID"), rows)


def draw_pit(found: PitDescription) -> None:
    """One PIT: where it comes from, how sure it is of one instant, what happened to each table."""
    manifest = found.manifest
    counts = manifest.counts
    facts(
        [
            ("PIT", manifest.pit),
            ("status", manifest.status),
            ("captured", f"{manifest.captured_at:%Y-%m-%d %H:%M:%S} UTC"),
            ("parent", manifest.parent_pit.pit if manifest.parent_pit else "none"),
            ("consistency", _consistency(manifest.consistency)),
            ("holds", _held(counts)),
            ("copied", f"{counted(counts.files_new, 'file')}, {size(counts.bytes_new)}"),
            ("digest", manifest.digest),
        ]
    )
    line()
    draw(("TABLE", "STATUS", ">NEW FILES", ">COPIED", "~WHAT"), (_table_row(table) for table in found.tables))
    _draw_views(manifest)
    for group in manifest.shared_uuids:
        warn(f"one UUID at several names: {', '.join(str(ref.table()) for ref in group)}")
    if manifest.not_yet_created:
        line(f"not yet created then: {', '.join(str(ref.table()) for ref in manifest.not_yet_created)}")


def _held(counts: Counts) -> str:
    parts = (counts.databases, "database"), (counts.tables, "table"), (counts.files, "file")
    return ", ".join([*(counted(*part) for part in parts), size(counts.bytes)])


def _draw_views(manifest: PitManifest) -> None:
    for database, views in manifest.included_objects.sql_views.items():
        line(f"views of {database}: {', '.join(views)}")
    for one in manifest.failed_views:
        warn(f"the view {one.table.table()} could not be captured: {one.reason}")
    if manifest.deleted_in_source.sql_views:
        line(f"views deleted at the source: {', '.join(manifest.deleted_in_source.sql_views)}")


def draw_history(found: TableHistory) -> None:
    """One table over time: names, schemas, captures."""
    facts(
        [
            ("table", str(found.table)),
            ("UUID", found.uuid),
            ("in PITs", f"{len(found.pits)}: {_span(found.pits)}"),
        ]
    )
    if len(found.names) > 1:
        line()
        draw(("NAME", "SINCE PIT"), ((str(name), since) for name, since in found.names))
    line()
    draw(("SCHEMA SINCE", ">ID", "~COLUMNS, THEN CHANGES"), map(_schema_row, found.schemas))
    line()
    headings = ("CAPTURED BY", "KIND", ">ROWS", ">FILES", ">NEW", ">COPIED", "SNAPSHOT")
    draw(headings, map(_capture_row, found.captures))
    if found.other_uuids:
        line(f"other tables bore this name: {', '.join(found.other_uuids)}")
    if found.unreadable:
        warn(f"{counted(len(found.unreadable), 'PIT')} cannot be read: {', '.join(found.unreadable)}")


def _schema_row(one: SchemaVersion) -> tuple[Cell, ...]:
    return one.since, one.schema_id, ", ".join(one.changes or one.columns)


def _capture_row(one: CaptureInHistory) -> tuple[Cell, ...]:
    kind = "full" if one.full else "delta"
    snapshot = str(one.snapshot_id or "-")
    return one.pit, kind, one.rows, one.files, one.files_new, size(one.bytes_new), snapshot


def _pit_row(one: PitSummary) -> tuple[Cell, ...]:
    if one.counts is None:
        return (one.pit, one.status)
    counts = one.counts
    new = size(counts.bytes_new)
    return (
        one.pit,
        one.status,
        counts.databases,
        counts.tables,
        counts.files,
        size(counts.bytes),
        new,
        counts.deleted,
    )


def _table_row(table: TableInPit) -> tuple[Cell, ...]:
    return str(table.table), table.status, table.files_new, size(table.bytes_new), what_happened(table)


def _consistency(found: Consistency) -> str:
    if found.mode == "consistent":
        return "consistent: all tables as of one instant"
    if found.mode == "as_of":
        return "as of: rebuilt from the tables' own history"
    moved = ", ".join(str(ref.table()) for ref in found.moved)
    return f"skewed: these tables moved while they were read: {moved or 'unknown'}"


def _who(one: Unfinished) -> str:
    if one.owner is None:
        return "nobody at work; the next backup uses what it copied"
    since = f" since {one.since:%Y-%m-%d %H:%M:%S} UTC" if one.since else ""
    return f"pinned by {one.owner.name} on {one.owner.host}{since}"


def _age(span: timedelta) -> str:
    if span < timedelta(days=1):
        return duration(span.total_seconds())
    return counted(span.days, "day")


def _span(pits: tuple[str, ...]) -> str:
    return pits[0] if len(pits) == 1 else f"{pits[0]} to {pits[-1]}"
