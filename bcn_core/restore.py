"""Restore: PIT -> plan -> copy -> relocate bottom-up -> check -> register, last.

A restore needs the repository alone. The catalog learns of a table when everything is at its place and checked;
killed anywhere and run again, it ends with the same bytes.
"""

import time
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace

from bcn_core.catalogs.catalog import Catalog
from bcn_core.copying import Copier, Part, carry_out
from bcn_core.errors import BcnError, Conflict
from bcn_core.events import Report, RestoreStarted, TableFailed, TableRestored, silent
from bcn_core.iceberg.relocation import Relocator, relocate_paths
from bcn_core.registering import metadata_kept
from bcn_core.repository.files import StoredFile
from bcn_core.repository.pins import this_process
from bcn_core.repository.readers import reading
from bcn_core.repository.repository import Repository
from bcn_core.restoration.checking import check_restored
from bcn_core.restoration.contents import open_contents
from bcn_core.restoration.planning import make_plan
from bcn_core.restoration.request import (
    Restored,
    RestoredView,
    RestorePlan,
    RestoreReport,
    RestoreRequest,
    SqlViewPlan,
    TablePlan,
)
from bcn_core.restoration.sql_views import restore_view
from bcn_core.restoration.writing import Writer
from bcn_core.storage.opening import Stores

__all__ = [
    "Restore",
    "RestorePlan",
    "RestoreReport",
    "RestoreRequest",
    "Restored",
    "RestoredView",
    "SqlViewPlan",
    "TablePlan",
    "copy_part",
    "plan_restore",
    "restore_all",
    "restore_table",
    "try_view",
]


@dataclass(frozen=True, slots=True)
class Restore:
    """The two ends of a restore and how it is carried out; at most tables x files at once are under way."""

    repository: Repository
    target: Catalog
    stores: Stores
    report: Report = silent
    tables_at_once: int = 2
    files_at_once: int = 16
    copier: Copier = carry_out
    relocator: Relocator = relocate_paths


def plan_restore(restore: Restore, request: RestoreRequest) -> RestorePlan:
    """Decide everything, write nothing; a dry run shows the very plan that the real run carries out.

    Raises:
        NotFound: no such PIT, or no table fits.
        InvalidRequest: names collide, or no place is named.
    """
    return make_plan(restore.repository, restore.target, restore.stores, request)


def restore_all(restore: Restore, plan: RestorePlan) -> RestoreReport:
    """Carry out a plan, views after tables. What fails does not stop the others; the report names it.

    Raises:
        Conflict: a PIT that the plan reads is being pruned.
    """
    _check_not_refused(plan)

    def attempt(table: TablePlan) -> Restored:
        started = time.monotonic()
        try:
            return restore_table(pinned, table)
        except BcnError as error:
            restore.report(TableFailed(table.target, error.message))
            return Restored(table, "refuse", time.monotonic() - started, failure=error)

    with pinning(restore, _pits(plan)) as pinned, ThreadPoolExecutor(restore.tables_at_once) as pool:
        prepare(restore, plan)
        tables = tuple(pool.map(attempt, plan.tables))
        return RestoreReport(plan, tables, tuple(try_view(pinned, view) for view in plan.views))


def restore_table(restore: Restore, plan: TablePlan, copied: Collection[Part] = ()) -> Restored:
    """Restore one table of a plan; a table that it replaces is not touched before the new one is checked.

    ``copied`` are the parts of it that :func:`copy_part` has brought to their place: none of their bytes is read again.

    Raises:
        BcnError: the plan refuses it, or something stands in the way; the catalog does not know the new table then.
    """
    started = time.monotonic()
    if plan.refusal is not None:
        raise plan.refusal
    if plan.action in ("skip", "done"):
        return Restored(plan, plan.action, 0.0)
    restore.report(RestoreStarted(plan.target, plan.files, plan.bytes))
    writer = _writer(restore, plan)
    writer.copy_content(copied)
    deletes = writer.write_delete_files()
    lengths = writer.write_manifests(deletes.rewrites)
    writer.write_lists(lengths)
    notes = deletes.notes + writer.write_metadata() + check_restored(plan, writer.contents, restore.stores)
    with metadata_kept(restore.stores, plan.metadata_location):
        _register(restore.target, plan)
    restore.report(TableRestored(plan.target, plan.location))
    return Restored(plan, plan.action, time.monotonic() - started, notes)


def try_view(restore: Restore, plan: SqlViewPlan) -> RestoredView:
    """Restore one view of a plan, whose PIT is pinned; a failure is told and comes back as its error."""
    started = time.monotonic()
    try:
        told = restore_view(restore.repository, restore.target, restore.stores, plan)
    except BcnError as error:
        restore.report(TableFailed(plan.target, error.message))
        return RestoredView(plan, "refuse", time.monotonic() - started, failure=error)
    if plan.action not in ("skip", "done"):
        restore.report(TableRestored(plan.target, plan.location))
    return RestoredView(plan, plan.action, time.monotonic() - started, told)


def copy_part(restore: Restore, plan: TablePlan, part: Part) -> list[StoredFile]:
    """Copy one part of a table's content ahead of its restore, so that several machines share a very large table.

    The parts may be copied in any order, at the same time, or not at all; :func:`restore_table` does the rest.
    Returns the files that are at their place now; nothing of a table that the plan does not write.

    Raises:
        BcnError: a file of the part cannot be copied; the next try goes on from what is there.
    """
    if plan.refusal is not None or plan.action not in ("create", "replace"):
        return []
    return _writer(restore, plan).copy_part(part)


def prepare(restore: Restore, plan: RestorePlan) -> None:
    """Create the databases that the target lacks.

    Raises:
        BcnError: nothing of the plan can be carried out; the error is that of its first table or view.
    """
    _check_not_refused(plan)
    for database in plan.databases:
        restore.target.create_database(database.namespace, dict(database.properties))


@contextmanager
def pinning(restore: Restore, pits: Iterable[str]) -> Iterator[Restore]:
    """Keep PITs from being pruned while the block restores from them, with the restore that is given.

    Raises:
        Conflict: prune was first.
    """
    with reading(restore.repository, this_process("restore"), pits, restore.report) as report:
        yield replace(restore, report=report)


def _writer(restore: Restore, plan: TablePlan) -> Writer:
    contents = open_contents(restore.repository, restore.repository.capture(plan.entry), plan.history)
    return Writer(
        plan,
        contents,
        restore.stores,
        restore.report,
        restore.files_at_once,
        restore.copier,
        restore.relocator,
    )


def _register(catalog: Catalog, plan: TablePlan) -> None:
    try:
        if plan.expected is None:
            catalog.register(plan.target, plan.metadata_location)
        else:
            catalog.replace(plan.target, plan.expected, plan.metadata_location)
    except Conflict:
        # The answer to an earlier try may have been lost on its way: then the table is there, and it is ours.
        if catalog.pointer(plan.target) != plan.metadata_location:
            raise


def _pits(plan: RestorePlan) -> set[str]:
    """A deleted table comes from another PIT than the rest."""
    return {plan.pit, *(table.pit for table in plan.tables)}


def _check_not_refused(plan: RestorePlan) -> None:
    if plan.is_refused:
        raise plan.refusals[0]
