"""Sync: replicated storage -> newest whole version -> relocate what is new -> commit to the standby catalog.

A replicator copies files in any order and knows nothing of Iceberg. The standby catalog learns of a version when every
file that it names has arrived; until then it shows the one before. Nothing needs the source, and no data is copied.
"""

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bcn_core.catalogs.catalog import Catalog
from bcn_core.errors import BcnError, Conflict, StorageFailure
from bcn_core.events import Report, TableFailed, TableSynced, silent
from bcn_core.names import TableName, rfc3339
from bcn_core.registering import metadata_kept
from bcn_core.replication.checking import check_rewritten
from bcn_core.replication.planning import Planner, Prepared
from bcn_core.replication.remembered import Remembered, Run, remember
from bcn_core.replication.request import Synced, SyncReport, SyncRequest, TableSync
from bcn_core.storage.opening import Stores

__all__ = ["Sync", "SyncReport", "SyncRequest", "Synced", "TableSync", "plan_sync", "sync_all", "sync_table"]


@dataclass(frozen=True, slots=True)
class Sync:
    """The standby's end, and how a sync is carried out; at most tables x files at once are under way."""

    standby: Catalog
    stores: Stores
    report: Report = silent
    tables_at_once: int = 2
    files_at_once: int = 4


def plan_sync(sync: Sync, request: SyncRequest) -> tuple[TableSync, ...]:
    """Decide for every table, write nothing: the very plans that the real run carries out."""

    def plan(item: tuple[TableName, str]) -> TableSync:
        try:
            return _prepared(sync, request, *item).plan
        except BcnError as error:
            return TableSync(*item, action="refuse", refusal=error)

    with ThreadPoolExecutor(sync.tables_at_once) as pool:
        return tuple(pool.map(plan, request.tables.items()))


def sync_all(sync: Sync, request: SyncRequest, lost: Iterable[TableName] = ()) -> SyncReport:
    """Bring tables up to date, each for itself. A table that fails stays as it was, and does not stop the others."""

    def attempt(item: tuple[TableName, str]) -> Synced:
        started = time.monotonic()
        try:
            return sync_table(sync, request, *item)
        except BcnError as error:
            sync.report(TableFailed(item[0], error.message))
            refused = TableSync(*item, action="refuse", refusal=error)
            return Synced(refused, None, time.monotonic() - started, error)

    with ThreadPoolExecutor(sync.tables_at_once) as pool:
        return SyncReport(tuple(pool.map(attempt, request.tables.items())), tuple(lost))


def sync_table(sync: Sync, request: SyncRequest, table: TableName, place: str) -> Synced:
    """Bring one table up to date; the standby catalog is told last, in one step.

    Raises:
        BcnError: something stands against it, or no version is whole; the standby shows what it showed.
    """
    started = time.monotonic()
    prepared = _prepared(sync, request, table, place)
    plan = prepared.plan
    if plan.action == "none":
        return Synced(plan, prepared.standing.pointer, time.monotonic() - started)
    pointer, notes = _written(sync, request, prepared)
    with metadata_kept(sync.stores, pointer):
        _commit(sync.standby, prepared, pointer)
    seconds = time.monotonic() - started
    _remember(sync.stores, prepared, pointer, seconds)
    sync.report(TableSynced(table, plan.action, plan.version or "", plan.lag.versions, plan.work.files_new))
    return Synced(replace(plan, notes=plan.notes + notes), pointer, seconds)


def _prepared(sync: Sync, request: SyncRequest, table: TableName, place: str) -> Prepared:
    return Planner(sync.standby, sync.stores, request, sync.files_at_once).prepare(table, place)


def _written(sync: Sync, request: SyncRequest, prepared: Prepared) -> tuple[str, tuple[str, ...]]:
    """Where the version's metadata stands, and notes; with the same prefixes at both sites, where it is already."""
    rewriting = prepared.rewriting
    if not rewriting.twin.rewrites:
        return prepared.file.place, ()
    before = frozenset(rewriting.there) if prepared.is_remembered else frozenset[str]()
    place = rewriting.write(prepared.metadata, prepared.known, request.history)
    return place, tuple(rewriting.notes) + check_rewritten(place, rewriting, sync.stores, before)


def _commit(catalog: Catalog, prepared: Prepared, pointer: str) -> None:
    table, expected = prepared.plan.table, prepared.standing.pointer
    if expected == pointer:
        return
    try:
        if expected is None:
            _make_database(catalog, table.namespace)
            catalog.register(table, pointer)
        else:
            catalog.replace(table, expected, pointer)
    except Conflict:
        # Another run, or an earlier try whose answer was lost, may have done it already.
        if catalog.pointer(table) != pointer:
            raise


def _make_database(catalog: Catalog, namespace: tuple[str, ...]) -> None:
    """Tables of one new database come at the same time: who loses the race finds it made at the second look."""
    try:
        catalog.create_database(namespace, {})
    except StorageFailure:
        catalog.create_database(namespace, {})


def _remember(stores: Stores, prepared: Prepared, pointer: str, seconds: float) -> None:
    known, plan, rewriting = prepared.known, prepared.plan, prepared.rewriting
    owned = rewriting.names_of(known, pointer) if rewriting.twin.rewrites else {}
    now = rfc3339(datetime.now(UTC))
    run = Run(now, plan.action, plan.version or "", plan.lag.versions, round(seconds, 3))
    remember(stores, rewriting.twin, _with_run(known, owned, run))


def _with_run(known: Remembered, owned: dict[str, int], run: Run) -> Remembered:
    return replace(known, owned=owned, runs=(*known.runs, run))
