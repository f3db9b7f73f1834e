"""How a restore's plan and its outcome look."""

from collections.abc import Sequence
from typing import Any, NotRequired, TypedDict, get_type_hints

from bcn_core.cli.drawing import draw, duration, failed, line, size, warn
from bcn_core.cli.plain import plain
from bcn_core.counting import counted
from bcn_core.errors import BcnError
from bcn_core.repository.documents import Status
from bcn_core.restoration.request import Action
from bcn_core.restore import Restored, RestoredView, RestorePlan, RestoreReport, SqlViewPlan, TablePlan


class Planned(TypedDict):
    """One table or view, where it comes from and where it goes; ``refusal`` when it will not."""

    source: str
    target: str
    pit: str
    action: Action
    location: str
    metadata_location: str
    uuid: str | None
    notes: list[str]
    refusal: BcnError | None


class PlannedTable(Planned):
    """One table; ``rows`` is null where nobody counted."""

    status: str
    files: int
    bytes: int
    rows: int | None


class PlannedView(Planned):
    """One Iceberg view."""


class RestorePlanDocument(TypedDict):
    """What a restore would do."""

    pit: str
    pit_status: str
    target_catalog: str | None
    bytes: int
    databases: list[str]
    notes: list[str]
    tables: list[PlannedTable]
    views: list[PlannedView]


class Outcome(TypedDict):
    """What became of a table or view; ``error`` is null when it is in place."""

    action: Action
    metadata_location: str
    seconds: float
    notes: list[str]
    error: BcnError | None


class RestoredTable(Outcome):
    """One table."""

    table: str


class RestoredViewDocument(Outcome):
    """One Iceberg view."""

    view: str


class RestoreReportDocument(TypedDict):
    """What came of a restore."""

    status: Status
    tables: list[RestoredTable]
    views: list[RestoredViewDocument]


class RestoreDocument(TypedDict):
    """A plan, and with ``result`` what came of it."""

    plan: RestorePlanDocument
    result: NotRequired[RestoreReportDocument]


_STANDS = {"done": "there already", "skip": "skipped: it exists"}
"""The same words before and after: nothing becomes of these."""
_ACTIONS = {"create": "created", "replace": "replaced", **_STANDS}


def draw_plan(plan: RestorePlan) -> None:
    """What a restore would do, table by table."""
    line(f"Restore plan: PIT {plan.pit} ({plan.pit_status}) {destination(plan)} - nothing written yet")
    for table in plan.tables:
        _draw_table(table)
    for view in plan.views:
        _draw_view(view)
    for database in plan.databases if plan.target_catalog else ():
        line(f"  database {'.'.join(database.namespace)} will be created")
    for note in plan.notes:
        warn(note)
    told = [_counted("table", plan.tables), f"{size(plan.bytes)} to write", _counted("view", plan.views)]
    line(" · ".join(part for part in told if part))


def destination(plan: RestorePlan) -> str:
    """Where the tables will be known."""
    return f"into catalog '{plan.target_catalog}'" if plan.target_catalog else "as files, in no catalog"


def draw_report(report: RestoreReport) -> None:
    """What became of each table."""
    line()
    rows = [*(_row(one) for one in report.tables), *(_view_row(one) for one in report.views)]
    draw(("TABLE", "RESULT", ">ROWS", ">FILES", ">SIZE", ">TIME"), rows)
    for one in report.everything:
        if one.failure is not None:
            failed(one.plan.target, one.failure)
        for note in one.notes:
            line(f"{one.plan.target}: {note}")
        if report.plan.target_catalog is None and not one.error:
            line(f"{one.plan.target}: register {one.plan.metadata_location}")
    done = len(report.everything) - len(report.failed)
    line(
        f"{done} of {len(report.everything)} {'tables and views' if report.views else 'tables'} are in place"
        + (f", {len(report.failed)} failed" if report.failed else "")
    )


def plan_document(plan: RestorePlan) -> RestorePlanDocument:
    """The plan as a document."""
    return {
        "pit": plan.pit,
        "pit_status": plan.pit_status,
        "target_catalog": plan.target_catalog,
        "bytes": plan.bytes,
        "databases": [".".join(database.namespace) for database in plan.databases],
        "notes": list(plan.notes),
        "tables": [_picked(PlannedTable, table) for table in plan.tables],
        "views": [_picked(PlannedView, view) for view in plan.views],
    }


def report_document(report: RestoreReport) -> RestoreReportDocument:
    """The outcome as a document."""
    return {
        "status": "partial" if report.failed else "complete",
        "tables": [{"table": plain(one.plan.target), **_outcome(one)} for one in report.tables],
        "views": [{"view": plain(one.plan.target), **_outcome(one)} for one in report.views],
    }


def _outcome(one: Restored | RestoredView) -> Outcome:
    return {
        "action": one.action,
        "metadata_location": one.plan.metadata_location,
        "seconds": round(one.seconds, 3),
        "notes": list(one.notes),
        "error": plain(one.failure),
    }


def _draw_view(view: SqlViewPlan) -> None:
    line(f"  view {view.source} -> {view.target}", "title")
    _draw_refusal(view.refusal)
    if view.refusal is None:
        line(f"    {_STANDS.get(view.action, view.action)}  UUID: {'a new one' if view.uuid else 'kept'}")
        line(f"    at {view.location}")
        for note in view.notes:
            line(f"    note: {note}")


def _draw_refusal(refusal: BcnError | None) -> None:
    if refusal is not None:
        line(f"    refused: {refusal.message}", "lost")
        if refusal.hint:
            line(f"    HINT: {refusal.hint}")


def _counted(noun: str, plans: Sequence[TablePlan | SqlViewPlan]) -> str:
    actions = [_STANDS.get(one.action, one.action) for one in plans]
    said = ", ".join(f"{actions.count(one)} {one}" for one in dict.fromkeys(actions))
    return f"{counted(len(plans), noun)}: {said}" if plans else ""


def _view_row(one: RestoredView) -> tuple[str | int | None, ...]:
    plan = one.plan
    return f"view {plan.target}", _result(one), None, 1, size(plan.view.size), duration(one.seconds)


def _picked(kind: type, plan: TablePlan | SqlViewPlan) -> Any:
    """What a document shows of a plan."""
    return {name: plain(getattr(plan, name)) for name in get_type_hints(kind)}


def _draw_table(table: TablePlan) -> None:
    line(f"  {table.source} -> {table.target}", "title")
    if table.refusal is not None:
        _draw_refusal(table.refusal)
        return
    uuid = "a new one" if table.uuid else "kept"
    line(
        f"    {_STANDS.get(table.action, table.action)}  {counted(table.files, 'file')}  {size(table.bytes)}  "
        f"{_rows(table)}  UUID: {uuid}"
    )
    line(f"    at {table.location}")
    for note in table.notes:
        line(f"    note: {note}")


def _rows(table: TablePlan) -> str:
    return "rows unknown" if table.rows is None else counted(table.rows, "row")


def _row(one: Restored) -> tuple[str | int | None, ...]:
    plan = one.plan
    return str(plan.target), _result(one), plan.rows, plan.files, size(plan.bytes), duration(one.seconds)


def _result(one: Restored | RestoredView) -> str | None:
    if one.error:
        return "FAILED"
    return _ACTIONS.get(one.action)
