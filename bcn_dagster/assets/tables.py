"""The table assets: one step captures a group of tables, several at once inside."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg

from bcn_core.counting import counted
from bcn_core.names import TableName
from bcn_dagster.assets.earlier import make_earlier
from bcn_dagster.assets.ending import publish_here
from bcn_dagster.assets.parts import build_part_assets
from bcn_dagster.assets.share import Share, open_share, pits_of, published
from bcn_dagster.assets.standing import Outcome, outcome_in, outcome_made
from bcn_dagster.assets.telling import materialized
from bcn_dagster.columns import column_schema
from bcn_dagster.failures import tables_failed, told_to_dagster
from bcn_dagster.grouping import Group
from bcn_dagster.listing import Listed
from bcn_dagster.naming import group, output
from bcn_dagster.site import Site

_HINT = "the PIT is not published; run the failed tables again, what was captured is not copied again"
_DONE = "done"
Results = Iterator[dg.MaterializeResult[Any]]


@dataclass(frozen=True, slots=True)
class _Step:
    """One step in one run: its tables that the run selects, and the asset that says that it is done."""

    site: Site
    context: dg.AssetExecutionContext
    tables: Mapping[dg.AssetKey, TableName]
    done: dg.AssetKey

    @property
    def pits(self) -> list[str]:
        """The PITs of the run, oldest first."""
        return pits_of(self.context)

    @property
    def pit(self) -> str:
        """The PIT that the steps make together."""
        return self.pits[-1]

    @property
    def says_when_done(self) -> bool:
        return self.done in self.context.selected_asset_keys


def build_table_assets(site: Site) -> list[dg.AssetsDefinition]:
    """One definition, hence one step, for each group of the catalog's tables, and for each part of a very large one."""
    return [
        one for group in site.groups for one in (*build_part_assets(site, group), _build_group(site, group))
    ]


def _build_group(site: Site, members: Group) -> dg.AssetsDefinition:
    tables = {site.names.table(one.table): one.table for one in members.tables}
    done = site.names.step(members.name)
    before = [site.names.plan, *map(site.names.step, members.part_names)]
    outs = {output(one.table): _out(site, one) for one in members.tables}

    @dg.multi_asset(
        name=f"{site.names.plain}_{members.name}",
        description=f"Captures what changed of {counted(len(tables), 'table')}.",
        outs={**outs, _DONE: _done_out(site, done, len(tables))},
        internal_asset_deps={**{name: set(before) for name in outs}, _DONE: set(tables)},
        deps=before,
        partitions_def=site.partitions,
        can_subset=True,
        pool=site.pool,
        retry_policy=site.retry_policy,
        backfill_policy=site.backfill_policy,
    )
    def capture_tables(context: dg.AssetExecutionContext) -> Results:
        wanted = {key: table for key, table in tables.items() if key in context.selected_asset_keys}
        yield from _capture(_Step(site, context, wanted, done))

    return capture_tables


def _out(site: Site, listed: Listed) -> dg.AssetOut:
    """Nothing is handed on and the output may stay away: then the table is not materialized, and the PIT goes on."""
    metadata: dict[str, Any] = {
        "dagster/relation_identifier": f"{site.connection.catalog}.{listed.table}",
        "dagster/column_schema": column_schema(listed.fields),
        "bcn/uuid": listed.uuid or "none (format v1)",
    }
    if listed.location is not None:
        metadata["dagster/uri"] = listed.location
    return dg.AssetOut(
        key=site.names.table(listed.table),
        dagster_type=dg.Nothing,
        is_required=False,
        description=_description(listed),
        group_name=group(listed.table.database),
        **site.labels,
        metadata=metadata,
        freshness_policy=site.freshness_of(listed.table),
    )


def _done_out(site: Site, key: dg.AssetKey, tables: int) -> dg.AssetOut:
    return dg.AssetOut(
        key=key,
        dagster_type=dg.Nothing,
        is_required=False,
        description=f"Says that a step is done with its {counted(tables, 'table')}; the PIT waits for it.",
        group_name=f"{site.names.plain}_publish",
        **site.labels,
    )


