"""The table assets: one step captures a chunk of tables, several at once inside."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from bcn_core.names import TableName
from bcn_dagster.assets.publishing import publish_here
from bcn_dagster.assets.share import Share, open_share, published
from bcn_dagster.assets.standing import Outcome, outcome_in
from bcn_dagster.columns import column_schema
from bcn_dagster.failures import tables_failed, told_to_dagster
from bcn_dagster.listing import Listed
from bcn_dagster.naming import group, output
from bcn_dagster.site import Site

_HINT = "the PIT is not published; run the failed tables again, what was captured is not copied again"


def build_table_assets(site: Site) -> list[dg.AssetsDefinition]:
    """One definition, hence one step, for each chunk of the catalog's tables."""
    size = site.options.tables_per_step
    chunks = [site.tables[start : start + size] for start in range(0, len(site.tables), size)]
    return [_build_chunk(site, number, chunk) for number, chunk in enumerate(chunks)]


def _build_chunk(site: Site, number: int, chunk: Sequence[Listed]) -> dg.AssetsDefinition:
    tables = {site.names.table(one.table): one.table for one in chunk}

    @dg.multi_asset(
        name=f"{site.names.plain}_tables_{number}",
        outs={output(one.table): _out(site, one) for one in chunk},
        deps=[site.names.plan],
        partitions_def=site.partitions,
        can_subset=True,
        pool=site.pool,
        retry_policy=site.retry_policy,
        backfill_policy=dg.BackfillPolicy.multi_run(1),
    )
    def capture_tables(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        wanted = {key: table for key, table in tables.items() if key in context.selected_asset_keys}
        yield from _capture(site, context, wanted)

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
        kinds={"iceberg"},
        owners=list(site.options.owners),
        tags=dict(site.options.tags),
        metadata=metadata,
    )


def _description(listed: Listed) -> str:
    if listed.alive:
        return f"Iceberg table {listed.table}, as each PIT holds it."
    return f"Iceberg table {listed.table}: dropped at the source; the PITs that hold it can restore it."


def _capture(
    site: Site, context: dg.AssetExecutionContext, tables: Mapping[dg.AssetKey, TableName]
) -> Iterator[dg.MaterializeResult[Any]]:
    pit = context.partition_key
    with told_to_dagster():
        manifest = published(site, pit)
        if manifest is not None:
            context.log.info("PIT %s exists already: nothing is done", pit)
            outcome = outcome_in(site.connection.open_repository(), manifest, tables.values())
            yield from _told(context, tables, outcome)
            return
        share = open_share(site, context)
        outcome = share.capture(tables.values())
    if outcome.may_pass and context.retry_number < site.options.retries:
        raise dg.RetryRequested(site.options.retries, site.options.retry_delay_s)
    yield from _told(context, tables, outcome)
    _end(site, context, share, outcome)


def _told(
    context: dg.AssetExecutionContext, tables: Mapping[dg.AssetKey, TableName], outcome: Outcome
) -> Iterator[dg.MaterializeResult[Any]]:
    """Materializations of what the PIT holds; observations that say why of what it does not."""
    for key, table in tables.items():
        if table in outcome.held:
            yield dg.MaterializeResult(asset_key=key, metadata=outcome.held[table].metadata())
            continue
        status = "FAILED" if table in outcome.failed else "ABSENT"
        reason = outcome.failed.get(table) or outcome.absent[table]
        metadata = {"bcn/status": status, "bcn/reason": reason, "bcn/pit": context.partition_key}
        context.log_event(
            dg.AssetObservation(key, description=reason, partition=context.partition_key, metadata=metadata)
        )


def _end(site: Site, context: dg.AssetExecutionContext, share: Share, outcome: Outcome) -> None:
    """Failed tables end the run here, unless the last asset is to publish the PIT without them and then fail."""
    if outcome.failed and not (share.publishes and share.backup.publish_partial):
        raise tables_failed(share.pit, outcome.failed, _HINT)
    for table, reason in sorted(outcome.failed.items()):
        context.log.error("%s: %s", table, reason)
    with told_to_dagster():
        if not share.publishes and share.is_captured:
            publish_here(site, context, share)
