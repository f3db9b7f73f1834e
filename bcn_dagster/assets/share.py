"""One run's share of one PIT: which tables it was asked for, and the engine's phases on their behalf.

Steps of a run may be carried out on several machines; they share nothing but the repository.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property

import dagster as dg

from bcn_core.backup import Backup, begin, capture, capture_all, copy_part, publish
from bcn_core.capture.capturing import reusable_work
from bcn_core.capture.claiming import release
from bcn_core.capture.parts import Part
from bcn_core.errors import BcnError, Conflict, NotFound, ObjectMissing
from bcn_core.events import Event, TableCaptured
from bcn_core.names import TableName
from bcn_core.repository.documents import PitManifest, Plan, PlannedCapture
from bcn_core.repository.files import StoredFile
from bcn_core.repository.flag_documents import Owner
from bcn_core.repository.pins import many_processes, read_pin
from bcn_dagster.assets.standing import Outcome, outcome_of
from bcn_dagster.naming import WHOLE, WHOLE_TAG
from bcn_dagster.reporting import log_events
from bcn_dagster.site import Site

Context = dg.AssetExecutionContext


@dataclass(frozen=True)
class Share:
    """What a run does for a PIT. ``only`` is None when the PIT is to hold everything as it is now."""

    backup: Backup
    pit: str
    asked: frozenset[TableName]
    only: frozenset[TableName] | None
    publishes: bool

    def begin(self) -> Plan:
        """Fix what the PIT must contain, or find what was fixed."""
        try:
            return begin(self.backup, self.pit, self.only)
        except Conflict:
            # Two steps that begin the same PIT at the same moment: one of them fixed it, and that holds for both.
            if self.backup.repository.plan(self.pit) is None:
                raise
            return begin(self.backup, self.pit, self.only)

    @cached_property
    def plan(self) -> Plan:
        """What the PIT must contain; begun here when the run does not select the first asset."""
        repository = self.backup.repository
        plan = repository.plan(self.pit)
        if plan is None:
            return self.begin()
        try:
            mine = read_pin(repository.store, repository.layout.pin(self.pit)).owner == self.backup.owner
        except ObjectMissing:
            mine = False
        return plan if mine else self.begin()

    def capture(self, tables: Iterable[TableName]) -> Outcome:
        """Capture those of the tables that the PIT must capture; a failure leaves the others alone."""
        wanted = set(tables)
        planned = [one for one in self.plan.captures if one.table.table() in wanted]
        reusable = reusable_work(self.backup.repository, self.plan)
        errors: dict[TableName, BcnError] = {}

        def attempt(one: PlannedCapture) -> None:
            try:
                capture(self.backup, self.plan, one, reusable)
            except BcnError as error:
                errors[one.table.table()] = error

        with ThreadPoolExecutor(self.backup.tables_at_once) as pool:
            list(pool.map(attempt, planned))
        return outcome_of(self.backup.repository, self.plan, wanted, errors)

    def copy_part(self, table: TableName, part: Part) -> list[StoredFile]:
        """Copy one part of a table's files ahead of its capture; nothing when the PIT does not capture it."""
        planned = next((one for one in self.plan.captures if one.table.table() == table), None)
        if planned is None:
            return []
        reusable = reusable_work(self.backup.repository, self.plan)
        return copy_part(self.backup, self.plan, planned, reusable, part)

    @property
    def is_captured(self) -> bool:
        """Whether all that the run was asked for is there, whichever step captured it."""
        planned = {one.table.table() for one in self.plan.captures}
        return all(self.backup.repository.find_capture(table, self.pit) for table in planned & self.asked)

    def finish(self) -> tuple[PitManifest, frozenset[TableName]]:
        """Capture what no step has captured (tables that the code location does not know yet) and publish.

        Returns the PIT and the tables that were captured here.

        Raises:
            FinishedWithProblems: tables failed and partial PITs are not wanted.
        """
        here: set[TableName] = set()

        def report(event: Event) -> None:
            if isinstance(event, TableCaptured):
                here.add(event.table)
            self.backup.report(event)

        backup, plan = replace(self.backup, report=report), self.plan
        try:
            return publish(backup, plan, capture_all(backup, plan)), frozenset(here)
        except Conflict:
            # Two steps publish at once when none of them is the last asset; the first one's PIT stands.
            if self.pit not in backup.repository.pits():
                raise
            return backup.repository.pit(self.pit), frozenset(here)

    def give_up(self) -> None:
        """Let others at the repository; what was captured stays for the next try."""
        release(self.backup.repository, self.pit)


def published(site: Site, pit: str) -> PitManifest | None:
    """The PIT, if it exists already; then nobody needs the catalog any more."""
    try:
        repository = site.connection.open_repository()
    except NotFound:
        return None
    return repository.pit(pit) if pit in repository.pits() else None


def asked_of(site: Site, context: Context) -> tuple[frozenset[TableName], frozenset[TableName] | None]:
    """The tables that a run selects, and those that its PIT is limited to (None: it is not)."""
    selected = context.job_def.asset_layer.executable_asset_keys
    asked = frozenset(one.table for key, one in site.by_key.items() if key in selected)
    alive = {one.table for one in site.tables if one.alive}
    # A run without any table is about the PIT as such; one with all tables means those nobody knows yet, too.
    whole = not asked or alive <= asked or context.run.tags.get(WHOLE_TAG) == WHOLE
    return asked, None if whole else asked


def pits_of(context: Context | dg.AssetCheckExecutionContext) -> list[str]:
    """The PITs of the run that a step belongs to, oldest first: one, unless it is a backfill in a single run."""
    ends = context.partition_key_range
    return [ends.start] if ends.start == ends.end else sorted(context.partition_keys)


def open_share(site: Site, context: Context, pit: str | None = None) -> Share:
    """The share of the run that a step belongs to, in one PIT: the run's last, which its steps make together."""
    asked, only = asked_of(site, context)
    return Share(
        backup=_backup(site, context),
        pit=pit or pits_of(context)[-1],
        asked=asked,
        only=only,
        publishes=site.names.pit in context.job_def.asset_layer.executable_asset_keys,
    )


def owner(site: Site, instance: dg.DagsterInstance) -> Owner:
    """Who works on a PIT: this Dagster deployment, wherever its steps run; another deployment is refused."""
    storage = instance.run_storage
    deployment = storage.get_run_storage_id()[:8] if hasattr(storage, "get_run_storage_id") else "unknown"
    return many_processes(f"dagster/{site.connection.catalog} (deployment {deployment})")


def _backup(site: Site, context: Context) -> Backup:
    catalog = site.connection.open_catalog()
    settings, chosen = site.connection.settings.backup, site.options.publish_partial
    return Backup(
        repository=site.connection.repository_for(catalog),
        catalog=catalog,
        stores=site.connection.stores(),
        owner=owner(site, context.instance),
        report=log_events(context.log),
        tables_at_once=settings.tables_at_once,
        files_at_once=settings.files_at_once,
        publish_partial=settings.publish_partial if chosen is None else chosen,
    )
