"""Making a repository for a scope that exists, in a place that keeps what is written to it."""

from datetime import UTC, datetime

from bcn_core.capture.planning import check_scope
from bcn_core.catalogs.catalog import Catalog
from bcn_core.locations import split
from bcn_core.names import Scope
from bcn_core.repository.documents import SourceRecord
from bcn_core.repository.repository import Repository
from bcn_core.storage.probing import check
from bcn_core.storage.store import Store


def make_repository(store: Store, scope: Scope, catalog: Catalog) -> Repository:
    """Make a repository at a store's root: a mistyped name must not be fixed for good.

    Raises:
        NotFound: the catalog has no such database or table, or no table at all.
        Conflict: the place is not empty.
        StorageRefused: the place's store overwrites what must be written once.
    """
    check_scope(scope, catalog.sweep(scope), catalog)
    if split(store.url).scheme != "file":
        check(store)
    found = catalog.identity()
    source = SourceRecord(kind=found.kind, address=found.address)
    return Repository.create(store, scope, source, datetime.now(UTC))
