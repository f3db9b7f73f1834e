"""How a table stands in the standby catalog: not yet there, as BCN left it, promoted, or changed by somebody else.

Nothing but the table itself tells: metadata that BCN writes bears the name of the version that it is of, and a writer
that commits to the table carries the property on into a file of another name.
"""

from dataclasses import dataclass
from enum import Enum

from bcn_core.catalogs.catalog import Catalog
from bcn_core.errors import Conflict, InvalidTableFile, NotFound
from bcn_core.iceberg.metadata import TableMetadata, parse
from bcn_core.names import TableName
from bcn_core.replication.sites import OWNED
from bcn_core.replication.versions import Versions
from bcn_core.storage.opening import Stores

VERSION = "bcn.standby.version"
"""Property: the name of the source's metadata file that a rewritten one is made from."""
FORMER_GC = "bcn.standby.former-gc-enabled"
"""Property: what ``gc.enabled`` was at the source; empty where it was not set."""
PROMOTED = "bcn.standby.promoted-at"
"""Property: when the standby became writable (RFC 3339); its absence makes a replica."""
PROMOTED_FROM = "bcn.standby.promoted-from"
"""Property: the metadata file that was current when the standby became writable."""
GC = "gc.enabled"


class State(Enum):
    """What sync may do with a table."""

    ABSENT = "absent"
    REPLICA = "replica"
    PROMOTED = "promoted"
    DIVERGED = "diverged"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Standing:
    """A table in the standby catalog; ``version``: the name of the source's metadata file that it shows."""

    state: State
    pointer: str | None = None
    metadata: TableMetadata | None = None
    version: str | None = None


def standing_of(catalog: Catalog, table: TableName, stores: Stores, versions: Versions | None) -> Standing:
    """Look at a table in the standby catalog.

    ``versions``: what the replicator brought; a pointer to one of these files is BCN's own where both sites have the
    same prefixes. Such a pointer whose file is gone or damaged is BROKEN: the replicator may have been at it. Of any
    other file that cannot be read nobody knows whether a writer of the standby counts on it.
    """
    pointer = catalog.pointer(table)
    if pointer is None:
        return Standing(State.ABSENT)
    name = pointer.rpartition("/")[2]
    try:
        metadata = parse(stores.read(pointer), pointer)
    except (NotFound, InvalidTableFile):
        is_ours = f"/{OWNED}/" in pointer or (versions is not None and versions.have(pointer))
        return Standing(State.BROKEN, pointer, version=name) if is_ours else Standing(State.DIVERGED, pointer)
    properties = metadata.properties
    if PROMOTED in properties:
        return Standing(State.PROMOTED, pointer, metadata, properties.get(VERSION))
    if properties.get(VERSION) == name:
        return Standing(State.REPLICA, pointer, metadata, name)
    if versions is not None and versions.stem_from(pointer):
        return Standing(State.REPLICA, pointer, metadata, name)
    return Standing(State.DIVERGED, pointer, metadata, properties.get(VERSION))


def check_replica(standing: Standing, table: TableName, *, replace: bool) -> None:
    """A table that somebody writes to is no replica: what was written to it would be lost.

    ``replace``: somebody has said that it may be.

    Raises:
        Conflict: it was promoted, or its pointer is not one that BCN wrote.
    """
    if replace or standing.state not in (State.PROMOTED, State.DIVERGED):
        return
    if standing.state is State.PROMOTED:
        said = standing.metadata.properties[PROMOTED] if standing.metadata else ""
        raise Conflict(
            f"{table} was promoted at {said}: it is no replica any more, and has its own writers",
            hint="see: bcn failback; or, if what was written to it may be lost, add --replace-diverged",
        )
    raise Conflict(
        f"{table} has diverged: the standby catalog points at {standing.pointer}, which BCN did not write",
        hint="save what was written there; if it may be lost, add --replace-diverged",
    )
