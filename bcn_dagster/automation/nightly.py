"""The job that backs up the whole catalog, and the schedule that asks for it."""

from collections.abc import Mapping
from datetime import UTC, datetime

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from bcn_core.errors import BcnError, NotFound
from bcn_core.names import TableName, pit_id
from bcn_dagster.automation.asking import request_pit
from bcn_dagster.automation.looking import look
from bcn_dagster.site import Executor, Site

_EXECUTORS: Mapping[Executor, dg.ExecutorDefinition | None] = {
    "in_process": dg.in_process_executor,
    # In processes of their own, unless the run is asked for as one that has nothing to do side by side.
    "multiprocess": dg.multi_or_in_process_executor,
    "project": None,
}


def build_backup_job(site: Site) -> UnresolvedAssetJobDefinition:
    """The job of all of the catalog's assets; sensors select some of them."""
    names = site.names
    steps = {names.step(name) for group in site.groups for name in (group.name, *group.part_names)}
    return dg.define_asset_job(
        site.backup_job,
        selection=(
            dg.AssetSelection.assets(
                names.plan, *site.by_key, *steps, names.pit, *site.inventory
            ).without_checks()
            | dg.AssetSelection.checks(*site.every_pit)
        ),
        tags=site.run_tags,
        executor_def=_EXECUTORS[site.options.executor],
        description=(
            f"Takes one PIT of catalog {site.connection.catalog}. A partition is a PIT, and its name is an instant in "
            "UTC, such as 20261120T093000.000Z: add one of now, or of the past to rebuild what was then."
        ),
    )


def build_nightly_schedule(site: Site, cron: str, timezone: str) -> dg.ScheduleDefinition:
    """A schedule that adds the PIT of this instant and requests its run, with the steps of what changed."""

    @dg.schedule(
        name=f"{site.names.plain}_nightly",
        job_name=site.backup_job,
        cron_schedule=cron,
        execution_timezone=timezone,
        default_status=site.schedule_status,
        description="Takes a PIT of the whole catalog.",
    )
    def nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        pit = pit_id(datetime.now(UTC))
        context.instance.add_dynamic_partitions(site.names.partitions_name, [pit])
        # One run for each tick, should the tick be evaluated twice.
        key = f"nightly-{context.scheduled_execution_time.astimezone(UTC):%Y%m%dT%H%M%S}"
        changed = _changed(site, context)
        if changed is None:
            return dg.RunRequest(run_key=key, partition_key=pit, tags={"bcn/asked_by": "nightly"})
        return request_pit(site, changed, pit, asked_by="nightly", key=key)

    return nightly


def _changed(site: Site, context: dg.ScheduleEvaluationContext) -> frozenset[TableName] | None:
    """The tables that need a step; None before the first PIT, and when the catalog cannot be asked now.

    Then the run of all tables is asked for: a night without a PIT must be a red run, not a line in a tick's log.
    """
    try:
        repository = site.connection.open_repository()
        return look(site, repository).moved if repository.pits() else None
    except NotFound:
        return None
    except BcnError as error:
        context.log.warning("what changed is not known, so every table gets its step: %s", error)
        return None
