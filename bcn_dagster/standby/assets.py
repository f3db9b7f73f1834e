"""One asset for each standby table; one step brings all that a run selects up to date, several at once inside."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from bcn_core.counting import counted
from bcn_core.errors import BcnError
from bcn_core.names import TableName
from bcn_core.replication.discovery import Found
from bcn_core.replication.standby import problems
from bcn_core.sync import Sync, Synced, sync_all
from bcn_dagster.failures import told_to_dagster
from bcn_dagster.naming import group, output
from bcn_dagster.reporting import log_events
from bcn_dagster.standby.following import Following

_MOST_TOLD = 10


def build_standby_assets(following: Following, retries: dg.RetryPolicy) -> dg.AssetsDefinition:
    """All tables of the standby in one definition, hence one step."""
    tables = {following.key(table): table for table in following.tables}

    @dg.multi_asset(
        name=f"{following.plain}_tables",
        description="Syncs the tables that the run selects, several at once.",
        outs={output(table): _out(following, key, table) for key, table in tables.items()},
        can_subset=True,
        pool=f"bcn_standby_{following.plain}",
        retry_policy=retries,
    )
    def standby_tables(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        selected = {table for key, table in tables.items() if key in context.selected_asset_keys}
        with told_to_dagster():
            found, done = _sync(following, context, selected)
        known = set(following.tables)
        for one in done:
            if one.error is None and one.plan.table in known:
                yield dg.MaterializeResult(
                    asset_key=following.key(one.plan.table), metadata=sync_metadata(one)
                )
        _end(following, context, found, done)

    return standby_tables


def build_standby_job(following: Following) -> UnresolvedAssetJobDefinition:
    """The job that the sensor asks for."""
    return dg.define_asset_job(
        following.job,
        selection=dg.AssetSelection.assets(*(following.key(table) for table in following.tables)),
        tags=dict(following.tags),
        description=f"Brings the tables of standby {following.name} up to date.",
    )


def sync_metadata(one: Synced) -> dict[str, Any]:
    """Plots and facts of one table's sync; bytes and seconds in their plain units."""
    plan, work = one.plan, one.plan.work
    found: dict[str, Any] = {
        "bcn/action": plan.action,
        "bcn/version": plan.version or "",
        "bcn/versions_behind": plan.lag.versions,
        "bcn/files_new": work.files_new,
        "bcn/files": work.files,
        "bcn/bytes_referenced": work.bytes,
        "bcn/manifests_rewritten": work.manifests,
        "bcn/lists_rewritten": work.lists,
        "bcn/delete_files_rewritten": work.deletes,
        "bcn/duration_s": dg.MetadataValue.float(one.seconds),
        "bcn/metadata_location": one.metadata_location or "",
    }
    if plan.lag.seconds is not None:
        found["bcn/lag_s"] = dg.MetadataValue.float(plan.lag.seconds)
    if plan.lag.missing is not None:
        found["bcn/missing"] = plan.lag.missing
    if plan.lag.updated_ms is not None:
        found["bcn/shows_the_source_at"] = dg.MetadataValue.timestamp(plan.lag.updated_ms / 1000)
    return found


def _out(following: Following, key: dg.AssetKey, table: TableName) -> dg.AssetOut:
    return dg.AssetOut(
        key=key,
        dagster_type=dg.Nothing,
        is_required=False,
        description=f"Iceberg table {table}, as the standby {following.name} shows it.",
        group_name=group(table.database),
        kinds={"iceberg"},
        owners=list(following.owners),
        tags=dict(following.tags),
    )


def _sync(
    following: Following, context: dg.AssetExecutionContext, selected: set[TableName]
) -> tuple[Found, tuple[Synced, ...]]:
    """Sync what the run selects; a run of all takes tables along that replication has brought since the listing."""
    standby = following.open()
    report = log_events(context.log)
    standby.stores.report = report
    is_whole = selected == set(following.tables)
    found = standby.find()
    found = found if is_whole else found.only(selected.__contains__)
    said = standby.settings
    sync = Sync(standby.catalog, standby.stores, report, said.tables_at_once, said.files_at_once)
    return found, sync_all(sync, standby.request(found), found.lost).tables


def _end(
    following: Following, context: dg.AssetExecutionContext, found: Found, done: tuple[Synced, ...]
) -> None:
    """What failed makes the run red, after the others are told; what is not shown here yet is named."""
    new = sorted(str(one.plan.table) for one in done if one.plan.table not in set(following.tables))
    if new:
        context.log.warning(
            "synced, and not shown as assets yet: %s; refresh the state of this code location",
            ", ".join(new),
        )
    reasons: list[BcnError] = [*problems(found), *(one.error for one in done if one.error is not None)]
    if reasons:
        told = "; ".join(error.message for error in reasons[:_MOST_TOLD])
        raise dg.Failure(
            f"{counted(len(reasons), 'problem')} at standby {following.name}: {told}",
            metadata={"hint": reasons[0].hint or "none", "failed": len(reasons)},
            allow_retries=all(error.retryable for error in reasons),
        )
