"""How a restore's plan and its outcome look."""

from typing import Any

from bcn_core.cli.drawing import draw, duration, line, size
from bcn_core.cli.plain import plain
from bcn_core.restore import Restored, RestorePlan, RestoreReport, TablePlan

_ACTIONS = {"done": "there already", "skip": "skipped: it exists"}


def draw_plan(plan: RestorePlan) -> None:
    """What a restore would do, table by table."""
    line(f"Restore plan: PIT {plan.pit} ({plan.pit_status}) {destination(plan)} - nothing written yet")
    for table in plan.tables:
        _draw_table(table)
    for database in plan.databases if plan.target_catalog else ():
        line(f"  database {'.'.join(database.namespace)} will be created")
    for note in plan.notes:
        line(f"warning: {note}")
    actions = [table.action for table in plan.tables]
    counted = ", ".join(f"{actions.count(one)} {one}" for one in dict.fromkeys(actions))
    line(f"{len(plan.tables)} tables: {counted} · {size(plan.bytes)} to write")


def destination(plan: RestorePlan) -> str:
    """Where the tables will be known."""
    return f"into catalog '{plan.target_catalog}'" if plan.target_catalog else "as files, in no catalog"


def draw_report(report: RestoreReport) -> None:
    """What became of each table."""
    line()
    draw(("TABLE", "RESULT", ">ROWS", ">FILES", ">SIZE", ">TIME"), (_row(one) for one in report.tables))
    for one in report.tables:
        if one.error:
            line(f"{one.plan.target} FAILED: {one.error}", "red")
        for note in one.notes:
            line(f"{one.plan.target}: {note}")
        if report.plan.target_catalog is None and not one.error:
            line(f"{one.plan.target}: register {one.plan.metadata_location}")
    done = len(report.tables) - len(report.failed)
    line(
        f"{done} of {len(report.tables)} tables are in place"
        + (f", {len(report.failed)} failed" if report.failed else "")
    )


def plan_document(plan: RestorePlan) -> dict[str, Any]:
    """The plan as a document."""
    return {
        "pit": plan.pit,
        "pit_status": plan.pit_status,
        "target_catalog": plan.target_catalog,
        "bytes": plan.bytes,
        "databases": [".".join(database.namespace) for database in plan.databases],
        "notes": list(plan.notes),
        "tables": [_table_document(table) for table in plan.tables],
    }


def report_document(report: RestoreReport) -> dict[str, Any]:
    """The outcome as a document."""
    return {
        "status": "partial" if report.failed else "complete",
        "tables": [
            {
                "table": plain(one.plan.target),
                "action": one.action,
                "metadata_location": one.plan.metadata_location,
                "seconds": round(one.seconds, 3),
                "notes": list(one.notes),
                "error": one.error or None,
            }
            for one in report.tables
        ],
    }


def _draw_table(table: TablePlan) -> None:
    line(f"  {table.source} -> {table.target}", "bold")
    if table.refusal is not None:
        line(f"    refused: {table.refusal.message}", "red")
        line(f"    HINT: {table.refusal.hint}" if table.refusal.hint else "")
        return
    uuid = "a new one" if table.uuid else "kept"
    line(f"    {table.action}  {table.files:,} files  {size(table.bytes)}  {_rows(table)}  UUID: {uuid}")
    line(f"    at {table.location}")
    for note in table.notes:
        line(f"    note: {note}")


def _rows(table: TablePlan) -> str:
    return "rows unknown" if table.rows is None else f"{table.rows:,} rows"


def _row(one: Restored) -> tuple[str | int | None, ...]:
    plan = one.plan
    result = (
        "FAILED"
        if one.error
        else _ACTIONS.get(one.action, {"create": "created", "replace": "replaced"}.get(one.action))
    )
    return str(plan.target), result, plan.rows, plan.files, size(plan.bytes), duration(one.seconds)


def _table_document(table: TablePlan) -> dict[str, Any]:
    names = ("source", "target", "pit", "status", "action", "location", "metadata_location")
    more = ("uuid", "files", "bytes", "rows", "notes", "refusal")
    return {name: plain(getattr(table, name)) for name in names + more}
