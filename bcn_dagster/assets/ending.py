"""The end of a PIT, told in Dagster by whichever step publishes it."""

import dagster as dg

from bcn_core.names import TableName
from bcn_core.repository.documents import PitManifest
from bcn_dagster.assets.page import pit_page
from bcn_dagster.assets.share import Context, Share
from bcn_dagster.assets.standing import held_in
from bcn_dagster.site import Site


def publish_here(site: Site, context: Context, share: Share) -> None:
    """Publish the PIT of a run that does not select the last asset: whoever backs up a table expects a PIT of it."""
    manifest, here = share.finish()
    log_others(site, context, share, manifest, here)
    log_pit(site, context, share, manifest)


def log_pit(site: Site, context: Context, share: Share, manifest: PitManifest) -> None:
    """The materialization of a PIT that no step of the run shows."""
    page = pit_page(share.backup.repository, manifest)
    context.log_event(dg.AssetMaterialization(site.names.pit, partition=manifest.pit, metadata=page))


def log_others(
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