def _description(listed: Listed) -> str:
    if listed.alive:
        return f"Iceberg table {listed.table}, as each PIT holds it."
    return f"Iceberg table {listed.table}: dropped at the source; the PITs that hold it can restore it."


def _capture(step: _Step) -> Results:
    site, context = step.site, step.context
    made = make_earlier(site, context)
    with told_to_dagster():
        outcomes = _earlier(step, made)
        manifest = published(site, step.pit)
        if manifest is not None:
            context.log.info("PIT %s exists already: nothing is done", step.pit)
            there = outcome_in(site.connection.open_repository(), manifest, step.tables.values())
            yield from _told(step, {**outcomes, step.pit: there})
            return
        share = open_share(site, context)
        if share.publishes and not step.says_when_done:
            # The PIT does not wait for this step, so both would capture at once.
            context.log.info(
                "%s is not selected: the step that publishes captures", step.done.to_user_string()
            )
            yield from _told(step, outcomes)
            return
        outcome = share.capture(step.tables.values())
    if outcome.may_pass:
        site.try_again(context.retry_number)
    yield from _told(step, {**outcomes, step.pit: outcome})
    _end(step, share, outcome)


def _earlier(step: _Step, made: frozenset[str]) -> dict[str, Outcome]:
    """What the PITs hold that are whole before the last one is begun: made by this run, or there before it."""
    earlier = step.pits[:-1]
    if not earlier:
        return {}
    repository = step.site.connection.open_repository()
    return {
        pit: (outcome_made if pit in made else outcome_in)(
            repository, repository.pit(pit), step.tables.values()
        )
        for pit in earlier
    }


def _told(step: _Step, outcomes: Mapping[str, Outcome]) -> Results:
    """Materializations of what each PIT holds; observations that say why of what it does not."""
    for key, table in step.tables.items():
        held = {pit: one.held[table].metadata() for pit, one in outcomes.items() if table in one.held}
        if list(held) == step.pits:
            yield materialized(step.context, key, held)
        else:
            # An output would stand for all PITs of the run, those without the table too.
            for pit, metadata in held.items():
                step.context.log_event(dg.AssetMaterialization(key, partition=pit, metadata=metadata))
        for pit, outcome in outcomes.items():
            if pit not in held:
                step.context.log_event(_missing(key, pit, table, outcome))
    if step.says_when_done:
        said = {pit: _summary(outcome) for pit, outcome in outcomes.items()}
        yield materialized(step.context, step.done, said)


def _missing(key: dg.AssetKey, pit: str, table: TableName, outcome: Outcome) -> dg.AssetObservation:
    status = "FAILED" if table in outcome.failed else "ABSENT"
    reason = outcome.failed.get(table) or outcome.absent[table]
    metadata = {"bcn/status": status, "bcn/reason": reason, "bcn/pit": pit}
    return dg.AssetObservation(key, description=reason, partition=pit, metadata=metadata)


def _summary(outcome: Outcome) -> dict[str, Any]:
    counts = Counter(held.status.lower() for held in outcome.held.values())
    counts |= Counter(failed=len(outcome.failed), absent=len(outcome.absent))
    return {f"bcn/{name}": count for name, count in sorted(counts.items())}


def _end(step: _Step, share: Share, outcome: Outcome) -> None:
    """Failed tables end the run here, unless the last asset is to publish the PIT without them and then fail."""
    if outcome.failed and not (share.publishes and share.backup.publish_partial):
        raise tables_failed(share.pit, outcome.failed, _HINT)
    for table, reason in sorted(outcome.failed.items()):
        step.context.log.error("%s: %s", table, reason)
    with told_to_dagster():
        if not share.publishes and share.is_captured:
            publish_here(step.site, step.context, share)
