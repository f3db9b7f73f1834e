"""Fixing what a PIT must contain: two equal sweeps, and what changed since the PIT before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from bcn_core.capture.past import PastTable, at_instant
from bcn_core.capture.reach import Reach
from bcn_core.capture.unforeseen import its_own_failure
from bcn_core.catalogs.catalog import Catalog, Sweep
from bcn_core.changes import Changed, Changes, TableState, compare, state_of
from bcn_core.copying import in_parallel
from bcn_core.counting import counted
from bcn_core.errors import InvalidTableFile, NotFound, SourceDamaged
from bcn_core.events import Report, SweepRepeated, Warned
from bcn_core.iceberg.metadata import parse
from bcn_core.names import Scope, TableName, nearest, pit_instant
from bcn_core.repository.documents import (
    Consistency,
    DatabaseRecord,
    FailedTable,
    PitManifest,
    Plan,
    PlannedCapture,
    PlannedSqlView,
    Recreated,
    Renamed,
    SqlView,
    TableEntry,
    TableRef,
)
from bcn_core.repository.looks import Look, look
from bcn_core.repository.repository import Repository, tables_in, views_in
from bcn_core.storage.opening import Stores

_SWEEPS = 5


@dataclass(frozen=True, slots=True)
class Source:
    """Where a PIT's contents come from; ``within``: what lies elsewhere is not read. None: wherever BCN may read."""

    catalog: Catalog
    stores: Stores
    report: Report
    within: tuple[str, ...] = ()

    def state(self, pointer: str) -> TableState:
        """Read what a pointer's metadata file says.

        Raises:
            SourceDamaged: the file is not a metadata file.
            ObjectMissing: it is not there, or out of reach.
        """
        try:
            with its_own_failure(pointer):
                Reach(pointer, self.within).check(pointer)
                return state_of(parse(self.stores.read(pointer), pointer))
        except InvalidTableFile as error:
            raise SourceDamaged(error.message) from error


@dataclass(frozen=True, slots=True)
class Parent:
    """The PIT that a new one stands on; empty before the first."""

    manifest: PitManifest | None = None
    tables: Mapping[TableName, TableEntry] = field(default_factory=dict)
    views: Mapping[TableName, SqlView] = field(default_factory=dict)

    @classmethod
    def of(cls, repository: Repository, pit: str) -> "Parent":
        """Read a PIT and what it holds."""
        manifest = repository.pit(pit)
        indexes = repository.indexes(manifest)
        return cls(manifest, tables_in(indexes), views_in(indexes))


def parent_of(repository: Repository, pit: str, seen: Look | None = None) -> Parent:
    """The newest PIT before an instant, with its tables; ``seen`` is what a run saw after it had put its pin."""
    seen = seen or look(repository)
    earlier = [known for known in seen.usable if known < pit]
    if not earlier:
        return Parent()
    parent = Parent.of(repository, earlier[-1])
    return replace(parent, tables=seen.usable_tables(parent.tables))


def consistent_sweep(catalog: Catalog, scope: Scope, report: Report) -> tuple[Sweep, Consistency]:
    """Sweep until two sweeps in a row are the same: then all pointers belong to one instant (relocation.md 5)."""
    started = datetime.now(UTC)
    last = catalog.sweep(scope)
    moved: set[TableName] = set()
    for attempt in range(1, _SWEEPS + 1):
        current = catalog.sweep(scope)
        if current.shows_the_same(last):
            return current, Consistency(mode="consistent", commit=current.commit)
        moved = {table for table, _ in set(last.pointers.items()) ^ set(current.pointers.items())}
        report(SweepRepeated(attempt, len(moved)))
        last = current
    window = int((datetime.now(UTC) - started).total_seconds() * 1000)
    return last, Consistency(mode="skewed", window_ms=window, moved=_refs(moved))


def changes_since(repository: Repository, parent: Parent, sweep: Sweep, source: Source) -> Changes:
    """What a sweep shows against the parent PIT."""

    def known_schema(entry: TableEntry) -> Mapping[str, Any]:
        return repository.capture(entry).table_schema

    return compare(parent.tables, sweep, source.state, known_schema)


