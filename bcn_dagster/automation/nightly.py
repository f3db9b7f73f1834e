"""The job that backs up the whole catalog, and the schedule that asks for it."""

from datetime import UTC, datetime

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from bcn_core.names import pit_id
from bcn_dagster.site import Site


def build_backup_job(site: Site) -> UnresolvedAssetJobDefinition:
    """The job of all of the catalog's assets; sensors select some of them."""
    names = site.names
    return dg.define_asset_job(
        site.backup_job,
        selection=dg.AssetSelection.assets(names.plan, *site.by_key, names.pit),
        tags=site.run_tags,
        description=f"Takes one PIT of catalog {site.connection.catalog}.",
    )


def build_nightly_schedule(site: Site, cron: str, timezone: str) -> dg.ScheduleDefinition:
    """A schedule that adds the PIT of this instant and requests its run."""

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
        due = context.scheduled_execution_time.astimezone(UTC)
        key = f"nightly-{due:%Y%m%dT%H%M%S}"
        return dg.RunRequest(run_key=key, partition_key=pit, tags={"bcn/asked_by": "nightly"})

    return nightly
