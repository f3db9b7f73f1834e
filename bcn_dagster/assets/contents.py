"""The first asset: what the PIT must contain, fixed once by two equal sweeps."""

from typing import Any

import dagster as dg

from bcn_core.repository.documents import Plan, PlannedCapture
from bcn_dagster.assets.metadata import markdown_table
from bcn_dagster.assets.share import open_share, published
from bcn_dagster.failures import told_to_dagster
from bcn_dagster.site import Site


def build_contents_asset(site: Site, description: str) -> dg.AssetsDefinition:
    """The asset that begins a PIT."""
    names = site.names

    @dg.asset(
        key=names.plan,
        description=description,
        group_name=f"{names.plain}_begin",
        owners=list(site.options.owners),
        tags=dict(site.options.tags),
        kinds={"iceberg"},
        partitions_def=site.partitions,
        pool=site.pool,
        retry_policy=site.retry_policy,
        backfill_policy=dg.BackfillPolicy.multi_run(1),
    )
    def pit_plan(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        pit = context.partition_key
        with told_to_dagster():
            if published(site, pit) is not None:
                context.log.info("PIT %s exists already: nothing is done", pit)
                return dg.MaterializeResult(metadata={"bcn/note": "the PIT exists already: nothing was done"})
            return dg.MaterializeResult(metadata=_metadata(open_share(site, context).begin()))

    return pit_plan


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
