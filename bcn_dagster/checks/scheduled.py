"""Checks with schedules of their own: they are about the repository as it is, so no run of a backup carries them out.

A backfill and *Materialize* in the UI select all checks of an asset. A drill for each of 300 PITs is nobody's wish, so
in a run that makes PITs these checks stay away.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from bcn_core.events import Report
from bcn_dagster.checks.age import pit_age
from bcn_dagster.checks.drilling import restore_drill
from bcn_dagster.checks.fields import Checks
from bcn_dagster.checks.verifying import verify_slice
from bcn_dagster.reporting import log_events
from bcn_dagster.site import Site


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A check, what it says when it passes, and the field that says when it runs."""

    evaluate: Callable[[Site, datetime, Report], dg.AssetCheckResult]
    description: str
    cron: Callable[[Checks], str | None]


_CHECKS: Mapping[str, Scheduled] = {
    "verify_slice": Scheduled(
        verify_slice,
        "The part of all data files whose turn it is has the bytes that were stored.",
        lambda chosen: chosen.verify_cron,
    ),
    "restore_drill": Scheduled(
        restore_drill,
        "Tables of the newest PIT restore into a scratch place; the time is the RTO.",
        lambda chosen: chosen.drill_cron,
    ),
    "pit_age": Scheduled(
        pit_age,
        "The newest complete PIT is not older than `max_age_hours`.",
        lambda chosen: chosen.age_cron,
    ),
}


def build_scheduled_checks(site: Site) -> dg.AssetChecksDefinition:
    """All of them in one definition, each to be selected alone. They block: a run that finds damage is red."""
    specs = [
        dg.AssetCheckSpec(name, asset=site.names.pit, blocking=True, description=one.description)
        for name, one in _CHECKS.items()
    ]

    @dg.multi_asset_check(
        name=f"{site.names.plain}_scheduled_checks",
        specs=specs,
        can_subset=True,
        description="Evaluates the checks that a run selects, unless it makes a PIT.",
    )
    def scheduled(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        if site.names.pit in context.job_def.asset_layer.executable_asset_keys:
            context.log.info("this run makes a PIT: checks with schedules of their own stay away")
            return
        for key in sorted(context.selected_asset_check_keys):
            yield _CHECKS[key.name].evaluate(site, datetime.now(UTC), log_events(context.log))

    return scheduled


def build_check_jobs(site: Site) -> list[UnresolvedAssetJobDefinition]:
    """A job for each check, so that its runs bear its name."""
    return [
        dg.define_asset_job(
            site.job(name),
            selection=dg.AssetSelection.checks(site.names.check_of(name)),
            tags={"bcn/check": name, **site.options.tags},
            description=f"Runs the check {name}: {one.description}",
        )
        for name, one in _CHECKS.items()
    ]


def build_check_schedules(site: Site, timezone: str) -> list[dg.ScheduleDefinition]:
    """The schedules of the checks that have one."""
    chosen = site.options.checks
    return [
        dg.ScheduleDefinition(
            name=f"{site.job(name)}_schedule",
            job_name=site.job(name),
            cron_schedule=cron,
            execution_timezone=timezone,
            default_status=site.schedule_status,
            description=f"Runs the check {name}: {one.description}",
        )
        for name, one in _CHECKS.items()
        if (cron := one.cron(chosen)) is not None
    ]
