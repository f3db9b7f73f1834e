"""Capturing the tables of a plan, one by one, wherever the steps of a run are carried out."""

from collections.abc import Mapping
from dataclasses import dataclass

from bcn_core.capture.inventory import KnownFiles
from bcn_core.capture.planning import Source
from bcn_core.capture.salvage import Salvage, salvage_for
from bcn_core.capture.table import FilesLost, TableCapture, Workshop
from bcn_core.copying import Part
from bcn_core.errors import DamagedRepository, ObjectMissing, SourceChanged, UnsupportedFormat
from bcn_core.events import CaptureStarted, PointerAdvanced
from bcn_core.names import TableName
from bcn_core.repository.documents import CaptureRecord, Plan, PlannedCapture, TableEntry
from bcn_core.repository.files import StoredFile
from bcn_core.repository.heartbeat import Heartbeat
from bcn_core.repository.looks import Look, look
from bcn_core.repository.pins import read_pin
from bcn_core.repository.remembering import remembering
from bcn_core.repository.repository import Repository

_TRIES = 5


@dataclass(frozen=True, slots=True)
class Reusable:
    """What a PIT may use of earlier work: tables of the PITs that its plan names, and plans that died unpublished.

    ``heartbeat`` belongs to the pin that keeps all of it from being pruned.
    """

    tables: Mapping[TableName, TableEntry]
    by_uuid: Mapping[str, TableEntry]
    abandoned: tuple[Plan, ...]
    heartbeat: Heartbeat


def reusable_work(repository: Repository, plan: Plan) -> Reusable:
    """Read once what all captures of a plan may use, by a look of its own: sweeps may have taken their time."""
    seen, repository = look(repository), remembering(repository)
    tables: dict[TableName, TableEntry] = {}
    by_uuid: dict[str, TableEntry] = {}
    for pit in sorted(plan.reuses):
        held = seen.usable_tables(repository.tables(repository.pit(pit)))
        tables |= held
        by_uuid |= {entry.uuid: entry for entry in held.values() if entry.uuid is not None}
    plans = [_plan_of(repository, pit) for pit in _abandoned(repository, plan.pit, seen)]
    heartbeat = Heartbeat(repository, repository.layout.pin(plan.pit))
    return Reusable(tables, by_uuid, (*(one for one in plans if one is not None), plan), heartbeat)


def _plan_of(repository: Repository, pit: str) -> Plan | None:
    """The plan of a run that died; one that cannot be read has nothing to salvage, and is no PIT's damage."""
    try:
        return repository.plan(pit)
    except (DamagedRepository, UnsupportedFormat):
        return None


def capture_planned(
    workshop: Workshop, source: Source, planned: PlannedCapture, reusable: Reusable
) -> CaptureRecord:
    """Capture one table of a plan; one that this PIT has captured already is left as it is.

    When the table moves on while its files are copied, the walk starts again from its new pointer and what was copied
    is used again. When files are gone and the pointer stands still, the snapshots that need them are left out.

    Raises:
        SourceDamaged: the current snapshot needs files that are gone.
        SourceChanged: the table moves faster than it can be copied, or was dropped meanwhile.
    """
    table = planned.table.table()
    salvage = _salvage(workshop, planned, reusable)
    done = workshop.repository.find_capture(table, workshop.pit) if salvage.has_record else None
    if done is not None:
        return done[1]
    known = known_files(workshop.repository, planned, reusable)
    pointer = planned.pointer
    for attempt in range(1, _TRIES + 1):
        workshop.report(CaptureStarted(table, pointer))
        try:
            return TableCapture(workshop, planned, known, salvage).run(pointer)
        except FilesLost as lost:
            moved = pointer if planned.as_of else source.catalog.pointer(table)
            if moved is None:
                raise SourceChanged(
                    f"{table} was dropped while it was copied", hint="run the backup again"
                ) from lost
            if moved == pointer:
                return lost.capture.finish_without(lost.lost)
            workshop.report(PointerAdvanced(table, moved, attempt))
            pointer = moved
    raise SourceChanged(
        f"{table} moved on {_TRIES} times while it was copied",
        hint="run the backup again when fewer writers are at work",
    )


def copy_planned_part(
    workshop: Workshop, planned: PlannedCapture, reusable: Reusable, part: Part
) -> list[StoredFile]:
    """Copy one part of what a table of a plan needs, ahead of its capture; what was copied, nothing if it was before.

    Files that are gone are left to the capture, which knows whether the table moved on or is damaged.
    """
    known = known_files(workshop.repository, planned, reusable)
    return TableCapture(workshop, planned, known, _salvage(workshop, planned, reusable)).copy_part(part)


def _salvage(workshop: Workshop, planned: PlannedCapture, reusable: Reusable) -> Salvage:
    return salvage_for(workshop.repository, planned, reusable.abandoned, workshop.pit)


def _abandoned(repository: Repository, pit: str, seen: Look) -> list[str]:
    """PITs of dead runs that the pin names, so that prune leaves them alone; none that prune was first to name."""
    left = set(seen.listing.unfinished) - seen.condemned - {pit}
    if not left:
        return []
    try:
        named = read_pin(repository.store, repository.layout.pin(pit)).reuses
    except ObjectMissing:
        return []
    return sorted(left.intersection(named))


def known_files(repository: Repository, planned: PlannedCapture, reusable: Reusable) -> KnownFiles:
    """What the repository holds of this very table: another table that had the name before has other files."""
    if planned.previous is not None:
        entry = reusable.tables.get(planned.previous.table())
    else:
        entry = reusable.by_uuid.get(planned.uuid) if planned.uuid is not None else None
    if entry is None or entry.uuid != planned.uuid:
        return KnownFiles()
    record = repository.capture(entry)
    return KnownFiles(entry.capture, record.roots, repository.file_rows(record))
