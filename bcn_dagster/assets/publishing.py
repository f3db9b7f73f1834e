"""The last asset: publishes the PIT, says whether it is complete, and fails the run when tables failed.

It depends on the steps of tables by one fanned-in input: Dagster skips a step when an input's output stays away, but
one with many sources only when all stay away. So a step that failed leaves the PIT the others. An input for each table
would be nearer to the truth; Dagster looks for each of them among all of them, which takes minutes at 10,000 tables.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from inspect import Parameter, Signature
from typing import Any, Self

import dagster as dg

from bcn_core.errors import FinishedWithProblems
from bcn_core.names import TableName
from bcn_core.repository.documents import PitManifest
from bcn_core.repository.repository import Repository
from bcn_dagster.assets.earlier import make_earlier
from bcn_dagster.assets.ending import log_others
from bcn_dagster.assets.inventory import bring_up_before_failing
from bcn_dagster.assets.page import pit_page
from bcn_dagster.assets.share import Context, Share, asked_of, open_share, pits_of, published
from bcn_dagster.assets.telling import materialized
from bcn_dagster.checks.told import Told, check_specs, told
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
        backfill_policy=site.backfill_policy,
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
    return dg.graph(
        out={name: dg.GraphOut() for name in (_PIT, *TOLD_BY_PIT)},
        description="Waits for the steps of tables, then publishes the PIT.",
    )(fan_in)


def _spec(site: Site, upstream: list[dg.AssetKey]) -> dg.AssetSpec:
    return dg.AssetSpec(
        key=site.names.pit,
        deps=upstream,
        description=f"The published PIT of catalog {site.connection.catalog}: it appears with the last write.",
        group_name=f"{site.names.plain}_publish",
        **site.labels,
        metadata={"dagster/uri": site.connection.repository},
        freshness_policy=window(site.options.checks.max_age_hours),
        partitions_def=site.partitions,
    )


def _build_op(site: Site) -> dg.OpDefinition:
    @dg.op(
        name=f"{site.names.plain}_publish",
        description="Publishes the PIT by one write, its last, and evaluates its checks.",
        ins={_AFTER: dg.In(dg.Nothing)},
        out={name: dg.Out(dg.Nothing) for name in (_PIT, *TOLD_BY_PIT)},
        pool=site.pool,
        retry_policy=site.retry_policy,
    )
    def publish(context: dg.AssetExecutionContext) -> Iterator[Any]:
        yield from _publish(site, context)

    return publish


def _publish(site: Site, context: Context) -> Iterator[Any]:
    make_earlier(site, context)
    *earlier, last = pits_of(context)
    manifest = _existing(site, context, last)
    if manifest is None:
        with told_to_dagster():
            manifest = yield from _finish(site, context, open_share(site, context))
    with told_to_dagster():
        repository = site.connection.open_repository()
        ended = [_Ended.of(site, context, repository.pit(pit)) for pit in earlier]
        ended.append(_Ended.of(site, context, manifest))
        pages = {one.manifest.pit: pit_page(repository, one.manifest) for one in ended}
        found = {one.manifest.pit: one.checks(site, repository) for one in ended}
    yield materialized(context, site.names.pit, pages)
    for pit, checks in found.items():
        # The result of a check is about the run's one PIT; of several, each evaluation names its own.
        yield from (one.evaluation(site, pit) if earlier else one.result(site) for one in checks)
    try:
        for one in ended:
            one.blame(found[one.manifest.pit])
    except dg.Failure:
        bring_up_before_failing(site, context)
        raise


@dataclass(frozen=True, slots=True)
class _Ended:
    """A PIT that is published, and the tables that make its run red."""

    manifest: PitManifest
    blamed: Mapping[TableName, str]

    @classmethod
    def of(cls, site: Site, context: Context, manifest: PitManifest) -> Self:
        """A table that nobody asked for does not make this run red; the PIT says that it lacks its then state."""
        _, asked = asked_of(site, context)
        failed = {one.table.table(): one.reason for one in manifest.failed}
        blamed = {table: why for table, why in failed.items() if asked is None or table in asked}
        if asked is None:
            blamed |= {one.table.table(): one.reason for one in manifest.failed_views}
        return cls(manifest, blamed)

    def checks(self, site: Site, repository: Repository) -> list[Told]:
        """What its checks found."""
        return list(told(site, repository, self.manifest, red=bool(self.blamed)))

    def blame(self, found: Iterable[Told]) -> None:
        """Fail the run of a PIT that is not what was asked for."""
        pit = self.manifest.pit
        if self.blamed:
            raise tables_failed(pit, self.blamed, "the PIT is published without their state of that time")
        if any(one.name == "no_unwanted_change" and not one.passed for one in found):
            raise unwanted_change(pit)


def _existing(site: Site, context: Context, pit: str) -> PitManifest | None:
    with told_to_dagster():
        manifest = published(site, pit)
    if manifest is not None:
        context.log.info("PIT %s exists already: nothing is done", manifest.pit)
    return manifest


def _finish(site: Site, context: Context, share: Share) -> Generator[Any, None, PitManifest]:
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
    log_others(site, context, share, manifest, here)
    return manifest
