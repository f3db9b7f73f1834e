"""Verifying a repository: its PITs' chain, their documents, their objects, and the newest PIT's tables as Iceberg."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from bcn_core.copying import files_of_table
from bcn_core.errors import BcnError, NotFound, ObjectMissing, StorageFailure
from bcn_core.events import Report, Warned
from bcn_core.iceberg.checking import check_table
from bcn_core.locations import join
from bcn_core.names import TableName
from bcn_core.references import Opened, References, Trouble, opened, references
from bcn_core.repository.checks import CheckRecord, keep_check
from bcn_core.repository.flags import condemned
from bcn_core.repository.pins import this_process
from bcn_core.repository.readers import reading
from bcn_core.repository.repository import Repository
from bcn_core.verification.faults import Fault, Faults, Original, still_whole, whole_pits
from bcn_core.verification.objects import EVERYTHING, READ_HERE, Objects, Reach, Reading, Slice
from bcn_core.verification.roots import check_plans, check_roots, stale_views
from bcn_core.verification.sql_views import damaged_views


@dataclass(frozen=True, slots=True)
class Verification:
    """What was looked at and what was found.

    ``whole`` says from which PIT a harmed table can still be restored, ``whole_pits`` which PITs no fault concerns.
    """

    level: str
    started_at: datetime
    finished_at: datetime
    pits: int
    tables: int
    files: int
    bytes_read: int
    faults: tuple[Fault, ...]
    whole: dict[TableName, str | None]
    whole_pits: tuple[str, ...]
    notes: tuple[str, ...]


def verify_repository(
    repository: Repository,
    level: Slice,
    report: Report,
    reach: Reach | None = None,
    by: Reading = READ_HERE,
) -> Verification:
    """Check everything that the PITs name; ``level`` says which data files are read whole. The result is kept.

    With ``reach`` the PITs' own documents are all read, and of the captures those that it takes are looked at.

    Raises:
        NotFound: there is no PIT, or no PIT holds a table: nothing was verified.
        DamagedRepository: what lies there is of another catalog than the repository manifest names.
        ProcessLost: a process that reads was killed.
    """
    pits = repository.pits()
    if not pits:
        repository.check_nothing_of_others()
        raise NotFound(
            f"{repository.store.url} holds no PIT: there is nothing to verify", hint="take one: bcn backup"
        )
    waiting = condemned(repository.store).intersection(pits)
    # PITs that wait to be removed are looked at too, but need not stay.
    kept = sorted(set(pits) - waiting)
    with reading(repository, this_process("bcn verify"), kept, report):
        found = _verify(repository, pits, waiting, level, reach, by)
    _keep(repository, found, report)
    return found


def _verify(
    repository: Repository,
    pits: list[str],
    waiting: frozenset[str],
    level: Slice,
    reach: Reach | None,
    by: Reading,
) -> Verification:
    started, faults, objects = repository.now(), Faults(), Objects(repository, level, by)
    troubles: list[tuple[str, BcnError]] = []
    found = references(repository, pits, lambda key, error: troubles.append((key, error)))
    if not found.captures and not troubles:
        raise NotFound(f"no PIT of {repository.store.url} holds a table: there is nothing to verify")
    reached = _reached(found, reach)
    notes = list(check_roots(found, faults))
    _check_captures(reached, objects, faults, lambda key, error: troubles.append((key, error)))
    for view, problem in damaged_views(found):
        faults.of_view(view, problem, found)
    for key, error in troubles:
        faults.of_document(key, error, found)
    if level == EVERYTHING:
        check_plans(found, faults)
        notes += stale_views(found)
    left = _not_removed_meanwhile(repository, faults.all, waiting)
    return Verification(
        level=_named(level, reach),
        started_at=started,
        finished_at=repository.now(),
        pits=len(pits),
        tables=len({named.table for named in reached.captures.values()}),
        files=objects.files + len(found.views),
        bytes_read=objects.bytes_read,
        faults=left,
        whole=still_whole(found, left),
        whole_pits=whole_pits(pits, left),
        notes=(*objects.notes, *notes),
    )


def _check_captures(reached: References, objects: Objects, faults: Faults, trouble: Trouble) -> None:
    """The objects of captures, what their documents say, and the newest complete PIT's tables as Iceberg."""
    complete = [pit for pit, one in reached.manifests.items() if one.status == "complete"]
    newest = max(complete, default="")
    for capture in opened(reached, trouble):
        for file, problem in objects.faults_of(capture):
            source = join(capture.record.roots[file.root], file.path)
            original = Original(file.sha256, source)
            faults.of_capture(file.object, problem, reached, capture.named, original)
        as_iceberg = newest in reached.pits_of(capture.named)
        for key, problem in _disagreements(reached.repository, capture, as_iceberg=as_iceberg):
            faults.of_capture(key, problem, reached, capture.named)