def plan_pit(
    repository: Repository, source: Source, pit: str, only: frozenset[TableName] | None, seen: Look
) -> Plan:
    """What the PIT of the present instant must contain; ``only`` limits what is captured, the rest is carried."""
    parent = parent_of(repository, pit, seen)
    for _ in range(_SWEEPS):
        sweep, consistency = consistent_sweep(source.catalog, repository.scope, source.report)
        changes = changes_since(repository, parent, sweep, source)
        if not _moved_on(changes, sweep, source.catalog):
            break
    if parent.manifest is None:
        check_scope(repository.scope, sweep, source.catalog)
    wanted = {table: changed for table, changed in changes.changed.items() if only is None or table in only}
    left_out = changes.changed.keys() - wanted.keys()
    return _frame(repository, pit, sweep, parent).model_copy(
        update={
            "consistency": consistency,
            "captures": tuple(_planned(table, changed) for table, changed in sorted(wanted.items())),
            "carried": _refs(_carried(changes, left_out, parent)),
            "dropped": _refs(changes.dropped),
            "renamed": _renamed(changes, left_out),
            "recreated": tuple(
                Recreated(table=TableRef.of(table), old_uuid=old, new_uuid=new)
                for table, (old, new) in sorted(changes.recreated.items())
                if table in wanted
            ),
            "unreadable": _failed(changes.unreadable) + _never_captured(changes, left_out, parent),
            "shared_uuids": tuple(_refs(group) for group in changes.shared),
            "reuses": _reuses(seen, parent, wanted.values()),
            "sql_views": tuple(
                PlannedSqlView(view=TableRef.of(view), pointer=pointer)
                for view, pointer in sorted(sweep.views.items())
            ),
            "unreadable_views": _failed(sweep.unreadable_views),
        }
    )


def _reuses(seen: Look, parent: Parent, wanted: Iterable[Changed]) -> tuple[str, ...]:
    """The parent, and the last PITs of dropped tables that are back with their UUID: what those hold is known."""
    if parent.manifest is None:
        return ()
    back = {changed.state.uuid for changed in wanted if changed.before is None} - {None}
    last = {one.last_pit for one in parent.manifest.deleted_tables if one.uuid in back}
    return tuple(sorted({parent.manifest.pit, *last.intersection(seen.usable)}))


def plan_past(repository: Repository, source: Source, pit: str, seen: Look) -> Plan:
    """What a PIT of a past instant must contain: each table as its own metadata remembers it.

    Tables that the source has dropped since cannot be asked; they are carried from the PIT before, if it has them.
    """
    instant_ms = int(pit_instant(pit).timestamp() * 1000)
    sweep, _ = consistent_sweep(source.catalog, repository.scope, source.report)
    if sweep.views:
        source.report(
            Warned(f"{counted(len(sweep.views), 'view')} left out: a PIT of the past holds tables alone")
        )
    parent = parent_of(repository, pit, seen)
    found = in_parallel(
        lambda pointer: at_instant(source.stores, Reach(pointer, source.within), instant_ms),
        sweep.pointers.values(),
    )
    past = dict(zip(sweep.pointers, found, strict=True))
    failed = {table: one for table, one in past.items() if isinstance(one, str)} | dict(sweep.unreadable)
    frame = _frame(repository, pit, sweep, parent)
    return frame.model_copy(
        update={
            "reuses": tuple(sorted({*frame.reuses, *seen.usable[-1:]})),
            "captures": tuple(
                one.planned(table) for table, one in sorted(past.items()) if isinstance(one, PastTable)
            ),
            "carried": _refs(_carried_then(parent, sweep, past, failed)),
            "unreadable": _failed(failed),
            "not_yet_created": _refs(table for table, one in past.items() if one is None),
        }
    )


def _carried_then(
    parent: Parent, sweep: Sweep, past: Mapping[TableName, object], failed: Mapping[TableName, str]
) -> set[TableName]:
    """Tables that the source has dropped since, or cannot show; not those that only have another name now."""
    here = {one.uuid for one in past.values() if isinstance(one, PastTable) and one.uuid is not None}
    dropped = {
        table
        for table, entry in parent.tables.items()
        if table not in sweep.pointers and entry.uuid not in here
    }
    return dropped | (parent.tables.keys() & failed.keys())


