"""What changed between a PIT and a sweep. One function serves backups, sensors, ``describe`` and the PIT manifest.

Identity is the table's UUID: the same UUID under a new name is a rename, a new UUID under the same name is a table that
was dropped and created again. A table without UUID (format v1) is known by name and location alone.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bcn_core.catalogs.catalog import Sweep
from bcn_core.copying import in_parallel
from bcn_core.errors import BcnError
from bcn_core.iceberg.columns import column_changes
from bcn_core.iceberg.metadata import TableMetadata
from bcn_core.locations import is_within
from bcn_core.names import TableName
from bcn_core.repository.documents import Fingerprint, SqlView, TableEntry

ViewChange = Literal["new", "replaced", "dropped", "unreadable"]
_PARTS = {
    "schema": "schema_digest",
    "spec": "spec_digest",
    "order": "order_digest",
    "properties": "properties_digest",
}


@dataclass(frozen=True, slots=True)
class TableState:
    """What one metadata file says about its table, as far as changes are concerned."""

    pointer: str
    uuid: str | None
    location: str
    format_version: int
    schema: Mapping[str, Any]
    schema_id: int
    snapshot_id: int | None
    last_updated_ms: int
    rows: int | None
    bytes: int | None
    files: int
    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True)
class Changed:
    """A table that must be captured: its state now, the kinds of change, and its name in the PIT, if it was there."""

    state: TableState
    kinds: tuple[str, ...]
    columns: tuple[str, ...] = ()
    before: TableName | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything that a sweep shows against a PIT.

    ``standing`` maps tables whose pointer did not move to their name in the PIT, ``renamed`` new names to old ones;
    ``recreated`` gives the old and the new UUID; ``uuids`` are those of the sweep's tables.
    """

    changed: Mapping[TableName, Changed]
    standing: Mapping[TableName, TableName]
    renamed: Mapping[TableName, TableName]
    recreated: Mapping[TableName, tuple[str | None, str | None]]
    dropped: tuple[TableName, ...]
    shared: tuple[tuple[TableName, ...], ...]
    unreadable: Mapping[TableName, str]
    uuids: Mapping[TableName, str]

    @property
    def any(self) -> bool:
        """Whether there is anything that a new PIT would record."""
        return bool(self.changed or self.renamed or self.recreated or self.dropped or self.unreadable)


def view_changes(
    known: Mapping[TableName, SqlView], now: Mapping[TableName, str], unreadable: Collection[TableName] = ()
) -> dict[TableName, ViewChange]:
    """What became of Iceberg views since a PIT, by their pointers alone: none of their files is read."""
    found: dict[TableName, ViewChange] = dict.fromkeys(now.keys() - known.keys(), "new")
    found |= {view: "replaced" for view in now.keys() & known.keys() if known[view].pointer != now[view]}
    found |= dict.fromkeys(known.keys() - now.keys() - set(unreadable), "dropped")
    found |= dict.fromkeys(unreadable, "unreadable")
    return dict(sorted(found.items()))


def state_of(metadata: TableMetadata) -> TableState:
    """The state that a metadata file describes."""
    current = metadata.current_snapshot
    return TableState(
        pointer=metadata.location_of_file,
        uuid=metadata.uuid,
        location=metadata.location,
        format_version=metadata.format_version,
        schema=metadata.current_schema,
        schema_id=metadata.schema_id,
        snapshot_id=metadata.current_snapshot_id,
        last_updated_ms=metadata.last_updated_ms,
        rows=0 if current is None else current.record_count,
        bytes=0 if current is None else current.total_bytes,
        files=0 if current is None else (current.total_data_files or 0) + (current.total_delete_files or 0),
        fingerprint=fingerprint(metadata),
    )


def fingerprint(metadata: TableMetadata) -> Fingerprint:
    """Digests of schema, partition spec, sort order and properties."""
    return Fingerprint(
        schema_digest=_digest(metadata.current_schema),
        spec_digest=_digest(metadata.current_spec),
        order_digest=_digest(metadata.current_sort_order),
        properties_digest=_digest(metadata.properties),
    )


def compare(
    known: Mapping[TableName, TableEntry],
    sweep: Sweep,
    read_state: Callable[[str], TableState],
    known_schema: Callable[[TableEntry], Mapping[str, Any]],
) -> Changes:
    """Hold a sweep against the tables of a PIT; metadata is read only where a pointer is new.

    ``read_state`` reads the state behind a pointer, ``known_schema`` gives the schema of a table of the PIT.
    A table whose metadata cannot be read is unreadable, never dropped.

    Raises:
        BcnError: ``known_schema`` cannot read the PIT's own record of a table.
    """
    states, unreadable = _read_new(known, sweep, read_state)
    by_name = _Names(known, sweep, states)
    standing = by_name.standing()
    before = {**{table: by_name.before(table) for table in states}, **standing}
    renamed = {table: old for table, old in before.items() if old is not None and old != table}
    recreated = {
        table: (known[table].uuid, states[table].uuid) for table in states if by_name.took_a_name(table)
    }
    gone = known.keys() - sweep.pointers.keys() - set(renamed.values()) - unreadable.keys()
    return Changes(
        changed={
            table: Changed(state, ("recreated",))
            if table in recreated
            else _changed(state, before[table], known, known_schema)
            for table, state in states.items()
        },
        standing=standing,
        renamed=renamed,
        recreated=recreated,
        dropped=tuple(sorted(gone)),
        shared=by_name.shared(),
        unreadable=unreadable,
        uuids=by_name.uuids(),
    )


