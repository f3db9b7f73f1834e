"""The prune job: which PITs would go, and with ``dry_run: false`` let them go."""

from datetime import timedelta
from operator import itemgetter
from typing import Any

import dagster as dg
from pydantic import Field

from bcn_core.counting import counted
from bcn_core.inventory import Inventory, keep_up
from bcn_core.repository.pins import this_process
from bcn_core.repository.repository import Repository
from bcn_core.retention import Policy, Pruned, PrunePlan, Rules, apply_prune, plan_prune
from bcn_core.settings import RetentionSettings
from bcn_dagster.assets.metadata import markdown_table
from bcn_dagster.failures import told_to_dagster
from bcn_dagster.reporting import log_events
from bcn_dagster.site import Site

_RULES = ("last", "hourly", "daily", "weekly", "monthly", "yearly")


class PruneConfig(dg.Config):
    """Which PITs stay. When any rule is given, those of bcn.toml do not count."""

    dry_run: bool = Field(True, description="Only show which PITs would go. Set to false to let them go.")
    keep_last: int | None = Field(None, ge=0, description="Keep the N newest PITs.")
    keep_hourly: int | None = Field(None, ge=0, description="Keep the last PIT of N hours.")
    keep_daily: int | None = Field(None, ge=0, description="Keep the last PIT of N days (UTC).")
    keep_weekly: int | None = Field(None, ge=0, description="Keep the last PIT of N ISO weeks.")
    keep_monthly: int | None = Field(None, ge=0, description="Keep the last PIT of N months.")
    keep_yearly: int | None = Field(None, ge=0, description="Keep the last PIT of N years.")
    keep_within_hours: float | None = Field(None, ge=0, description="Keep all PITs this near to the newest.")
    grace_hours: float | None = Field(
        None, ge=0, description="How long a PIT can be called back. Default: bcn.toml, else 72."
    )
    orphans_after_hours: float | None = Field(
        None, ge=0, description="Age at which objects go that no PIT names. Default: bcn.toml, else 168."
    )
    drop_isolated: bool = Field(False, description="Also let go of PITs that were set apart as damaged.")

    def rules(self, settings: RetentionSettings) -> Rules:
        """The engine's rules."""
        counts = {name: getattr(self, f"keep_{name}") for name in _RULES}
        if self.keep_within_hours is None and all(value is None for value in counts.values()):
            kept = {name: getattr(settings, f"keep_{name}") for name in _RULES}
            policy = Policy(**kept, within=settings.keep_within)
        else:
            within = timedelta(hours=self.keep_within_hours or 0)
            policy = Policy(**{name: value or 0 for name, value in counts.items()}, within=within)
        return Rules(
            policy,
            _hours(self.grace_hours, settings.grace),
            _hours(self.orphans_after_hours, settings.orphans_after),
            self.drop_isolated,
        )


def build_prune_job(site: Site) -> dg.JobDefinition:
    """The engine guards what is held, in use, or the last complete PIT; the sensor of PITs hides what is gone."""
    prefix = site.names.plain

    @dg.op(
        name=f"{prefix}_prune_repository", description="Shows the plan; carries it out when dry_run is false."
    )
    def prune(context: dg.OpExecutionContext, config: PruneConfig) -> None:
        _prune(site, context, config)

    @dg.job(
        name=site.job("prune"),
        tags={"bcn/upkeep": "prune", **site.options.tags},
        description="Lets go of PITs that no rule keeps. A dry run shows which: set dry_run to false to do it.",
    )
    def prune_job() -> None:
        prune()

    return prune_job


def _prune(site: Site, context: dg.OpExecutionContext, config: PruneConfig) -> None:
    with told_to_dagster():
        repository = site.connection.open_repository()
        plan = plan_prune(repository, config.rules(site.connection.settings.retention))
        context.add_output_metadata(plan_metadata(plan, dry_run=config.dry_run))
        if config.dry_run:
            context.log.info("dry run: nothing has been changed; set dry_run to false to prune")
            return
        done = apply_prune(repository, plan, this_process("dagster prune"))
        lag = _keep_inventory(site, context, repository)
    context.add_output_metadata(done_metadata(done) | lag)
    if done.swept.unfinished.kept:
        said = "what killed runs may have left unfinished stays: %s"
        context.log.warning(said, done.swept.unfinished.kept)
    if done.swept.refused:
        raise dg.Failure(
            f"{counted(len(done.swept.refused), 'object')} could not be removed: no rights, or locked",
            metadata={"bcn/first": done.swept.refused[0]},
            allow_retries=False,
        )


def _keep_inventory(site: Site, context: dg.OpExecutionContext, repository: Repository) -> dict[str, int]:
    """The inventory shows no PIT that is gone; what it could not catch up with never makes the run red."""
    if not site.options.inventory:
        return {}
    connection = site.connection
    report = log_events(context.log)
    found = Inventory.of(repository, connection.stores(), connection.settings, report)
    return {"bcn/inventory_lag": keep_up(found)}


def plan_metadata(plan: PrunePlan, *, dry_run: bool) -> dict[str, Any]:
    """What stays, what goes, why, and what that frees."""
    rows = [("keep", one.pit, one.status, ", ".join(one.reasons)) for one in plan.keep]
    rows += [("remove", one.pit, one.status, ", ".join(one.reasons)) for one in plan.remove]
    rows += [
        ("waiting", one.pit, "", f"can be called back until {one.until:%Y-%m-%d %H:%M} UTC")
        for one in plan.waiting
    ]
    rows += [("remove now", pit, "", "its grace is over") for pit in plan.due]
    rows.sort(key=itemgetter(1))
    return {
        "bcn/dry_run": dry_run,
        "bcn/keep": len(plan.keep),
        "bcn/remove": len(plan.remove),
        "bcn/waiting": len(plan.waiting),
        "bcn/due": len(plan.due),
        "bcn/bytes": plan.bytes,
        "bcn/objects": plan.objects,
        "bcn/orphans": plan.orphans,
        "bcn/plan": markdown_table(("what", "PIT", "status", "why"), rows, empty="no PIT"),
    }


def done_metadata(done: Pruned) -> dict[str, Any]:
    """What a prune did."""
    return {
        "bcn/condemned": len(done.condemned),
        "bcn/removed": len(done.swept.pits),
        "bcn/freed_bytes": done.swept.bytes,
        "bcn/freed_objects": done.swept.objects,
        "bcn/unfinished_writes": done.swept.unfinished.writes,
        "bcn/spared": markdown_table(("PIT", "why it was spared"), sorted(done.spared.items()), empty="none"),
    }


def _hours(given: float | None, otherwise: timedelta) -> timedelta:
    return otherwise if given is None else timedelta(hours=given)
