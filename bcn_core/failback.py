"""Failback: what a promoted standby holds that its former source does not, and how it goes back.

A plan alone: the replicator of the site copies the files, and ``bcn sync`` with the prefixes turned round makes the
source's catalog show them. Files that the source still has are not copied.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from bcn_core.catalogs.catalog import Catalog
from bcn_core.errors import BcnError, Conflict, NotFound
from bcn_core.iceberg.metadata import Snapshot, TableMetadata, parse
from bcn_core.locations import PrefixMap, is_within
from bcn_core.names import TableName, instant_of
from bcn_core.replication.difference import Difference, Kind
from bcn_core.replication.request import SyncRequest
from bcn_core.replication.standing import PROMOTED, PROMOTED_FROM, Standing, State, standing_of
from bcn_core.replication.versions import find_versions, look_into
from bcn_core.storage.opening import Stores, absolute

_REWRITTEN = "_bcn_of_the_standby"


@dataclass(frozen=True, slots=True)
class Failback:
    """Both ends of the way back; ``request`` is the very one that brought the tables here."""

    standby: Catalog
    stores: Stores
    request: SyncRequest
    tables_at_once: int = 2
    files_at_once: int = 4


@dataclass(frozen=True, slots=True)
class Commit:
    """A snapshot: when it was made, by which operation, and the rows that it added and deleted, as its writer says."""

    snapshot_id: int
    at: datetime
    operation: str
    rows_added: int
    rows_deleted: int


@dataclass(frozen=True, slots=True)
class FileToCopy:
    """A file of the standby, and its place at the source; None for bytes that nothing records."""

    kind: Kind
    location: str
    target: str
    bytes: int | None


@dataclass(frozen=True, slots=True)
class TableFailback:
    """What one table needs.

    ``only_here``: commits since the promotion. ``only_at_source``: commits of the source whose metadata has arrived
    and that this table never showed; they are given up by the way back.
    """

    table: TableName
    promoted_at: str | None = None
    pointer: str | None = None
    only_here: tuple[Commit, ...] = ()
    only_at_source: tuple[Commit, ...] = ()
    files: tuple[FileToCopy, ...] = ()
    refusal: BcnError | None = None

    @property
    def bytes(self) -> int:
        """What is to be copied, as far as sizes are known."""
        return sum(file.bytes or 0 for file in self.files)


def plan_failback(failback: Failback) -> tuple[TableFailback, ...]:
    """Compare every table of the request with what it was when it was promoted; writes nothing."""

    def attempt(item: tuple[TableName, str]) -> TableFailback:
        try:
            return _plan(failback, *item)
        except BcnError as error:
            return TableFailback(item[0], refusal=error)

    with ThreadPoolExecutor(failback.tables_at_once) as pool:
        return tuple(pool.map(attempt, failback.request.tables.items()))


def way_back(request: SyncRequest) -> dict[str, str]:
    """The prefixes turned round: the standby's, and the source's that was named first for each.

    Where rewritten files have a place of their own at the standby, they get one below the source's first prefix.
    """
    back: dict[str, str] = {}
    for source, standby in request.mapping.targets.items():
        back.setdefault(standby, source)
    place = request.metadata_location and absolute(request.metadata_location)
    if place and not any(is_within(place, standby) for standby in back):
        back[place] = f"{next(iter(back.values()))}/{_REWRITTEN}"
    return back


def _plan(failback: Failback, table: TableName, place: str) -> TableFailback:
    standing = standing_of(failback.standby, table, failback.stores, None)
    now = standing.metadata
    if standing.state is not State.PROMOTED or now is None or standing.pointer is None:
        raise _not_promoted(standing, table)
    before = _before(failback.stores, table, now)
    known = {one.id for one in before.snapshots}
    here = tuple(_commit(one) for one in now.snapshots if one.id not in known)
    at_source = _at_source(failback, place, known | {one.id for one in now.snapshots}, now.uuid)
    back = PrefixMap.of(way_back(failback.request).items())
    difference = Difference(failback.stores, failback.files_at_once, before, now)
    files = {location: (kind, size) for kind, location, size in difference.files()}
    copies = tuple(
        FileToCopy(kind, location, back.map(location), size) for location, (kind, size) in files.items()
    )
    return TableFailback(table, now.properties[PROMOTED], standing.pointer, here, at_source, copies)


def _not_promoted(standing: Standing, table: TableName) -> BcnError:
    if standing.state is State.ABSENT:
        return NotFound(f"the standby catalog has no table {table}", hint="check the table's name")
    if standing.metadata is None:
        return Conflict(
            f"{standing.pointer} of {table} cannot be read: what was written here cannot be told",
            hint="look who removed it; a replicator that deletes what the source lacks must not run after a promotion",
        )
    if standing.state is State.REPLICA:
        return Conflict(
            f"{table} was not promoted: nothing was written here that the source does not have",
            hint="the source's own table goes on; bcn sync follows it",
        )
    return Conflict(
        f"{table} was not promoted, yet somebody wrote to it: the catalog points at {standing.pointer}",
        hint="a replica that somebody wrote to has no known beginning; compare it by hand",
    )


def _before(stores: Stores, table: TableName, now: TableMetadata) -> TableMetadata:
    """The version that was promoted."""
    location = now.properties.get(PROMOTED_FROM)
    if location is None:
        raise Conflict(
            f"somebody removed the property {PROMOTED_FROM} of {table}: what has changed since cannot be told",
            hint="copy the whole table back",
        )
    try:
        return parse(stores.read(location), location)
    except NotFound as error:
        raise NotFound(
            f"{location}, which {table} was promoted from, is gone: what has changed since cannot be told",
            hint="copy the whole table back",
        ) from error


def _at_source(failback: Failback, place: str, shown: set[int], uuid: str | None) -> tuple[Commit, ...]:
    folder = look_into(failback.stores, place)
    head = find_versions(failback.stores, folder.files, failback.request.mapping).newest(uuid)
    if head is None or head.metadata.uuid != uuid:
        return ()
    return tuple(_commit(one) for one in head.metadata.snapshots if one.id not in shown)


def _commit(snapshot: Snapshot) -> Commit:
    return Commit(
        snapshot.id,
        instant_of(snapshot.timestamp_ms),
        snapshot.summary.get("operation", "unknown"),
        snapshot.added_records or 0,
        snapshot.deleted_records or 0,
    )