def _frame(repository: Repository, pit: str, sweep: Sweep, parent: Parent) -> Plan:
    """What every plan says, before it says what to do."""
    before = parent.manifest.pit if parent.manifest else None
    return Plan(
        repository_id=repository.manifest.repository_id,
        pit=pit,
        pit_timestamp=pit_instant(pit),
        swept_at=repository.now(),
        parent=repository.pit_ref(before) if before else None,
        reuses=(before,) if before else (),
        consistency=Consistency(mode="as_of"),
        databases=tuple(
            DatabaseRecord(namespace=namespace, properties=dict(held))
            for namespace, held in sorted(sweep.databases.items())
        ),
        captures=(),
    )


def _moved_on(changes: Changes, sweep: Sweep, catalog: Catalog) -> bool:
    """Whether a table that cannot be read just moved on, and its writer cleaned the old metadata file away."""
    suspects = changes.unreadable.keys() & sweep.pointers.keys()
    return any(catalog.pointer(table) != sweep.pointers[table] for table in suspects)


def check_scope(scope: Scope, sweep: Sweep, catalog: Catalog) -> None:
    """At the first backup the scope must exist; later on its absence is a deletion, which PITs record.

    Raises:
        NotFound: it does not exist; the nearest names are offered.
    """
    if scope.database is None and not sweep.pointers and not sweep.unreadable:
        raise NotFound(
            f"catalog '{scope.catalog}' has no tables",
            hint="check the catalog's uri and its name, which a SQL catalog has in its database: nothing was backed up",
        )
    if scope.database is not None and not sweep.databases:
        known = [".".join(namespace) for namespace in catalog.sweep(Scope(scope.catalog)).databases]
        raise NotFound(
            f"catalog '{scope.catalog}' has no database '{scope.database}'",
            hint=nearest(scope.database, known),
        )
    if scope.table is not None and not sweep.pointers and not sweep.unreadable:
        known = [table.name for table in catalog.sweep(Scope(scope.catalog, scope.database)).pointers]
        raise NotFound(
            f"database '{scope.database}' has no table '{scope.table}'", hint=nearest(scope.table, known)
        )


def _carried(changes: Changes, left_out: Iterable[TableName], parent: Parent) -> set[TableName]:
    """Tables that changed, or cannot be read, and that stand on what the parent PIT has of them."""
    names = {changes.changed[table].before or table for table in left_out}
    return (names | changes.unreadable.keys()) & parent.tables.keys()


def _never_captured(
    changes: Changes, left_out: Iterable[TableName], parent: Parent
) -> tuple[FailedTable, ...]:
    new = [table for table in left_out if not changes.changed[table].before and table not in parent.tables]
    return _failed(dict.fromkeys(new, "new, and this PIT was asked for other tables only"))


def _renamed(changes: Changes, left_out: Iterable[TableName]) -> tuple[Renamed, ...]:
    """A renamed table that is left out keeps its old name in the PIT until it is captured."""
    seen = {new: old for new, old in changes.renamed.items() if new not in left_out}
    return tuple(
        Renamed(before=TableRef.of(old), after=TableRef.of(new), uuid=changes.uuids.get(new))
        for new, old in sorted(seen.items())
    )


def _failed(reasons: Mapping[TableName, str]) -> tuple[FailedTable, ...]:
    return tuple(FailedTable(table=TableRef.of(table), reason=why) for table, why in sorted(reasons.items()))


def _refs(tables: Iterable[TableName]) -> tuple[TableRef, ...]:
    return tuple(TableRef.of(table) for table in sorted(tables))


def _planned(table: TableName, changed: Changed) -> PlannedCapture:
    return PlannedCapture(
        table=TableRef.of(table),
        uuid=changed.state.uuid,
        pointer=changed.state.pointer,
        changes=changed.kinds,
        columns=changed.columns,
        previous=TableRef.of(changed.before) if changed.before else None,
    )
