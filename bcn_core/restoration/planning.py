"""The plan of a restore: every decision and every refusal, before anything is written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bcn_core.catalogs.catalog import Catalog, Sweep
from bcn_core.copying import in_parallel
from bcn_core.counting import counted
from bcn_core.errors import BcnError, Conflict, DamagedRepository, UnsupportedFormat
from bcn_core.iceberg.metadata import parse
from bcn_core.iceberg.snapshot_selection import HistoryMode
from bcn_core.locations import PrefixMap, canonical, is_within
from bcn_core.names import Scope, TableName
from bcn_core.repository.documents import CaptureRecord, PitManifest
from bcn_core.repository.files import StoredFile
from bcn_core.repository.remembering import remembering
from bcn_core.repository.repository import Repository
from bcn_core.restoration.contents import open_contents
from bcn_core.restoration.history import check_covered, narrowed
from bcn_core.restoration.places import Places
from bcn_core.restoration.preflight import (
    bytes_left_there,
    check_apart_from_source,
    check_apart_from_tables,
    check_distinct,
    check_objects,
    check_own_places,
    check_schema,
    places_of,
    unreadable_names,
)
from bcn_core.restoration.request import DatabasePlan, RestorePlan, RestoreRequest, SqlViewPlan, TablePlan
from bcn_core.restoration.room import short_of_room
from bcn_core.restoration.selection import Selected, select
from bcn_core.restoration.sql_views import ViewPlanner
from bcn_core.restoration.support import check_supported
from bcn_core.restoration.targets import (
    mapping_to,
    new_uuid,
    takes_the_place,
    target_location,
    target_names,
)
from bcn_core.storage.opening import Stores

_TABLES_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Planned:
    """A table's plan, and the bytes that its place lacks: 0 for one that is not written."""

    table: TablePlan
    lacks: int = 0


@dataclass(frozen=True, slots=True)
class Planner:
    """The two ends of a restore, while it is planned."""

    repository: Repository
    catalog: Catalog
    stores: Stores
    request: RestoreRequest
    existing: Sweep
    places: Places
    only: bool

    def plan(self, one: Selected, target: TableName) -> Planned:
        """Plan one table; what stands against it alone becomes its refusal, so that the others can go on."""
        try:
            record = self.repository.capture(one.entry)
        except (DamagedRepository, UnsupportedFormat) as error:
            return Planned(self._without_record(one, target, error))
        plan = self._drafted(one, target, record)
        if plan.expected == plan.metadata_location:
            return Planned(replace(plan, action="done"))
        if plan.expected is not None and self.request.on_conflict != "replace":
            return Planned(self._conflict(plan))
        try:
            return self._checked(plan, record)
        except BcnError as error:
            return Planned(_refused(plan, error))

    def _drafted(self, one: Selected, target: TableName, record: CaptureRecord) -> TablePlan:
        """The plan before anybody looked whether it can be carried out."""
        location = target_location(one.table, target, record, self.catalog, self.request, only=self.only)
        mapping = mapping_to(record, location)
        expected = self.existing.pointers.get(target)
        return TablePlan(
            source=one.table,
            target=target,
            pit=one.pit,
            status=one.status,
            entry=one.entry,
            action="create" if expected is None else "replace",
            location=location,
            metadata_location=mapping.map(record.pointer),
            mapping=mapping,
            uuid=self._uuid(one.table, target, record),
            files=record.files,
            bytes=record.bytes,
            rows=record.rows,
            expected=expected,
            notes=_notes(one, record),
            history=_history(self.request.history, record),
        )

    def _uuid(self, source: TableName, target: TableName, record: CaptureRecord) -> str | None:
        lost = takes_the_place(source, target, record, self.places)
        return new_uuid(self.repository.manifest, record, target, self.request.uuid, lost=lost)

    def _without_record(self, one: Selected, target: TableName, error: BcnError) -> TablePlan:
        """A table whose capture cannot be read has neither place nor paths; that must not stop its neighbours."""
        return TablePlan(
            source=one.table,
            target=target,
            pit=one.pit,
            status=one.status,
            entry=one.entry,
            action="refuse",
            location="",
            metadata_location="",
            mapping=PrefixMap({}),
            uuid=None,
            files=one.entry.files,
            bytes=one.entry.bytes,
            rows=one.entry.rows,
            refusal=error,
        )

    def _conflict(self, plan: TablePlan) -> TablePlan:
        if self.request.on_conflict == "skip":
            return replace(plan, action="skip")
        error = Conflict(
            f"{plan.target} exists already in catalog '{self.catalog.name}'",
            hint="choose another name (--target-table, --target-database), or --on-conflict skip, or replace",
        )
        return _refused(plan, error)

    def _checked(self, plan: TablePlan, record: CaptureRecord) -> Planned:
        contents = open_contents(self.repository, record, plan.history)
        check_covered(plan, contents)
        plan = narrowed(plan, contents)
        plan = replace(plan, notes=(*plan.notes, *unreadable_names(contents.files)))
        check_apart_from_source(record, plan.location)
        check_apart_from_tables(plan.location, self.places)
        check_objects(self.repository, contents.files, plan.source)
        if plan.mapping.is_identity:
            plan = replace(plan, notes=(*plan.notes, *check_own_places(record)))
        else:
            check_supported(contents, plan.source)

        def target_of(file: StoredFile) -> str:
            return plan.mapping.map(contents.location(file))

        if len(record.roots) > 1:
            # Paths of one root differ, and so do their targets; a list names a path once.
            check_distinct(contents.files, target_of)
        left = bytes_left_there(self.stores, plan.location, map(target_of, contents.files))
        if plan.expected is not None:
            existing = parse(self.stores.read(plan.expected), plan.expected)
            plan = replace(plan, notes=(*plan.notes, *check_schema(existing, record)))
        return Planned(plan, max(0, plan.bytes - left))


