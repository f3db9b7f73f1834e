"""The first asset: what the PIT must contain, fixed once by two equal sweeps."""

from typing import Any

import dagster as dg

from bcn_core.repository.documents import Plan, PlannedCapture
from bcn_dagster.assets.earlier import make_earlier
from bcn_dagster.assets.metadata import markdown_table
from bcn_dagster.assets.share import open_share, pits_of, published
from bcn_dagster.assets.telling import materialized
from bcn_dagster.failures import told_to_dagster
from bcn_dagster.site import Site


def build_contents_asset(site: Site, description: str) -> dg.AssetsDefinition:
    """The asset that begins a PIT."""
    names = site.names

    @dg.asset(
        key=names.plan,
        description=description,
        group_name=f"{names.plain}_begin",
        **site.labels,
        partitions_def=site.partitions,
        pool=site.pool,
        retry_policy=site.retry_policy,
        backfill_policy=site.backfill_policy,
    )
    def pit_plan(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        made = make_earlier(site, context)
        *earlier, last = pits_of(context)
        with told_to_dagster():
            plans = {
                pit: site.connection.open_repository().plan(pit) if pit in made else None for pit in earlier
            }
            plans[last] = None if published(site, last) else open_share(site, context).begin()
        return materialized(
            context, names.plan, {pit: _told(context, pit, plan) for pit, plan in plans.items()}
        )

    return pit_plan


def _told(context: dg.AssetExecutionContext, pit: str, plan: Plan | None) -> dict[str, Any]:
    """What a run says of a PIT's plan; of none when the PIT was there before."""
    if plan is not None:
        return _metadata(plan)
    context.log.info("PIT %s exists already: nothing is done", pit)
    return {"bcn/note": "the PIT exists already: nothing was done"}


def _metadata(plan: Plan) -> dict[str, Any]:
    rows = [
        (one.table.table(), ", ".join([*one.changes, *one.columns]), _as_of(one)) for one in plan.captures
    ]
    return {
        "bcn/pit": plan.pit,
        "bcn/parent": plan.parent.pit if plan.parent else "none",
        "bcn/consistency": plan.consistency.mode,
        "bcn/to_capture": len(plan.captures),
        "bcn/carried": len(plan.carried),
        "bcn/dropped": len(plan.dropped),
        "bcn/renamed": len(plan.renamed),
        "bcn/recreated": len(plan.recreated),
        "bcn/not_yet_created": len(plan.not_yet_created),
        "bcn/unreadable": len(plan.unreadable),
        "bcn/captures": markdown_table(("table", "why", "as of"), rows, empty="nothing changed"),
    }


def _as_of(planned: PlannedCapture) -> str:
    return planned.as_of.mode if planned.as_of else "now"
