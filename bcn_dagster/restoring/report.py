"""A restore's plan and its report as tables for people."""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from bcn_core.restore import Restored, RestoredView, RestorePlan, SqlViewPlan, TablePlan
from bcn_dagster.assets.metadata import markdown_table
from bcn_dagster.pictures import bars


def plan_metadata(plan: RestorePlan) -> dict[str, Any]:
    """What a restore will do; bytes as numbers, so that they plot."""
    head = ("source", "target", "action", "status", "files", "bytes", "rows", "location", "notes")
    return {
        "bcn/pit": plan.pit,
        "bcn/pit_status": plan.pit_status,
        "bcn/target_catalog": plan.target_catalog,
        "bcn/tables": len(plan.tables),
        "bcn/views": len(plan.views),
        "bcn/refused": len(plan.refusals),
        "bcn/bytes": plan.bytes,
        "bcn/notes": "; ".join(plan.notes) or "none",
        "bcn/plan": markdown_table(
            head, [*map(_planned, plan.tables), *map(_planned_view, plan.views)], empty="nothing to restore"
        ),
    }


def run_tags(plan: RestorePlan, *, dry_run: bool) -> dict[str, str]:
    """What a run is about, in words that are found again by a search of runs."""
    databases = sorted({str(one.source.database) for one in plan.tables})
    return {
        "bcn/pit": plan.pit,
        "bcn/into": plan.target_catalog or "files only",
        "bcn/tables": str(len(plan.tables)),
        "bcn/databases": ", ".join(databases[:5]) + (" ..." if len(databases) > 5 else ""),
        "bcn/dry_run": str(dry_run).lower(),
    }


def _planned(plan: TablePlan) -> tuple[Any, ...]:
    notes = "; ".join([*plan.notes, *([str(plan.refusal)] if plan.refusal else [])])
    size = (plan.files, f"{plan.bytes:,}", plan.rows)
    return (plan.source, plan.target, plan.action, plan.status, *size, plan.location, notes)


def _planned_view(plan: SqlViewPlan) -> tuple[Any, ...]:
    notes = "; ".join([*plan.notes, *([str(plan.refusal)] if plan.refusal else [])])
    size = (1, f"{plan.view.size:,}", None)
    return (plan.source, plan.target, plan.action, "view", *size, plan.location, notes)


def view_metadata(restored: RestoredView) -> dict[str, Any]:
    """The report of one view."""
    return {
        "bcn/report": _facts(restored),
        "bcn/bytes": restored.plan.view.size,
        "bcn/duration_s": dg.MetadataValue.float(restored.seconds),
    }


def table_metadata(restored: Restored) -> dict[str, Any]:
    """The report of one table."""
    plan = restored.plan
    return {
        "bcn/report": _facts(
            restored,
            ("files", plan.files),
            ("bytes", f"{plan.bytes:,}"),
            ("rows", plan.rows),
            ("seconds", f"{restored.seconds:.2f}"),
        ),
        "bcn/files": plan.files,
        "bcn/bytes": plan.bytes,
        "bcn/duration_s": dg.MetadataValue.float(restored.seconds),
    }


def _facts(restored: Restored | RestoredView, *more: tuple[str, Any]) -> dg.MarkdownMetadataValue:
    """What is told of a table and of a view alike, and ``more`` before the notes."""
    plan = restored.plan
    facts = [
        ("source", plan.source),
        ("target", plan.target),
        ("PIT", plan.pit),
        ("result", restored.error or restored.action),
        ("location", plan.location),
        ("metadata", plan.metadata_location),
        *more,
        ("notes", "; ".join([*plan.notes, *restored.notes]) or "none"),
    ]
    return markdown_table(("what", "value"), facts, empty="")


def report_metadata(restored: Sequence[Restored | RestoredView]) -> dict[str, Any]:
    """The report of all tables and views."""
    head = ("source", "target", "result", "rows", "files", "bytes", "seconds", "metadata", "notes")
    tables = [one for one in restored if isinstance(one, Restored)]
    return {
        "bcn/report": markdown_table(head, map(_done, restored), empty="dry run: nothing was restored"),
        "bcn/restored": sum(not one.error for one in restored),
        "bcn/failed": sum(bool(one.error) for one in restored),
        "bcn/bytes": sum(one.plan.bytes for one in tables if not one.error),
        "bcn/rows": sum(one.plan.rows or 0 for one in tables if not one.error),
        "bcn/picture": bars(
            "Seconds for each table", [(str(one.plan.target), one.seconds) for one in restored], "s"
        ),
    }


def _done(one: Restored | RestoredView) -> tuple[Any, ...]:
    plan = one.plan
    return (
        plan.source,
        plan.target,
        one.error or one.action,
        *_sizes(one),
        f"{one.seconds:.2f}",
        plan.metadata_location,
        "; ".join(one.notes),
    )


def _sizes(one: Restored | RestoredView) -> tuple[Any, ...]:
    if isinstance(one, RestoredView):
        return ("view", 1, f"{one.plan.view.size:,}")
    return (one.plan.rows, one.plan.files, f"{one.plan.bytes:,}")


def report_failure(restored: Sequence[Restored | RestoredView]) -> dg.Failure:
    """The failure of a restore with a part missing."""
    failed = [one for one in restored if one.error]
    names = ", ".join(str(one.plan.target) for one in failed[:10])
    return dg.Failure(
        f"not restored, {len(failed)} of {len(restored)} tables and views: {names}",
        metadata=report_metadata(restored),
        allow_retries=False,
    )
