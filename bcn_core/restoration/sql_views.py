"""Restoring Iceberg views: their metadata file relocated, their SQL as it was, named by catalogs that keep views."""

from dataclasses import dataclass, replace

from bcn_core.catalogs.catalog import Catalog, Sweep, ViewFile
from bcn_core.catalogs.refusals import no_views
from bcn_core.copying import put_same
from bcn_core.errors import BcnError, Conflict
from bcn_core.iceberg.metadata import render
from bcn_core.iceberg.sql_views import ViewRelocation, parse_view, place_of_view, relocate_view
from bcn_core.locations import canonical
from bcn_core.names import Scope, TableName
from bcn_core.repository.documents import SqlView
from bcn_core.repository.repository import Repository
from bcn_core.restoration.places import Places
from bcn_core.restoration.preflight import check_apart_from_tables
from bcn_core.restoration.request import RestoreRequest, SqlViewPlan
from bcn_core.restoration.targets import uuid_of, view_location
from bcn_core.storage.opening import Stores


@dataclass(frozen=True, slots=True)
class ViewPlanner:
    """The two ends of a restore, while its views are planned; ``only``: it restores nothing but one view."""

    repository: Repository
    catalog: Catalog
    request: RestoreRequest
    existing: Sweep
    places: Places
    pit: str
    only: bool

    def plan(self, source: TableName, view: SqlView, target: TableName) -> SqlViewPlan:
        """Plan one view; what stands against it alone becomes its refusal."""
        location = view_location(source, target, self.catalog, self.request, only=self.only)
        keep = self.request.uuid == "keep" or (self.request.uuid == "auto" and target == source)
        expected = self.existing.views.get(target)
        plan = SqlViewPlan(
            source=source,
            target=target,
            pit=self.pit,
            view=view,
            action="create" if expected is None else "replace",
            location=location,
            metadata_location="",
            uuid=None if keep else uuid_of(self.repository.manifest, view.stored_by, view.uuid, target),
            expected=expected,
            notes=self._notes(source, target),
        )
        try:
            held = parse_view(self.repository.view_bytes(view), view.pointer)
        except BcnError as error:
            return replace(plan, action="refuse", refusal=error)
        # Where it was, its file has the name that the source's catalog had; the source may have kept it elsewhere.
        stays = canonical(held.location) == canonical(location) and plan.uuid is None
        place = view.pointer if stays else place_of_view(view.pointer, location)
        return self._decided(replace(plan, metadata_location=place))

    def _decided(self, plan: SqlViewPlan) -> SqlViewPlan:
        if plan.expected == plan.metadata_location:
            return replace(plan, action="done")
        taken = plan.expected is not None or plan.target in self.existing.pointers
        if taken and self.request.on_conflict == "skip":
            return replace(plan, action="skip")
        try:
            self._check(plan)
        except BcnError as error:
            return replace(plan, action="refuse", refusal=error)
        return plan

    def _check(self, plan: SqlViewPlan) -> None:
        if not self.catalog.keeps_views():
            raise no_views(self.catalog.name, plan.target)
        if plan.target in self.existing.pointers:
            raise Conflict(
                f"{plan.target} is a table in catalog '{self.catalog.name}', and a view in the PIT",
                hint="choose another name: --target-table, --target-database",
            )
        if plan.expected is not None and self.request.on_conflict != "replace":
            raise Conflict(
                f"the view {plan.target} exists already in catalog '{self.catalog.name}'",
                hint="choose another name (--target-table, --target-database), or --on-conflict skip, or replace",
            )
        check_apart_from_tables(plan.location, self.places)

    def _notes(self, source: TableName, target: TableName) -> tuple[str, ...]:
        if target.namespace == source.namespace and self.catalog.name == self.repository.scope.catalog:
            return ()
        return ("its SQL is kept as it is: it names what it names in the source",)


def restore_view(
    repository: Repository, catalog: Catalog, stores: Stores, plan: SqlViewPlan
) -> tuple[str, ...]:
    """Write a view's metadata file, then name it; notes on what is worth knowing.

    Raises:
        BcnError: the plan refuses it, or something stands in the way.
    """
    if plan.refusal is not None:
        raise plan.refusal
    if plan.action in ("skip", "done"):
        return ()
    data = repository.view_bytes(plan.view)
    view = parse_view(data, plan.view.pointer)
    extra = {}
    if plan.uuid is not None:
        extra = {"bcn.restored-from-uuid": str(view.uuid), "bcn.pit-id": plan.pit}
    raw = view.raw
    notes: tuple[str, ...] = ()
    if plan.metadata_location != plan.view.pointer:
        raw, notes = relocate_view(view, ViewRelocation(plan.location, plan.uuid, extra))
        data = render(raw, plan.metadata_location)
    store, key = stores.holding(plan.metadata_location)
    put_same(store, key, data)
    told = _named(catalog, plan, ViewFile(plan.metadata_location, raw))
    return (*notes, told) if told else notes


def _named(catalog: Catalog, plan: SqlViewPlan, file: ViewFile) -> str:
    try:
        return catalog.register_view(plan.target, file, plan.expected)
    except Conflict:
        # The answer to an earlier try may have been lost on its way: then the view is there, and it is ours.
        if catalog.sweep(Scope(catalog.name, plan.target.database)).views.get(plan.target) != file.location:
            raise
        return ""
