"""The last asset: publishes the PIT, says whether it is complete, and fails the run when tables failed.

It depends on the steps of tables by one fanned-in input: Dagster skips a step when an input's output stays away, but
one with many sources only when all stay away. So a step that failed leaves the PIT the others. An input for each table
would be nearer to the truth; Dagster looks for each of them among all of them, which takes minutes at 10,000 tables.
"""

from collections.abc import Generator, Iterator
from inspect import Parameter, Signature
from typing import Any

import dagster as dg

from bcn_core.errors import FinishedWithProblems
from bcn_core.names import TableName
from bcn_core.repository.documents import PitManifest
from bcn_dagster.assets.page import pit_page
from bcn_dagster.assets.share import Context, Share, asked_of, open_share, published
from bcn_dagster.assets.standing import held_in
from bcn_dagster.checks.told import check_specs, told
from bcn_dagster.failures import failure, tables_failed, told_to_dagster, unwanted_change
from bcn_dagster.naming import TOLD_BY_PIT
from bcn_dagster.site import Site, window

_PIT = "pit"
_AFTER = "after"


def build_pit_asset(site: Site) -> dg.AssetsDefinition:
    """The asset of the published PIT, with its check."""
    names = site.names
    steps = [names.step(group.name) for group in site.groups]
    upstream = {f"step_{number}": key for number, key in enumerate([names.plan, *steps])}
    return dg.AssetsDefinition(
        node_def=_after_all(site, list(upstream)),
        keys_by_input_name=upstream,
        keys_by_output_name={_PIT: names.pit},
        check_specs_by_output_name=check_specs(site),
        specs=[_spec(site, list(upstream.values()))],
        backfill_policy=dg.BackfillPolicy.multi_run(1),
    )


def _after_all(site: Site, inputs: list[str]) -> dg.GraphDefinition:
    """The step as a graph of one input for each step of tables, all of them fanned into one of the step's."""
    publish = _build_op(site)

    def fan_in(**steps: Any) -> Any:
        return publish(list(steps.values()))

    # @graph reads the inputs from the function's signature; how many there are is known here alone.
    fan_in.__signature__ = Signature(  # type: ignore[attr-defined]
        [Parameter(name, Parameter.KEYWORD_ONLY) for name in inputs]
    )
    fan_in.__name__ = f"{site.names.plain}_pit"
    return dg.graph(out={name: dg.GraphOut() for name in (_PIT, *TOLD_BY_PIT)})(fan_in)


def publish_here(site: Site, context: Context, share: Share) -> PitManifest:
    """Publish the PIT of a run that does not select the last asset: whoever backs up a table expects a PIT of it."""
    manifest, here = share.finish()
    _log_others(site, context, share, manifest, here)
    page = pit_page(share.backup.repository, manifest)
    context.log_event(dg.AssetMaterialization(site.names.pit, partition=manifest.pit, metadata=page))
    return manifest


def _spec(site: Site, upstream: list[dg.AssetKey]) -> dg.AssetSpec:
    return dg.AssetSpec(
        key=site.names.pit,
        deps=upstream,
        description=f"The published PIT of catalog {site.connection.catalog}: it appears with the last write.",
        group_name=f"{site.names.plain}_publish",
        owners=list(site.options.owners),
        tags=dict(site.options.tags),
        kinds={"iceberg"},
        metadata={"dagster/uri": site.connection.repository},
        freshness_policy=window(site.options.checks.max_age_hours),
        partitions_def=site.partitions,
    )


def _build_op(site: Site) -> dg.OpDefinition:
    @dg.op(
        name=f"{site.names.plain}_publish",
        ins={_AFTER: dg.In(dg.Nothing)},
        out={name: dg.Out(dg.Nothing) for name in (_PIT, *TOLD_BY_PIT)},
        pool=site.pool,
        retry_policy=site.retry_policy,
    )
    def publish(context: dg.OpExecutionContext) -> Iterator[Any]:
        yield from _publish(site, context)

    return publish


def _publish(site: Site, context: dg.OpExecutionContext) -> Iterator[Any]:
    manifest = _existing(site, context)
    if manifest is None:
        with told_to_dagster():
            manifest = yield from _finish(site, context, open_share(site, context))
    _, asked = asked_of(site, context)
    failed = {one.table.table(): one.reason for one in manifest.failed}
    # A table that nobody asked for does not make this run red; the PIT says that it lacks its then state.
    blamed = {table: why for table, why in failed.items() if asked is None or table in asked}
    if asked is None:
        blamed |= {one.table.table(): one.reason for one in manifest.failed_views}
    with told_to_dagster():
        repository = site.connection.open_repository()
        page = pit_page(repository, manifest)
        found = list(told(site, repository, manifest, red=bool(blamed)))
    yield dg.MaterializeResult(asset_key=site.names.pit, metadata=page)
    yield from (one.result(site) for one in found)
    if blamed:
        raise tables_failed(manifest.pit, blamed, "the PIT is published without their state of that time")
    if any(one.name == "no_unwanted_change" and not one.passed for one in found):
        raise unwanted_change(manifest.pit)


def _existing(site: Site, context: dg.OpExecutionContext) -> PitManifest | None:
    with told_to_dagster():
        manifest = published(site, context.partition_key)
    if manifest is not None:
        context.log.info("PIT %s exists already: nothing is done", manifest.pit)
    return manifest


def _finish(site: Site, context: dg.OpExecutionContext, share: Share) -> Generator[Any, None, PitManifest]:
    """Publish; a PIT that is kept back fails its check and the run, and lets the next run at the repository."""
    try:
        manifest, here = share.finish()
    except FinishedWithProblems as error:
        share.give_up()
        yield dg.AssetCheckResult(
            asset_key=site.names.pit,
            check_name=TOLD_BY_PIT[0],
            passed=False,
            metadata={"bcn/reason": str(error)},
        )
        raise failure(error) from error
    _log_others(site, context, share, manifest, here)
    return manifest


def _log_others(
    site: Site, context: Context, share: Share, manifest: PitManifest, here: frozenset[TableName]
) -> None:
    """Materializations of tables that no step of the run shows: captured here, carried, or to be seen fresh.

    A table that did not change has no step. With a freshness policy it must be seen in each PIT that holds it.
    """
    carried = {ref.table() for ref in manifest.carried}
    watched = {one.table for one in site.tables if one.alive and site.freshness_of(one.table)}
    failed = {one.table.table() for one in manifest.failed}
    others = here | ((carried | (watched - failed)) - share.asked)
    if not others:
        return
    repository = share.backup.repository
    for table, entry in repository.tables(manifest).items():
        if table in others:
            held = held_in(repository, manifest.pit, table, entry, carried)
            key = site.names.table(table)
            context.log_event(dg.AssetMaterialization(key, partition=manifest.pit, metadata=held.metadata()))
