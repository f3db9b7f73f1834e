"""The two ends of a restore, opened in the step that uses them."""

import dagster as dg

from bcn_core.catalogs.files_only import FilesOnly
from bcn_core.catalogs.opening import open_target
from bcn_core.repository.repository import Repository
from bcn_core.restore import Restore
from bcn_core.storage.throttling import Rate, Throttled
from bcn_dagster.reporting import log_events
from bcn_dagster.restoring.config import Way
from bcn_dagster.site import Site


def open_restore(site: Site, way: Way, context: dg.OpExecutionContext) -> Restore:
    """Open the repository and the target, within the bounds that the launchpad sets."""
    connection, name = site.connection, way.target or site.connection.catalog
    settings, stores = connection.settings, connection.stores()
    if way.bytes_per_second is not None:
        rate = Rate(way.bytes_per_second)
        stores.wrap = lambda store: Throttled(store, rate)
    return Restore(
        repository=Repository.open(stores.at(connection.repository)),
        target=FilesOnly() if way.files_only else open_target(name, settings.catalog_properties(name)),
        stores=stores,
        report=log_events(context.log),
        tables_at_once=settings.restore.tables_at_once,
        files_at_once=way.files_at_once or settings.restore.files_at_once,
    )
