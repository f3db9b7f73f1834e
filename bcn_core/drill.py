"""Drill: tables of a PIT are restored into a scratch place, checked, counted by another reader, and removed again.

A drill is the proof that a backup restores, and a measure of how long that takes. It needs the repository alone.
"""

import hashlib
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from bcn_core.catalogs.catalog import Catalog
from bcn_core.catalogs.opening import open_catalog
from bcn_core.drilling.row_counts import Counted, count_rows
from bcn_core.drilling.scratch import Scratch, scratch_at
from bcn_core.errors import BcnError, DamagedRepository, NotFound, StorageFailure
from bcn_core.events import Report, TableFailed, Warned, silent
from bcn_core.names import TableName
from bcn_core.repository.checks import CheckRecord, keep_check
from bcn_core.repository.repository import Repository
from bcn_core.restoration.selection import select
from bcn_core.restore import (
    Restore,
    RestorePlan,
    RestoreRequest,
    TablePlan,
    pinning,
    plan_restore,
    prepare,
    restore_table,
)
from bcn_core.storage.opening import Stores

__all__ = ["Drill", "DrillRequest", "Drilled", "DrilledTable", "run_drill"]


@dataclass(frozen=True, slots=True)
class DrillRequest:
    """Which tables of which PIT to try, as globs of ``database.table`` or bare names; ``part`` of ``parts`` of them.

    ``scratch``: an empty place for the files, else a temporary folder.
    """

    pit: str = "latest"
    tables: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    part: int = 1
    parts: int = 1
    scratch: str | None = None


@dataclass(frozen=True, slots=True)
class Drill:
    """The repository, the way to the scratch place, and how many tables and files are under way at once."""

    repository: Repository
    stores: Stores
    report: Report = silent
    tables_at_once: int = 2
    files_at_once: int = 4


@dataclass(frozen=True, slots=True)
class DrilledTable:
    """What became of one table: ``problem`` is damage, ``refused`` why it was not tried, ``note`` why not counted."""

    table: TableName
    files: int
    bytes: int
    seconds: float = 0.0
    rows: int | None = None
    problem: str = ""
    refused: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Drilled:
    """A drill's outcome. ``seconds`` is the time to restore (RTO): from the plan to the last table that is in place."""

    level: str
    pit: str
    started_at: datetime
    finished_at: datetime
    seconds: float
    tables: tuple[DrilledTable, ...]

    @property
    def restored(self) -> tuple[DrilledTable, ...]:
        """The tables that came back whole."""
        return tuple(one for one in self.tables if not one.problem and not one.refused)

    @property
    def failed(self) -> tuple[DrilledTable, ...]:
        """The tables that did not come back, or came back with other rows than promised."""
        return tuple(one for one in self.tables if one.problem)

    @property
    def refused(self) -> tuple[DrilledTable, ...]:
        """The tables that were not tried."""
        return tuple(one for one in self.tables if one.refused)

    @property
    def bytes(self) -> int:
        """Bytes that were restored."""
        return sum(one.bytes for one in self.restored)

    @property
    def rows(self) -> int:
        """Rows that were read back."""
        return sum(one.rows or 0 for one in self.restored)


def run_drill(drill: Drill, request: DrillRequest) -> Drilled:
    """Restore, check, count, remove; the result is kept in ``checks/``.

    Raises:
        NotFound: no such PIT, or no table fits.
        Conflict: the scratch place is not empty, or the PIT is being pruned.
        StorageFull: there is no room for the tables.
        UnsupportedFormat: every table that was asked for can only be restored to where it was.
    """
    repository = drill.repository
    started = repository.now()
    wanted = _wanted(repository, request)
    with scratch_at(drill.stores, request.scratch, repository.store.url, drill.report) as scratch:
        clock = time.monotonic()
        with _catalog_at(scratch, repository.scope.catalog) as catalog:
            restore = Restore(
                repository,
                catalog,
                scratch.stores,
                drill.report,
                drill.tables_at_once,
                drill.files_at_once,
            )
            plan = plan_restore(restore, wanted)
            restored = _restored(restore, plan)
            seconds = time.monotonic() - clock
            tables = tuple(_counted(one, table, scratch) for one, table in restored)
    found = Drilled(_level(request), plan.pit, started, repository.now(), seconds, tables)
    _keep(repository, found, drill.report)
    return found


