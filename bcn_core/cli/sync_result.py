"""How a sync's plan and its outcome look."""

from collections.abc import Sequence
from typing import Annotated, Any, NotRequired, TypedDict

from bcn_core.cli.drawing import Cell, draw, duration, failed, line, size
from bcn_core.cli.json_schema import Flat
from bcn_core.cli.plain import plain
from bcn_core.cli.wording import version_number
from bcn_core.counting import counted
from bcn_core.errors import BcnError
from bcn_core.repository.documents import Status
from bcn_core.sync import Synced, SyncReport, TableSync


class SyncPlanDocument(TypedDict):
    """What a sync would do, table by table."""

    tables: list[TableSync]


class SyncOutcome(TypedDict):
    """What became of a table; ``error`` is null when it shows what was planned."""

    metadata_location: str | None
    seconds: float
    error: BcnError | None


class SyncReportDocument(TypedDict):
    """What came of a sync."""

    status: Status
    tables: list[Annotated[dict[str, Any], Flat(TableSync, SyncOutcome)]]


class SyncDocument(TypedDict):
    """A plan (``--dry-run``), or what came of it."""

    plan: NotRequired[SyncPlanDocument]
    result: NotRequired[SyncReportDocument]
    problems: list[BcnError]


_HEADINGS = ("TABLE", "ACTION", ">VERSION", ">BEHIND", ">FILES", ">NEW", ">SIZE", ">REWRITTEN")


def draw_plan(plans: Sequence[TableSync], catalog: str) -> None:
    """What a sync would do, table by table."""
    line(f"Sync plan: standby catalog '{catalog}' - nothing written yet")
    draw(_HEADINGS, (_row(plan) for plan in plans))
    for plan in plans:
        _draw_words(plan)


def draw_report(report: SyncReport, catalog: str) -> None:
    """What became of each table."""
    draw((*_HEADINGS, ">TIME"), ((*_row(one.plan), duration(one.seconds)) for one in report.tables))
    for one in report.tables:
        _draw_words(one.plan)
    behind = sum(one.plan.lag.versions > 0 for one in report.tables)
    done = len(report.tables) - len(report.failed)
    line(
        f"{done} of {len(report.tables)} tables of '{catalog}' show their newest whole version"
        + (f", {behind} wait for files" if behind else "")
        + (f", {len(report.failed)} failed" if report.failed else "")
    )


def plan_document(plans: Sequence[TableSync]) -> SyncPlanDocument:
    """The plan as a document."""
    return {"tables": plain(plans)}


def report_document(report: SyncReport) -> SyncReportDocument:
    """The outcome as a document."""
    return {
        "status": "partial" if report.failed else "complete",
        "tables": [_outcome(one) for one in report.tables],
    }


def _outcome(one: Synced) -> dict[str, Any]:
    return {
        **plain(one.plan),
        "metadata_location": one.metadata_location,
        "seconds": round(one.seconds, 3),
        "error": plain(one.error) if one.error else None,
    }


def _row(plan: TableSync) -> tuple[Cell, ...]:
    if plan.refusal is not None:
        return (str(plan.table), "refuse", None, None, None, None, None, None)
    work = plan.work
    return (
        str(plan.table),
        plan.action,
        version_number(plan.version),
        plan.lag.versions,
        work.files,
        work.files_new,
        size(work.bytes),
        work.lists + work.manifests + work.deletes,
    )


def _draw_words(plan: TableSync) -> None:
    if plan.refusal is not None:
        failed(plan.table, plan.refusal)
    if plan.lag.versions:
        seconds = "" if plan.lag.seconds is None else f" ({duration(plan.lag.seconds)})"
        line(
            f"{plan.table}: {counted(plan.lag.versions, 'version')} behind{seconds}: {plan.lag.missing}",
            "attention",
        )
    for note in plan.notes:
        line(f"{plan.table}: {note}")
