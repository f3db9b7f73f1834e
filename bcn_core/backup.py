"""Backup: sweep -> what changed -> walk the metadata -> copy what is new -> publish one PIT.

The phases run in one process (:func:`back_up`), or spread over steps and machines: :func:`begin` a PIT, :func:`capture`
its tables anywhere, :func:`publish` once. The repository alone joins them.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta

from bcn_core.capture.capturing import Reusable, capture_planned, copy_planned_part, reusable_work
from bcn_core.capture.claiming import (
    Claim,
    check_free,
    check_not_condemned,
    check_source,
    check_standing,
    claimed,
    next_pit,
    release,
)
from bcn_core.capture.coverage import limited
from bcn_core.capture.planning import Parent, Source, plan_past, plan_pit
from bcn_core.capture.publishing import gather, write_manifest
from bcn_core.capture.sql_views import capture_views
from bcn_core.capture.table import Workshop
from bcn_core.capture.unforeseen import its_own_failure
from bcn_core.catalogs.catalog import Catalog
from bcn_core.copying import Copier, Part, carry_out
from bcn_core.errors import BcnError, Conflict, FinishedWithProblems, NotFound, ObjectMissing, StorageFull
from bcn_core.events import PitBegun, PitPublished, Report, TableFailed, Warned, silent
from bcn_core.names import TableName, pit_instant
from bcn_core.processes.talking import ProcessLost
from bcn_core.repository.documents import CaptureRecord, PitManifest, Plan, PlannedCapture
from bcn_core.repository.encoding import decode, encode, sha256
from bcn_core.repository.files import StoredFile
from bcn_core.repository.flag_documents import Owner
from bcn_core.repository.heartbeat import check_pin
from bcn_core.repository.looks import Look, look
from bcn_core.repository.remembering import remembering
from bcn_core.repository.repository import Repository
from bcn_core.storage.opening import Stores
from bcn_core.views import refresh_views

LIVE_WINDOW = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Backup:
    """The two ends of a backup and how it is carried out; at most tables x files at once are under way.

    ``within``: what lies elsewhere is not read, whatever a table's metadata names; none: wherever BCN may read.
    """

    repository: Repository
    catalog: Catalog
    stores: Stores
    owner: Owner
    report: Report = silent
    tables_at_once: int = 2
    files_at_once: int = 16
    publish_partial: bool = True
    accept_source: bool = False
    newest_snapshots: int | None = None
    within: tuple[str, ...] = ()
    copier: Copier = carry_out

    @property
    def source(self) -> Source:
        return Source(self.catalog, self.stores, self.report, self.within)


def back_up(backup: Backup, pit: str | None = None, only: frozenset[TableName] | None = None) -> PitManifest:
    """Take one PIT of the repository's scope, in this process.

    Raises:
        Conflict: another backup is at work on the repository.
        NotFound: the scope does not exist in the catalog.
        FinishedWithProblems: a table failed and partial PITs are not wanted; what was captured is kept.
    """
    backup = _in_one_run(backup)
    seen = look(backup.repository)
    plan = begin(backup, pit or next_pit(backup.repository, seen), only, seen)
    try:
        failures = capture_all(backup, plan)
        return publish(backup, plan, failures)
    except BaseException:
        release(backup.repository, plan.pit)
        raise


def begin(
    backup: Backup, pit: str, only: frozenset[TableName] | None = None, seen: Look | None = None
) -> Plan:
    """Claim the making of a PIT and fix what it must contain. Asked again for the same PIT, it gives the same plan.

    A PIT of the past (older than the newest one, or than :data:`LIVE_WINDOW`) is rebuilt from what the tables' own
    metadata remembers; any other holds what two equal sweeps find now. ``seen``: a look that was taken just now.

    Raises:
        Conflict: another backup is at work, the PIT is there already, or the catalog has another address than before.
        NotFound: the scope does not exist in the catalog.
        SourceChanged: the catalog does not stand still for two sweeps.
    """
    backup = _in_one_run(backup)
    repository, before = backup.repository, seen or look(backup.repository)
    check_free(repository, pit, before)
    check_source(repository, backup.catalog, backup.report, accept=backup.accept_source)
    with claimed(repository, backup.owner, pit, before) as claim:
        plan = _fixed(backup, claim, pit, only)
        parent = plan.parent.pit if plan.parent else None
        backup.report(PitBegun(pit, parent, len(plan.captures), _unchanged(repository, plan)))
        return plan


def capture(backup: Backup, plan: Plan, planned: PlannedCapture, reusable: Reusable) -> CaptureRecord:
    """Capture one table of a plan; ``reusable`` comes from :func:`reusable_work`.

    Raises:
        BcnError: the table cannot be captured; what was copied of it is used by the next try.
    """
    with its_own_failure(f"{planned.table.table()}"):
        return capture_planned(_workshop(backup, plan, reusable), backup.source, planned, reusable)


def copy_part(
    backup: Backup, plan: Plan, planned: PlannedCapture, reusable: Reusable, part: Part
) -> list[StoredFile]:
    """Copy one part of a table's files ahead of its capture, so that several machines share a very large table.

    The parts may be copied in any order, at the same time, more than once or not at all; :func:`capture` does the rest.
    Returns what was copied; nothing when this part was copied before.

    Raises:
        BcnError: a file of the part cannot be copied; what was copied is used by the next try.
    """
    with its_own_failure(f"{planned.table.table()}"):
        return copy_planned_part(_workshop(backup, plan, reusable), planned, reusable, part)


def capture_all(backup: Backup, plan: Plan) -> dict[TableName, str]:
    """Capture all tables of a plan, several at once. One that fails does not stop the others; the reasons come back.

    Raises:
        StorageFull: the repository has no room left, so that no table can be captured.
        ProcessLost: a process that copies was killed, which is the machine's trouble and not one table's.
    """
    if not plan.captures:
        return {}
    reusable = reusable_work(backup.repository, plan)
    failures: dict[TableName, str] = {}

    def attempt(planned: PlannedCapture) -> None:
        try:
            capture(backup, plan, planned, reusable)
        except (StorageFull, ProcessLost):
            raise
        except BcnError as error:
            failures[planned.table.table()] = error.message
            backup.report(TableFailed(planned.table.table(), error.message))

    with ThreadPoolExecutor(backup.tables_at_once) as pool:
        list(pool.map(attempt, plan.captures))
    return failures


def publish(backup: Backup, plan: Plan, reasons: Mapping[TableName, str]) -> PitManifest:
    """Make the PIT exist, with the tables that were captured; a PIT that exists already stays as it is.

    Should the answer to the last write be lost, this raises and the PIT exists all the same; running again is safe.

    Raises:
        FinishedWithProblems: tables are missing and partial PITs are not wanted.
        Conflict: the run's pin is gone or too old, so that what it captured may have been pruned meanwhile.
    """
    repository = backup.repository
    existing = _published(repository, plan.pit)
    if existing is not None:
        release(repository, plan.pit)
        return existing
    parent = _parent(repository, plan)
    views = capture_views(repository, backup.stores, plan, parent, backup.within)
    for view, why in views.failed.items():
        backup.report(Warned(f"the view {view} could not be captured: {why}"))
    contents = gather(repository, plan, parent, reasons, views)
    failed = sorted([*contents.failed, *views.failed])
    if failed and not backup.publish_partial:
        raise FinishedWithProblems(
            f"PIT {plan.pit} is not published: {len(failed)} of its tables and views failed: "
            + ", ".join(str(one) for one in failed),
            hint="run again; tables that were captured are not copied again",
        )
    # What was seen when the PIT was begun is old by now: a new look after the last object, before the manifest.
    seen = look(repository)
    plan_sha256 = _check_alive(backup, plan, seen)
    manifest, size = write_manifest(repository, plan, parent, contents, plan_sha256)
    refresh_views(repository, manifest, contents.captured, backup.report, {**seen.shown, manifest.pit: size})
    release(repository, plan.pit, seen.listing.beats_of(plan.pit))
    backup.report(PitPublished(plan.pit, manifest.status))
    return manifest


def _in_one_run(backup: Backup) -> Backup:
    """Its PITs' documents are read once, however many steps need them."""
    return replace(backup, repository=remembering(backup.repository))