def _read_new(
    known: Mapping[TableName, TableEntry], sweep: Sweep, read_state: Callable[[str], TableState]
) -> tuple[dict[TableName, TableState], dict[TableName, str]]:
    """The states behind pointers that are news to the PIT, and the tables whose state cannot be read."""
    # A table that a PIT holds in part alone is news to the next one, though its pointer stands still.
    seen = {entry.pointer for entry in known.values() if entry.coverage is None}
    new = [table for table, pointer in sweep.pointers.items() if pointer not in seen]

    def read(table: TableName) -> TableState | BcnError:
        try:
            return read_state(sweep.pointers[table])
        except BcnError as error:
            return error

    found = dict(zip(new, in_parallel(read, new), strict=True))
    twins = list(_twins(known, sweep, found))
    found |= dict(zip(twins, in_parallel(read, twins), strict=True))
    states = {table: state for table, state in found.items() if isinstance(state, TableState)}
    failed = {table: state.message for table, state in found.items() if isinstance(state, BcnError)}
    return states, {**sweep.unreadable, **failed}


def _twins(
    known: Mapping[TableName, TableEntry], sweep: Sweep, found: Mapping[TableName, TableState | BcnError]
) -> Iterator[TableName]:
    """New names for the pointer of a table that still lives under its own: registered twice, not renamed."""
    at_pointer = {entry.pointer: table for table, entry in known.items()}
    for table, pointer in sweep.pointers.items():
        original = at_pointer.get(pointer, table)
        if original == table or (table in known and known[table].pointer == pointer):
            continue
        moved = found.get(original)
        stays = sweep.pointers.get(original) == pointer
        # One that cannot be read may well be the same table; a wrong guess here would let it drop out of the PIT.
        lives_on = isinstance(moved, BcnError) or (moved is not None and moved.uuid == known[original].uuid)
        if stays or lives_on:
            yield table


class _Names:
    """Which table of the PIT is which table of the sweep."""

    def __init__(
        self, known: Mapping[TableName, TableEntry], sweep: Sweep, states: Mapping[TableName, TableState]
    ) -> None:
        self._known = known
        self._states = states
        self._at_pointer = {entry.pointer: table for table, entry in known.items()}
        self._still = {
            table: pointer
            for table, pointer in sweep.pointers.items()
            if pointer in self._at_pointer and table not in states
        }
        self._of_uuid = {entry.uuid: table for table, entry in known.items() if entry.uuid is not None}
        self._now: dict[str, list[TableName]] = defaultdict(list)
        for table in sweep.pointers:
            uuid = self._uuid_now(table)
            if uuid is not None:
                self._now[uuid].append(table)

    def before(self, table: TableName) -> TableName | None:
        """The PIT's name of a table whose pointer moved; None for one that the PIT does not have."""
        state, same_name = self._states[table], self._known.get(table)
        if state.uuid is None:
            same = (
                same_name is not None
                and same_name.uuid is None
                and is_within(same_name.pointer, state.location)
            )
            return table if same else None
        if same_name is not None and same_name.uuid == state.uuid:
            return table
        old = self._of_uuid.get(state.uuid)
        return None if old is None or old in self._now[state.uuid] else old

    def took_a_name(self, table: TableName) -> bool:
        """Whether a table that the PIT does not have bears a name of the PIT's whose table is gone: created anew.

        Where that one lives on under another name, it was renamed, and this one is simply new.
        """
        known = self._known.get(table)
        if known is None or self.before(table) is not None:
            return False
        return known.uuid is None or all(other == table for other in self._now[known.uuid])

    def standing(self) -> dict[TableName, TableName]:
        """Tables whose pointer is one of the PIT's, with their name there."""
        found = {}
        for table, pointer in self._still.items():
            own = self._known.get(table)
            found[table] = table if own is not None and own.pointer == pointer else self._at_pointer[pointer]
        return found

    def shared(self) -> tuple[tuple[TableName, ...], ...]:
        """Tables that share one UUID: registered twice, not renamed."""
        return tuple(tuple(sorted(tables)) for tables in self._now.values() if len(tables) > 1)

    def uuids(self) -> dict[TableName, str]:
        """The UUIDs of the sweep's tables, as far as they have one."""
        return {table: uuid for uuid, tables in self._now.items() for table in tables}

    def _uuid_now(self, table: TableName) -> str | None:
        if table in self._states:
            return self._states[table].uuid
        pointer = self._still.get(table)
        return None if pointer is None else self._known[self._at_pointer[pointer]].uuid


def _changed(
    state: TableState,
    before: TableName | None,
    known: Mapping[TableName, TableEntry],
    known_schema: Callable[[TableEntry], Mapping[str, Any]],
) -> Changed:
    if before is None:
        return Changed(state, ("new",))
    entry = known[before]
    kinds = [
        name
        for name, field in _PARTS.items()
        if getattr(entry.fingerprint, field) != getattr(state.fingerprint, field)
    ]
    if entry.table_format_version != state.format_version:
        kinds.append("format")
    if entry.snapshot_id != state.snapshot_id:
        kinds.append("data")
    if entry.coverage is not None:
        kinds.append("coverage")
    columns: tuple[str, ...] = ()
    if "schema" in kinds:
        columns = tuple(str(one) for one in column_changes(dict(known_schema(entry)), dict(state.schema)))
    return Changed(state, tuple(kinds) or ("metadata",), columns, before)


def _digest(part: Mapping[str, Any]) -> str:
    text = json.dumps(part, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
