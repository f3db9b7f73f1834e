"""The job: plan, one step for each table and view, one report."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from bcn_core.catalogs.files_only import FilesOnly
from bcn_core.catalogs.opening import open_target
from bcn_core.errors import BcnError
from bcn_core.events import TableFailed
from bcn_core.repository.repository import Repository
from bcn_core.restore import (
    Restore,
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
from bcn_core.storage.throttling import Rate, Throttled
from bcn_dagster.failures import told_to_dagster
from bcn_dagster.naming import plain
from bcn_dagster.reporting import log_events
from bcn_dagster.restoring.config import RestoreConfig, Way
from bcn_dagster.restoring.report import (
    plan_metadata,
    report_failure,
    report_metadata,
    run_tags,
    table_metadata,
    view_metadata,
)
from bcn_dagster.site import Site


def build_restore_job(site: Site) -> dg.JobDefinition:
    """The restore job of one catalog. It needs the repository and the target, never the source."""
    prefix = site.names.plain
    plan = _build_plan(site)
    restore = _build_restore(site)
    report = _build_report(site)

    @dg.job(
        name=f"{prefix}_restore",
        tags={"bcn/restore": prefix, **site.options.tags},
        description="Restores tables of a PIT. A dry run shows the plan: set dry_run to false to carry it out.",
    )
    def restore_job() -> None:
        report(plan().map(restore).collect())

    return restore_job


def open_restore(site: Site, way: Way, context: dg.OpExecutionContext) -> Restore:
    """The two ends of a restore, opened in the step that uses them."""
    connection, name = site.connection, way.target or site.connection.catalog
    settings, stores = connection.settings, connection.stores()
    if way.bytes_per_second is not None:
        rate = Rate(way.bytes_per_second)
        stores.wrap = lambda store: Throttled(store, rate)
    return Restore(
        repository=Repository.open(stores.at(connection.repository)),
        target=FilesOnly() if way.files_only else open_target(name, settings.catalog_properties(name)),
        stores=stores,
        report=log_events(context.log),
        tables_at_once=settings.restore.tables_at_once,
        files_at_once=way.files_at_once or settings.restore.files_at_once,
    )


def _build_plan(site: Site) -> dg.OpDefinition:
    @dg.op(
        name=f"{site.names.plain}_plan_restore",
        out=dg.DynamicOut(tuple),
        retry_policy=site.retry_policy,
        description="Decides everything. A dry run ends here.",
    )
    def plan_op(context: dg.OpExecutionContext, config: RestoreConfig) -> Iterator[dg.DynamicOutput[Any]]:
        with told_to_dagster():
            way = config.way()
            restore = open_restore(site, way, context)
            plan = plan_restore(restore, config.request())
            if not config.dry_run:
                prepare(restore, plan)
        _show(context, plan, dry_run=config.dry_run)
        for one in () if config.dry_run else plan.everything:
            yield dg.DynamicOutput((way, one), mapping_key=plain(f"{one.source}__{one.pit}"))

    return plan_op


def _show(context: dg.OpExecutionContext, plan: RestorePlan, *, dry_run: bool) -> None:
    """A dynamic output has no metadata of its own when there is none, so the plan is an observation of the run."""
    metadata = plan_metadata(plan)
    # The list of runs shows tags and no config: a year later they say what was restored from when to where.
    context.instance.add_run_tags(context.run_id, run_tags(plan, dry_run=dry_run))
    said = "dry run: nothing is written; set dry_run to false to restore" if dry_run else "restoring"
    context.log.info("PIT %s into %s: %d table(s); %s", plan.pit, plan.target_catalog, len(plan.tables), said)
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
        way, one = planned
        if isinstance(one, SqlViewPlan):
            view = _restore_view(site, context, way, one)
            context.add_output_metadata(view_metadata(view))
            return view
        restored = _restore_one(site, context, way, one)
        context.add_output_metadata(table_metadata(restored))
        return restored

    return restore_op


def _restore_one(site: Site, context: dg.OpExecutionContext, way: Way, table: TablePlan) -> Restored:
    """A failure that may pass fails the step, which is tried again; any other one is the report's to tell."""
    with told_to_dagster():
        restore = open_restore(site, way, context)
    try:
        with pinning(restore, (table.pit,)) as pinned:
            return restore_table(pinned, table)
    except BcnError as error:
        if error.retryable and context.retry_number < site.options.retries:
            raise dg.RetryRequested(site.options.retries, site.options.retry_delay_s) from error
        restore.report(TableFailed(table.target, error.message))
        return Restored(table, "refuse", 0.0, error=str(error))


def _restore_view(site: Site, context: dg.OpExecutionContext, way: Way, view: SqlViewPlan) -> RestoredView:
    with told_to_dagster():
        restore = open_restore(site, way, context)
        with pinning(restore, (view.pit,)) as pinned:
            return try_view(pinned, view)


def _build_report(site: Site) -> dg.OpDefinition:
    @dg.op(name=f"{site.names.plain}_restore_report", description="What became of each table.")
    def report_op(context: dg.OpExecutionContext, restored: list) -> None:  # type: ignore[type-arg]
        context.add_output_metadata(report_metadata(restored))
        failed = [one for one in restored if one.error]
        context.log.info("%d of %d table(s) are at their place", len(restored) - len(failed), len(restored))
        if failed:
            raise report_failure(restored)

    return report_op