def _workshop(backup: Backup, plan: Plan, reusable: Reusable) -> Workshop:
    report = reusable.heartbeat.reporting(backup.report)
    return Workshop(
        backup.repository,
        backup.stores,
        plan.pit,
        backup.files_at_once,
        report,
        within=backup.within,
        copier=backup.copier,
    )


def _check_alive(backup: Backup, plan: Plan, seen: Look) -> str:
    """A run that others may have taken for dead must not publish what they may have removed; its plan's digest."""
    repository, key = backup.repository, backup.repository.layout.plan(plan.pit)
    pin = check_pin(repository, backup.owner, plan.pit, seen.listing.beats_of(plan.pit))
    check_standing(pin, plan, seen)
    check_not_condemned(plan.pit, seen)
    try:
        data = repository.store.get(key)
    except ObjectMissing:
        data = b""
    if not data or decode(Plan, data, key) != plan:
        raise Conflict(
            f"PIT {plan.pit} is not published: it was begun anew meanwhile", hint="run the backup again"
        )
    return sha256(data)


def _fixed(backup: Backup, claim: Claim, pit: str, only: frozenset[TableName] | None) -> Plan:
    """The plan of a PIT that was begun before, or a new one."""
    repository, seen = backup.repository, claim.seen
    plan = repository.plan(pit) if seen.listing.has_plan(pit) else None
    if plan is not None:
        check_standing(claim.pin, plan, seen)
        return plan
    newest = seen.listing.pits[-1:]
    past = repository.now() - pit_instant(pit) > LIVE_WINDOW or (newest and pit < newest[0])
    source = backup.source
    plan = plan_past(repository, source, pit, seen) if past else plan_pit(repository, source, pit, only, seen)
    if backup.newest_snapshots is not None:
        plan = limited(repository, plan, backup.newest_snapshots)
    check_standing(claim.pin, plan, seen)
    repository.write_once(repository.layout.plan(pit), encode(plan))
    return plan


def _unchanged(repository: Repository, plan: Plan) -> int:
    """How many tables of the parent stand as they are: all that the plan does not name."""
    if plan.parent is None:
        return 0
    there = repository.pit(plan.parent.pit).included_objects.tables
    named = [
        *plan.carried,
        *plan.dropped,
        *(one.table for one in plan.unreadable),
        *(name for one in plan.captures for name in (one.table, one.previous) if name is not None),
    ]
    tables = {f"{database}.{name}" for database, names in there.items() for name in names}
    return len(tables - {str(name.table()) for name in named})


def _published(repository: Repository, pit: str) -> PitManifest | None:
    try:
        return repository.pit(pit)
    except NotFound:
        return None


def _parent(repository: Repository, plan: Plan) -> Parent:
    return Parent.of(repository, plan.parent.pit) if plan.parent is not None else Parent()
