"""From a catalog's tables to all of its definitions."""

from typing import Protocol

import dagster as dg

from bcn_dagster.alerts.sensor import Job, Watch, build_alerts
from bcn_dagster.assets.contents import build_contents_asset
from bcn_dagster.assets.inventory import build_inventory_assets
from bcn_dagster.assets.publishing import build_pit_asset
from bcn_dagster.assets.tables import build_table_assets
from bcn_dagster.automation.drift import build_drift_sensor
from bcn_dagster.automation.nightly import build_backup_job, build_nightly_schedule
from bcn_dagster.automation.pits import build_pits_sensor
from bcn_dagster.automation.refreshing import build_refresh_job, build_refresh_sensor
from bcn_dagster.automation.release import build_release_sensors
from bcn_dagster.checks.scheduled import build_check_jobs, build_check_schedules, build_scheduled_checks
from bcn_dagster.checks.verifying import build_quick_check
from bcn_dagster.history import build_history_job
from bcn_dagster.naming import plain
from bcn_dagster.restoring.job import build_restore_job
from bcn_dagster.site import Site
from bcn_dagster.upkeep.compare import build_compare_job
from bcn_dagster.upkeep.hold import build_hold_job
from bcn_dagster.upkeep.prune import build_prune_job
from bcn_dagster.upkeep.verify import build_verify_job


class Timing(Protocol):
    """When a catalog's automation looks; the component's own fields."""

    nightly_cron: str | None
    timezone: str
    drift_interval_seconds: int | None
    pits_interval_seconds: int


def build_definitions(site: Site, timing: Timing, *, known: bool) -> dg.Definitions:
    """Assets, jobs, sensors and the schedule of one catalog; ``known`` tells whether its tables were listed."""
    schedules = (
        [build_nightly_schedule(site, timing.nightly_cron, timing.timezone)] if timing.nightly_cron else []
    )
    sensors: list[dg.SensorDefinition] = [
        build_pits_sensor(site, timing.pits_interval_seconds),
        *build_release_sensors(site),
        build_refresh_sensor(site, timing.pits_interval_seconds),
    ]
    if timing.drift_interval_seconds is not None:
        sensors.append(build_drift_sensor(site, timing.drift_interval_seconds))
    jobs = _jobs(site)
    found = dg.Definitions(
        assets=[
            build_contents_asset(site, _KNOWN if known else _UNKNOWN),
            *build_table_assets(site),
            build_pit_asset(site),
            *([build_inventory_assets(site)] if site.options.inventory else []),
        ],
        asset_checks=[
            *([build_quick_check(site)] if site.options.checks.verify_every_pit else []),
            build_scheduled_checks(site),
        ],
        jobs=jobs,
        schedules=[*schedules, *build_check_schedules(site, timing.timezone)],
        sensors=sensors,
    )
    return dg.Definitions.merge(found, build_alerts(_watch(site), jobs, site.sensor_status))


def _jobs(site: Site) -> list[Job]:
    """All of them, those of upkeep among them; what fails in one of these is told."""
    return [
        build_backup_job(site),
        build_history_job(site),
        build_restore_job(site),
        build_verify_job(site),
        build_prune_job(site),
        build_hold_job(site),
        build_compare_job(site),
        build_refresh_job(site),
        *build_check_jobs(site),
    ]


def _watch(site: Site) -> Watch:
    options = site.options
    return Watch(
        prefix=site.names.plain,
        catalog=site.connection.catalog,
        repository=site.connection.repository,
        alerts=options.alerts,
        webserver=options.webserver,
        owns=site.names.owns,
        tags=options.tags,
    )


def notice(component: str, text: str) -> dg.Definitions:
    """A component that loads and says what it lacks, as an asset; several of one location say it side by side."""
    spec = dg.AssetSpec(
        ["bcn", "notice", plain(component)],
        group_name="bcn",
        description=f"{component}: {text}",
        kinds={"iceberg"},
    )
    return dg.Definitions(assets=[spec])


_KNOWN = "What a PIT must contain: two equal sweeps of the catalog, compared with the PIT before."
_UNKNOWN = (
    "THE TABLES OF THIS CATALOG ARE NOT KNOWN YET. Refresh the state of this code location "
    "(`dg utils refresh-defs-state`, or restart `dagster dev`) to see them as assets. "
    "Backups work all the same: materialize this asset and the PIT, and all tables are captured."
)
