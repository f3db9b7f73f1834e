"""The job: plan, one step for each table and view, one report."""

from collections.abc import Iterable, Iterator
from typing import Any

import dagster as dg

from bcn_core.copying import Part
from bcn_core.counting import counted
from bcn_core.errors import BcnError
from bcn_core.events import TableFailed
from bcn_core.restore import (
    Restored,
    RestoredView,
    RestorePlan,
    SqlViewPlan,
    TablePlan,
    pinning,
    plan_restore,
    prepare,
    restore_table,
    try_view,
)
from bcn_dagster.failures import told_to_dagster
from bcn_dagster.restoring.config import RestoreConfig, Way
from bcn_dagster.restoring.opening import open_restore
from bcn_dagster.restoring.parts import build_after_parts, build_copy_part, parts_of_table, step_key
from bcn_dagster.restoring.report import (
    plan_metadata,
    report_failure,
    report_metadata,
    run_tags,
    table_metadata,
    view_metadata,
)
from bcn_dagster.site import Site

_PARTS, _LARGE, _TABLES = "parts", "large_tables", "tables"


def build_restore_job(site: Site) -> dg.JobDefinition:
    """The restore job of one catalog. It needs the repository and the target, never the source."""
    prefix = site.names.plain
    plan = _build_plan(site)
    restore = _build_restore(site)
    large = restore.alias(f"{prefix}_restore_large_table")
    copy, after_parts = build_copy_part(site), build_after_parts(site)
    report = _build_report(site)

    @dg.job(
        name=f"{prefix}_restore",
        tags={"bcn/restore": prefix, **site.options.tags},
        description="Restores tables of a PIT. A dry run shows the plan: set dry_run to false to carry it out.",
    )
    def restore_job() -> None:
        planned = plan()
        alone = planned.tables.map(restore)
        in_parts = after_parts(planned.large_tables, planned.parts.map(copy).collect()).map(large)
        report(alone.collect(), in_parts.collect())

    return restore_job


def _build_plan(site: Site) -> dg.OpDefinition:
    @dg.op(
        name=f"{site.names.plain}_plan_restore",
        out={_TABLES: dg.DynamicOut(tuple), _PARTS: dg.DynamicOut(tuple), _LARGE: dg.Out(list)},
        retry_policy=site.retry_policy,
        description="Decides everything. A dry run ends here.",
    )
    def plan_op(context: dg.OpExecutionContext, config: RestoreConfig) -> Iterator[Any]:
        with told_to_dagster():
            way = config.way()
            restore = open_restore(site, way, context)
            plan = plan_restore(restore, config.request())
            if not config.dry_run:
                prepare(restore, plan)
        _show(context, plan, dry_run=config.dry_run)
        yield from _steps(site, way, () if config.dry_run else plan.everything)

    return plan_op


def _steps(
    site: Site, way: Way, plans: Iterable[TablePlan | SqlViewPlan]
) -> Iterator[dg.DynamicOutput[Any] | dg.Output[Any]]:
    """A step for each table and view; a very large table's waits for those that copy its files in parts."""
    large = []
    for one in plans:
        parts = parts_of_table(site, one)
        for part in parts:
            yield dg.DynamicOutput(
                (way, one, part), f"{step_key(one)}_part_{part.number}", output_name=_PARTS
            )
        if parts:
            large.append((way, one))
        else:
            yield dg.DynamicOutput((way, one, ()), step_key(one), output_name=_TABLES)
    yield dg.Output(large, _LARGE)


def _show(context: dg.OpExecutionContext, plan: RestorePlan, *, dry_run: bool) -> None:
    """A dynamic output has no metadata of its own when there is none, so the plan is an observation of the run."""
    metadata = plan_metadata(plan)
    # The list of runs shows tags and no config: a year later they say what was restored from when to where.
    context.instance.add_run_tags(context.run_id, run_tags(plan, dry_run=dry_run))
    said = "dry run: nothing is written; set dry_run to false to restore" if dry_run else "restoring"
    context.log.info(
        "PIT %s into %s: %s; %s", plan.pit, plan.target_catalog, counted(len(plan.tables), "table"), said
    )
    context.log_event(
        dg.AssetObservation(
            ["bcn", "restore_plan"], description=f"{said} (PIT {plan.pit})", metadata=metadata
        )
    )


def _build_restore(site: Site) -> dg.OpDefinition:
    @dg.op(
        name=f"{site.names.plain}_restore_table",
        out=dg.Out(Any),  # Dagster cannot check a union
        retry_policy=site.retry_policy,
        description="Copies, relocates, checks and registers one table, or writes and registers one view. "
        "Run again, it ends with the same bytes.",
    )
    def restore_op(context: dg.OpExecutionContext, planned: tuple) -> Restored | RestoredView:  # type: ignore[type-arg]
        way, one, copied = planned
        if isinstance(one, SqlViewPlan):
            view = _restore_view(site, context, way, one)
            context.add_output_metadata(view_metadata(view))
            return view
        restored = _restore_one(site, context, way, one, copied)
        context.add_output_metadata(table_metadata(restored))
        return restored

    return restore_op


def _restore_one(
    site: Site, context: dg.OpExecutionContext, way: Way, table: TablePlan, copied: tuple[Part, ...]
) -> Restored:
    """A failure that may pass fails the step, which is tried again; any other one is the report's to tell."""
    with told_to_dagster():
        restore = open_restore(site, way, context)
    try:
        with pinning(restore, (table.pit,)) as pinned:
            return restore_table(pinned, table, copied)
    except BcnError as error:
        if error.retryable:
            site.try_again(context.retry_number, error)
        restore.report(TableFailed(table.target, error.message))
        return Restored(table, "refuse", 0.0, failure=error)


def _restore_view(site: Site, context: dg.OpExecutionContext, way: Way, view: SqlViewPlan) -> RestoredView:
    with told_to_dagster():
        restore = open_restore(site, way, context)
        with pinning(restore, (view.pit,)) as pinned:
            return try_view(pinned, view)


def _build_report(site: Site) -> dg.OpDefinition:
    plan_step = f"{site.names.plain}_plan_restore"

    @dg.op(name=f"{site.names.plain}_restore_report", description="What became of each table.")
    def report_op(context: dg.OpExecutionContext, alone: list, in_parts: list) -> None:  # type: ignore[type-arg]
        restored = [*alone, *in_parts]
        context.add_output_metadata(report_metadata(restored))
        if not restored:
            context.log.info("dry run: nothing was restored; the plan is what step %s observed", plan_step)
            return
        failed = [one for one in restored if one.error]
        context.log.info("at their place: %d of %d tables", len(restored) - len(failed), len(restored))
        if failed:
            raise report_failure(restored)

    return report_op
