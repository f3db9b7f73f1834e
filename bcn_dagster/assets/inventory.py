"""The inventory's tables as assets: after the PIT, they show it, and what they lack never makes a run red."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from bcn_core.errors import BcnError
from bcn_core.inventory import Inventory, InventoryTable, keep_up, status
from bcn_core.inventorying.columns import COLUMNS
from bcn_dagster.assets.share import Context, pits_of
from bcn_dagster.failures import told_to_dagster
from bcn_dagster.reporting import log_events
from bcn_dagster.site import Site

_LAG = "bcn/inventory_lag"
_DESCRIPTIONS = {
    "pits": "A row for each PIT: when, how whole, how many tables, files and bytes.",
    "tables": "A row for each table of each PIT: what it stands on, its snapshot, rows and bytes.",
    "objects": "A row for each stored object: source path, hash, partition, bounds, first and last PIT.",
}


def build_inventory_assets(site: Site) -> dg.AssetsDefinition:
    """One step that brings the three tables to the PITs that exist."""

    @dg.multi_asset(
        name=f"{site.names.plain}_inventory",
        description="Brings the inventory's tables to the PITs that exist.",
        specs=[_spec(site, table) for table in COLUMNS],
        pool=site.pool,
        backfill_policy=site.backfill_policy,
    )
    def inventory(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        with told_to_dagster():
            tables = _bring_up(site, context)
        for table in tables:
            yield dg.MaterializeResult(asset_key=site.names.inventory(table.name), metadata=_metadata(table))

    return inventory


def bring_up_before_failing(site: Site, context: Context) -> None:
    """Bring the tables up in the step of a PIT that ends red: the run does not come to their own step."""
    if not set(site.inventory).intersection(context.job_def.asset_layer.executable_asset_keys):
        return
    try:
        tables = _bring_up(site, context)
    except BcnError as error:
        context.log.warning("the inventory is left to the next run: %s", error)
        return
    for table in tables:
        for pit in pits_of(context):
            key, metadata = site.names.inventory(table.name), _metadata(table)
            context.log_event(dg.AssetMaterialization(key, partition=pit, metadata=metadata))


def _bring_up(site: Site, context: Context) -> tuple[InventoryTable, ...]:
    connection = site.connection
    report = log_events(context.log)
    found = Inventory.of(connection.open_repository(), connection.stores(), connection.settings, report)
    return _kept_up(site, context, found)


def _spec(site: Site, table: str) -> dg.AssetSpec:
    columns = [dg.TableColumn(one.name, one.kind, one.meaning) for one in COLUMNS[table]]
    return dg.AssetSpec(
        key=site.names.inventory(table),
        deps=[site.names.pit],
        description=_DESCRIPTIONS[table],
        group_name=f"{site.names.plain}_inventory",
        **site.labels,
        metadata={"dagster/column_schema": dg.TableSchema(columns)},
        partitions_def=site.partitions,
        # A table that could not be written has no materialization, and the run stays green.
        skippable=True,
    )


def _kept_up(site: Site, context: dg.AssetExecutionContext, found: Inventory) -> tuple[InventoryTable, ...]:
    """The tables when they show every PIT; else how many they lack is observed, and there are none."""
    lag = keep_up(found)
    try:
        tables = () if lag else status(found).tables
    except BcnError as error:
        context.log.warning("the inventory cannot be looked at: %s", error)
        tables = ()
    for name in () if tables else COLUMNS:
        key = site.names.inventory(name)
        for pit in pits_of(context):
            context.log_event(dg.AssetObservation(key, partition=pit, metadata={_LAG: lag}))
    return tables


def _metadata(table: InventoryTable) -> dict[str, Any]:
    return {
        "dagster/row_count": table.rows,
        "dagster/uri": table.metadata_location,
        "bcn/snapshot_id": str(table.snapshot_id),
        _LAG: 0,
    }
