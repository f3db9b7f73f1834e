"""Steps that copy the files of a very large table side by side, wherever they run, ahead of the table's own step."""

from typing import Any

import dagster as dg

from bcn_core.copying import Part
from bcn_core.errors import BcnError
from bcn_core.names import TableName
from bcn_core.repository.files import StoredFile
from bcn_dagster.assets.earlier import make_earlier
from bcn_dagster.assets.share import open_share, pits_of, published
from bcn_dagster.assets.telling import materialized
from bcn_dagster.failures import told_to_dagster
from bcn_dagster.grouping import Group
from bcn_dagster.naming import group as group_name
from bcn_dagster.site import Site

_EXISTS = "the PIT exists already: nothing was done"
_MADE = "the first step of this run made the PIT whole: nothing was left to copy"


def build_part_assets(site: Site, members: Group) -> list[dg.AssetsDefinition]:
    """One asset, hence one step, for each part of a group's table."""
    return [
        _build_part(site, members.tables[0].table, site.names.step(name), Part(number, members.parts))
        for number, name in enumerate(members.part_names)
    ]


def _build_part(site: Site, table: TableName, key: dg.AssetKey, part: Part) -> dg.AssetsDefinition:
    @dg.asset(
        key=key,
        deps=[site.names.plan],
        description=f"Copies part {part.number + 1} of {part.of} of what {table} needs, ahead of its own step.",
        group_name=group_name(table.database),
        **site.labels,
        partitions_def=site.partitions,
        pool=site.pool,
        retry_policy=site.retry_policy,
        backfill_policy=site.backfill_policy,
    )
    def copy_part(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        made = make_earlier(site, context)
        *earlier, last = pits_of(context)
        told: dict[str, dict[str, Any]] = {
            pit: {"bcn/note": _MADE if pit in made else _EXISTS} for pit in (*earlier, last)
        }
        with told_to_dagster():
            exists = published(site, last) is not None
        if not exists:
            told[last] = _copied(_copy(site, context, table, part))
        return materialized(context, key, told)

    return copy_part


def _copied(files: list[StoredFile]) -> dict[str, Any]:
    return {"bcn/files_new": len(files), "bcn/bytes_new": sum(file.size for file in files)}


def _copy(site: Site, context: dg.AssetExecutionContext, table: TableName, part: Part) -> list[StoredFile]:
    """What may pass is tried again; what does not is left to the table's own step, which tells what is wrong."""
    try:
        return open_share(site, context).copy_part(table, part)
    except BcnError as error:
        if error.retryable:
            site.try_again(context.retry_number, error)
        context.log.warning("the step of %s copies this part: %s", table, error)
        return []
