"""Promote: a standby table becomes a table of its own, with its own writers. For the day that the source is lost.

What it shows is what there will be: how far that is behind what has arrived is said before anything is written. The
table's own properties come back (``gc.enabled``), and the catalog is told last, in one step.
"""

import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from bcn_core.catalogs.catalog import Catalog
from bcn_core.copying import put_same
from bcn_core.errors import BcnError, Conflict, NotFound
from bcn_core.events import Report, TableFailed, TablePromoted, silent
from bcn_core.iceberg.metadata import TableMetadata, render
from bcn_core.iceberg.metadata_names import version_in
from bcn_core.names import TableName, instant_of, rfc3339
from bcn_core.replication.planning import Planner
from bcn_core.replication.request import Lag, SyncRequest
from bcn_core.replication.standing import (
    FORMER_GC,
    GC,
    PROMOTED,
    PROMOTED_FROM,
    VERSION,
    Standing,
    State,
    standing_of,
)
from bcn_core.storage.opening import Stores


@dataclass(frozen=True, slots=True)
class Promote:
    """The standby's end of a failover. ``as_is``: promote what a table shows, whatever else has arrived."""

    standby: Catalog
    stores: Stores
    request: SyncRequest
    report: Report = silent
    as_is: bool = False
    tables_at_once: int = 2
    files_at_once: int = 4


@dataclass(frozen=True, slots=True)
class Promotion:
    """What is decided for a table. ``lag``: how far it is behind what has arrived, None where that cannot be told.

    ``shown_at``: when the version that it shows was written at the source; every later commit may be lost.
    """

    table: TableName
    action: Literal["promote", "none", "refuse"]
    version: str | None = None
    shown_at: datetime | None = None
    lag: Lag | None = None
    gc_enabled: str | None = None
    metadata_location: str | None = None
    refusal: BcnError | None = None


def plan_promotion(promote: Promote) -> tuple[Promotion, ...]:
    """Decide for every table of the request, write nothing."""
    return _each(promote, lambda table, place: _decide(promote, table, place)[0])


def promote_all(promote: Promote) -> tuple[Promotion, ...]:
    """Make the tables writable, each for itself; one that is refused stays a replica."""
    return _each(promote, lambda table, place: _promote(promote, table, place))


def _each(promote: Promote, act: Callable[[TableName, str], Promotion]) -> tuple[Promotion, ...]:
    def attempt(item: tuple[TableName, str]) -> Promotion:
        try:
            return act(*item)
        except BcnError as error:
            promote.report(TableFailed(item[0], error.message))
            return Promotion(item[0], "refuse", refusal=error)

    with ThreadPoolExecutor(promote.tables_at_once) as pool:
        return tuple(pool.map(attempt, promote.request.tables.items()))


def _decide(promote: Promote, table: TableName, place: str) -> tuple[Promotion, Standing]:
    standing = standing_of(promote.standby, table, promote.stores, None)
    if standing.state is State.ABSENT:
        raise NotFound(f"the standby catalog has no table {table}", hint="bring it there first: bcn sync")
    if standing.state is State.PROMOTED:
        return Promotion(table, "none", standing.version, metadata_location=standing.pointer), standing
    standing, lag = _looked_at(promote, table, place, standing)
    metadata = standing.metadata
    if metadata is None:
        raise Conflict(f"{standing.pointer} of {table} cannot be read", hint="set it anew first: bcn sync")
    shown = instant_of(metadata.last_updated_ms)
    decided = Promotion(table, "promote", standing.version, shown, lag, _former_gc(metadata.properties))
    return decided, standing


def _looked_at(
    promote: Promote, table: TableName, place: str, standing: Standing
) -> tuple[Standing, Lag | None]:
    """How the table stands to what has arrived."""
    planner = Planner(promote.standby, promote.stores, promote.request, promote.files_at_once)
    try:
        prepared = planner.prepare(table, place)
    except BcnError:
        if promote.as_is and standing.state is State.REPLICA:
            return standing, None
        raise
    if prepared.plan.action != "none" and not promote.as_is:
        raise Conflict(
            f"{table} shows {standing.version}, and {prepared.plan.version} has arrived whole",
            hint="run bcn sync first; to promote what is shown, add --as-is",
        )
    lag = prepared.plan.lag if prepared.plan.action == "none" else None
    return prepared.standing, lag


def _promote(promote: Promote, table: TableName, place: str) -> Promotion:
    decided, standing = _decide(promote, table, place)
    metadata, pointer = standing.metadata, standing.pointer
    if decided.action == "none" or metadata is None or pointer is None:
        return decided
    name = standing.version or pointer.rpartition("/")[2]
    location = _new_place(metadata, name)
    raw = _writable(metadata, pointer, name, datetime.now(UTC))
    store, key = promote.stores.holding(location)
    put_same(store, key, render(raw, location))
    try:
        promote.standby.replace(table, pointer, location)
    except Conflict:
        # An earlier try whose answer was lost may have done it. Else nobody names the file, and nobody must find it:
        # with the same prefixes at both sites the next sync would take it for the newest version.
        if promote.standby.pointer(table) != location:
            store.delete(key)
            raise
    promote.report(TablePromoted(table, name))
    return replace(decided, metadata_location=location)


def _new_place(metadata: TableMetadata, name: str) -> str:
    """Where the table's writers would put its next metadata file; no replicated file has that name."""
    folder = metadata.properties.get("write.metadata.path", f"{metadata.location.rstrip('/')}/metadata")
    return f"{folder.rstrip('/')}/{(version_in(name) or 0) + 1:05d}-{uuid.uuid4()}.metadata.json"


def _writable(metadata: TableMetadata, pointer: str, name: str, now: datetime) -> dict[str, Any]:
    properties = metadata.properties
    if FORMER_GC in properties:
        former = properties.pop(FORMER_GC)
        properties.pop(GC, None)
        properties |= {GC: former} if former else {}
    properties |= {VERSION: name, PROMOTED: rfc3339(now), PROMOTED_FROM: pointer}
    log = [
        *(metadata.raw.get("metadata-log") or ()),
        {"timestamp-ms": metadata.last_updated_ms, "metadata-file": pointer},
    ]
    updated = max(int(now.timestamp() * 1000), metadata.last_updated_ms)
    return {**metadata.raw, "properties": properties, "metadata-log": log, "last-updated-ms": updated}


def _former_gc(properties: Mapping[str, str]) -> str | None:
    """What ``gc.enabled`` will be; None where it is not set."""
    return properties.get(FORMER_GC, properties.get(GC)) or None