def _not_removed_meanwhile(
    repository: Repository, faults: tuple[Fault, ...], waiting: frozenset[str]
) -> tuple[Fault, ...]:
    """The faults, but for those that concern nothing but PITs that waited, and that prune has removed by now."""
    if not (faults and waiting):
        return faults
    gone = waiting.difference(repository.pits())
    left = (replace(one, pits=tuple(pit for pit in one.pits if pit not in gone)) for one in faults)
    return tuple(now for now, was in zip(left, faults, strict=True) if now.pits or not was.pits)


def _reached(found: References, reach: Reach | None) -> References:
    """The references with no captures but those that are looked at."""
    if reach is None:
        return found
    taken = {key: named for key, named in found.captures.items() if reach.takes(named.entry)}
    return replace(found, captures=taken)


def _disagreements(repository: Repository, capture: Opened, *, as_iceberg: bool) -> Iterator[tuple[str, str]]:
    """What the documents of one capture say differently, and what is wrong with its state as an Iceberg table."""
    record, entry = capture.record, capture.named.entry
    counted = (len(capture.files), sum(file.size for file in capture.files))
    if counted != (record.files, record.bytes) or counted != (entry.files, entry.bytes):
        yield (
            record.files_key,
            f"lists {counted[0]} files of {counted[1]} bytes, the PIT {entry.files} of {entry.bytes}",
        )
    whole = not (record.broken_snapshots or record.missing_history or record.as_of)
    if as_iceberg and whole:
        yield from _as_iceberg(repository, capture)


def _as_iceberg(repository: Repository, capture: Opened) -> Iterator[tuple[str, str]]:
    """The strict check, against what is stored: references resolve, lengths and counts are right."""
    stored = {join(capture.record.roots[file.root], file.path): file for file in capture.files}

    def read(location: str) -> bytes:
        if location not in stored:
            raise ObjectMissing(f"the capture holds no {location}")
        return repository.store.get(stored[location].object)

    def size(location: str) -> int | None:
        return stored[location].size if location in stored else None

    try:
        files = files_of_table(read, size)
        findings = check_table(capture.record.pointer, files, (), ())
    except BcnError:
        return  # What cannot be read was told when it was looked at.
    for finding in findings:
        if finding.is_error:
            file = stored.get(finding.location)
            key = file.object if file else capture.record.files_key
            yield key, f"{finding.kind.value}: {finding.message}"


def _named(level: Slice, reach: Reach | None) -> str:
    if level.part == 0:
        partial = reach is not None and reach.turn.parts > 1
        return f"quick {reach.turn.part}/{reach.turn.parts}" if reach and partial else "quick"
    return "read all" if level.parts == 1 else f"read {level.part}/{level.parts}"


def _keep(repository: Repository, found: Verification, report: Report) -> None:
    first = found.faults[0] if found.faults else None
    record = CheckRecord(
        level=found.level,
        started_at=found.started_at,
        finished_at=found.finished_at,
        pits=found.pits,
        tables=found.tables,
        files=found.files,
        bytes_read=found.bytes_read,
        faults=len(found.faults),
        first_fault=f"{first.key} {first.problem}" if first else "",
    )
    try:
        keep_check(repository, record)
    except StorageFailure as error:
        report(Warned(f"the result could not be kept: {error.message}"))