def _wanted(repository: Repository, request: DrillRequest) -> RestoreRequest:
    """The chosen part of the tables, by a digest of their names: as many drills as parts try every table.

    With more parts than tables some parts share a table: a part is never empty, since nothing tried proves nothing.
    """
    asked = RestoreRequest(request.pit, tables=request.tables, exclude=request.exclude)
    pit = repository.select(request.pit)
    chosen = [str(one.table) for one in select(repository, repository.pit(pit), asked).tables]
    if not chosen:
        raise NotFound(
            f"PIT {pit} holds views and no table that fits: there is nothing to try",
            hint="see: bcn describe PIT",
        )
    ranked = sorted(chosen, key=lambda name: hashlib.sha256(name.encode()).digest())
    first = (request.part - 1) % len(ranked)
    return RestoreRequest(pit, tables=tuple(ranked[first :: request.parts]), history="covered")


@contextmanager
def _catalog_at(scratch: Scratch, name: str) -> Iterator[Catalog]:
    """A catalog of its own, thrown away with its folder."""
    with tempfile.TemporaryDirectory(prefix="bcn-drill-catalog-") as folder:
        uri = f"sqlite:///{Path(folder, 'catalog.db')}"
        properties = {"type": "sql", "uri": uri, "warehouse": scratch.location}
        yield open_catalog(name, properties | scratch.stores.options(scratch.location), create=True)


def _restored(restore: Restore, plan: RestorePlan) -> list[tuple[DrilledTable, TablePlan]]:
    refusals = [table.refusal for table in plan.tables if table.refusal is not None]
    if len(refusals) < len(plan.tables):
        prepare(restore, plan)
    elif not any(isinstance(refusal, DamagedRepository) for refusal in refusals):
        raise refusals[0]
    with pinning(restore, [plan.pit]) as pinned, ThreadPoolExecutor(restore.tables_at_once) as pool:
        done = list(pool.map(lambda table: _try(pinned, table), plan.tables))
    return list(zip(done, plan.tables, strict=True))


def _try(restore: Restore, plan: TablePlan) -> DrilledTable:
    one = DrilledTable(plan.source, plan.files, plan.bytes)
    if plan.refusal is not None and not isinstance(plan.refusal, DamagedRepository):
        return replace(one, refused=plan.refusal.message)
    try:
        return replace(one, seconds=restore_table(restore, plan).seconds)
    except BcnError as error:
        restore.report(TableFailed(plan.source, error.message))
        return replace(one, problem=error.message)


def _counted(one: DrilledTable, plan: TablePlan, scratch: Scratch) -> DrilledTable:
    if one.problem or one.refused:
        return one
    found = count_rows(plan.metadata_location, scratch.stores.options(plan.location))
    if found.is_beyond:
        return replace(one, note=f"its rows were not counted: {found.problem}")
    if found.problem:
        return replace(one, problem=f"PyIceberg cannot read it: {found.problem}")
    if not found.keeps_promise:
        return replace(one, rows=found.rows, problem=_broken_promise(found))
    return replace(one, rows=found.rows)


def _broken_promise(found: Counted) -> str:
    promised = f"{found.most}" if found.least == found.most else f"{found.least} to {found.most}"
    return f"PyIceberg reads {found.rows} rows, the metadata promises {promised}"


def _level(request: DrillRequest) -> str:
    if request.parts > 1:
        return f"restore {request.part}/{request.parts}"
    return "restore some" if request.tables or request.exclude else "restore all"


def _keep(repository: Repository, found: Drilled, report: Report) -> None:
    first = found.failed[0] if found.failed else None
    record = CheckRecord(
        level=found.level,
        started_at=found.started_at,
        finished_at=found.finished_at,
        pits=1,
        tables=len(found.restored),
        files=sum(one.files for one in found.restored),
        bytes_read=found.bytes,
        faults=len(found.failed),
        first_fault=f"{first.table}: {first.problem}" if first else "",
        pit=found.pit,
        rows=found.rows,
        seconds=round(found.seconds, 3),
        refused=len(found.refused),
    )
    try:
        keep_check(repository, record)
    except StorageFailure as error:
        report(Warned(f"the result could not be kept: {error.message}"))