def make_plan(
    repository: Repository, catalog: Catalog, stores: Stores, request: RestoreRequest
) -> RestorePlan:
    """Decide everything about a restore; writes nothing.

    Raises:
        NotFound: no such PIT, or the filters leave no table.
        InvalidRequest: names collide, or nothing says where a table should go.
    """
    repository = remembering(repository)
    manifest = repository.pit(repository.select(request.pit))
    selected = select(repository, manifest, request)
    names = target_names(
        [*(one.table for one in selected.tables), *(view for view, _ in selected.views)], request, catalog
    )
    existing, only = catalog.sweep(Scope(catalog.name)), len(names) == 1
    places = places_of(existing)
    planner = Planner(repository, catalog, stores, request, existing, places, only)
    planned = in_parallel(lambda one: planner.plan(one, names[one.table]), selected.tables, _TABLES_AT_ONCE)
    tables = _with_room(stores, _apart(tuple(planned)))
    about_views = ViewPlanner(repository, catalog, request, existing, places, manifest.pit, only)
    views = tuple(about_views.plan(view, held, names[view]) for view, held in selected.views)
    return RestorePlan(
        pit=manifest.pit,
        pit_status=manifest.status,
        target_catalog=catalog.name or None,
        tables=tables,
        databases=_databases(repository, manifest, _written(tables + views), existing),
        notes=_pit_notes(manifest, len(selected.tables)),
        views=views,
    )


def _refused(plan: TablePlan, error: BcnError) -> TablePlan:
    return replace(plan, action="refuse", refusal=error)


def _written(everything: Iterable[TablePlan | SqlViewPlan]) -> list[TableName]:
    """The names of what is created or replaced."""
    return [one.target for one in everything if one.action in ("create", "replace")]


def _with_room(stores: Stores, planned: Sequence[Planned]) -> tuple[TablePlan, ...]:
    """Refuse tables for which there is no room, alone or together."""
    shorts = short_of_room(stores, [{one.table.location: one.lacks} if one.lacks else {} for one in planned])
    return tuple(
        _refused(one.table, short) if short else one.table for one, short in zip(planned, shorts, strict=True)
    )


def _apart(planned: Sequence[Planned]) -> list[Planned]:
    """Refuse tables whose place lies at or within that of another: cleaning up one would take files of the other.

    The usual places of ``sla`` and of a table named ``sla/sh`` do.
    """
    found = {one.table.target: one for one in planned}
    writing = [one.table for one in planned if one.table.action in ("create", "replace")]
    outer: TablePlan | None = None
    for plan in sorted(writing, key=lambda one: (f"{canonical(one.location).rstrip('/')}/", one.target)):
        if outer is None or not is_within(plan.location, outer.location):
            outer = plan
            continue
        error = Conflict(
            f"{plan.target} would lie at {plan.location}, within {outer.location} of {outer.target}",
            hint="keep them apart: --target-location 'PLACE/{database}/{table}'",
        )
        found[plan.target] = Planned(_refused(plan, error))
    return list(found.values())


def _databases(
    repository: Repository, manifest: PitManifest, targets: Iterable[TableName], existing: Sweep
) -> tuple[DatabasePlan, ...]:
    """The databases that the target lacks; one that keeps its name gets its properties back, but for its location."""
    held = {ref.namespace: ref for ref in manifest.indexes}
    wanted = sorted({target.namespace for target in targets} - existing.databases.keys())
    plans = []
    for namespace in wanted:
        properties: Mapping[str, str] = (
            repository.index(held[namespace]).properties if namespace in held else {}
        )
        kept = tuple((key, value) for key, value in sorted(properties.items()) if key != "location")
        plans.append(DatabasePlan(namespace, kept))
    return tuple(plans)


def _history(asked: HistoryMode, record: CaptureRecord) -> HistoryMode:
    """Of a table that is held whole, what is covered is all of it, older metadata files included."""
    return "full" if asked == "covered" and record.coverage is None else asked


def _notes(one: Selected, record: CaptureRecord) -> tuple[str, ...]:
    notes = []
    if one.status == "CARRIED":
        notes.append(f"the PIT did not capture it: this is its state of {one.entry.capture_pit}")
    if one.status == "DELETED":
        notes.append(f"deleted at the source; this is its last state, of {one.pit}")
    if record.broken_snapshots:
        why = "damaged at the source" if record.as_of is None else "expired at the source since then"
        notes.append(f"{counted(len(record.broken_snapshots), 'old snapshot')} left out: {why}")
    if record.as_of is not None and record.as_of.mode == "derived":
        notes.append("derived from the snapshot log: properties, specs and sort orders are of a later time")
    return tuple(notes)


def _pit_notes(manifest: PitManifest, tables: int) -> tuple[str, ...]:
    if manifest.status == "complete" or not tables:
        return ()
    names = ", ".join(str(one.table.table()) for one in manifest.failed[:5])
    return (f"PIT {manifest.pit} is partial" + (f": it lacks the then state of {names}" if names else ""),)
