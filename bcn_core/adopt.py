"""Adopt: Parquet files whose Iceberg metadata was not replicated become a new table. The lesser way to a standby.

Files alone do not tell the table's history, its deletes, or which of them were live. So the new table is right only for
files that were added and never taken away; where anything speaks against that, it is refused. `bcn sync` is the way
for tables whose metadata is there.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bcn_core.adopting.files import OWNED
from bcn_core.adopting.planning import Draft, draft
from bcn_core.adopting.writing import Making, write
from bcn_core.catalogs.catalog import Catalog
from bcn_core.errors import Conflict, InvalidRequest
from bcn_core.events import Report, TableAdopted, silent
from bcn_core.locations import overlap
from bcn_core.names import Scope, TableName, rfc3339
from bcn_core.registering import metadata_kept
from bcn_core.storage.opening import Stores, absolute

ADOPTED = "bcn.adopted"
"""The table property that says when a table was made from files alone."""
_HOME = re.compile(rf"/(?:metadata|{OWNED})/")
WARNING = (
    "made from files alone: no history, no tags, no field ids of the source, and every file counts as live; "
    "replicate the metadata and use bcn sync where that can be had"
)


@dataclass(frozen=True, slots=True)
class Adopt:
    """What is to be adopted: the files below ``place``, as a table of the standby catalog.

    ``append_only``: somebody knows that the source only ever appended. Files that Iceberg wrote are taken with that
    word alone, since old versions of rewritten files look like live ones.
    """

    standby: Catalog
    stores: Stores
    table: TableName
    place: str
    append_only: bool = False
    report: Report = silent
    files_at_once: int = 4


@dataclass(frozen=True, slots=True)
class Adoption:
    """What is decided: columns and partitions with their types, files and rows, and what a person should know.

    ``metadata_location`` is what the catalog names, None while nothing is written.
    """

    table: TableName
    place: str
    columns: dict[str, str]
    partitions: tuple[str, ...]
    files: int
    rows: int
    bytes: int
    notes: tuple[str, ...] = field(default=())
    warning: str = WARNING
    metadata_location: str | None = None


def plan_adoption(adopt: Adopt) -> Adoption:
    """Decide, write nothing.

    Raises:
        BcnError: the files cannot be taken for a table, or its name or place is taken.
    """
    return _told(adopt, _decided(adopt))


def adopt_table(adopt: Adopt) -> Adoption:
    """Make the table. The catalog is told last, in one step; the files stay where and as they are.

    Raises:
        BcnError: as in the plan, or a store or the catalog did not do it; then no table is there.
    """
    found = _decided(adopt)
    now = datetime.now(UTC)
    # The files are the replicator's: no engine may remove one until somebody decides that the table is its own.
    properties = {ADOPTED: rfc3339(now), "gc.enabled": "false"}
    place = absolute(adopt.place)
    location = write(Making(adopt.stores, place, properties, now, adopt.files_at_once), found)
    adopt.standby.create_database(adopt.table.namespace, {})
    with metadata_kept(adopt.stores, location):
        adopt.standby.register(adopt.table, location)
    adopt.report(TableAdopted(adopt.table, len(found.files)))
    return _told(adopt, found, location)


def _decided(adopt: Adopt) -> Draft:
    place = absolute(adopt.place)
    _refuse_taken(adopt, place)
    found = draft(adopt.stores, place, adopt.files_at_once)
    if found.has_ids and not adopt.append_only:
        raise InvalidRequest(
            f"Iceberg wrote the files of {adopt.place}: deletes and compaction leave old files beside new ones",
            hint="replicate the metadata and run bcn sync; "
            "if rows were only ever appended, and nothing was rewritten, say so: --append-only",
        )
    return found


def _refuse_taken(adopt: Adopt, place: str) -> None:
    known = adopt.standby.sweep(Scope(adopt.standby.name))
    spelled = adopt.standby.spelled(adopt.table)
    if spelled in known.pointers or spelled in known.unreadable or spelled in known.views:
        raise Conflict(
            f"the standby catalog has {adopt.table} already",
            hint="nothing is added to a table; choose another name",
        )
    for table, pointer in known.pointers.items():
        if overlap(_HOME.split(pointer)[0], place):
            raise Conflict(
                f"{adopt.place} is a place of {table}: {pointer}", hint="one place holds one table"
            )


def _told(adopt: Adopt, found: Draft, location: str | None = None) -> Adoption:
    return Adoption(
        adopt.table,
        absolute(adopt.place),
        {one.name: str(one.field_type) for one in found.schema.fields},
        tuple(key.name for key in found.keys),
        len(found.files),
        sum(one.rows for one in found.files),
        sum(one.file.size for one in found.files),
        found.notes,
        metadata_location=location,
    )
