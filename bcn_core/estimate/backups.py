"""What the next backup would take, by the plan that it would make and a walk through what changed."""

import uuid
from collections.abc import Iterable

from bcn_core.backup import Backup
from bcn_core.capture.capturing import reusable_work
from bcn_core.capture.claiming import check_source, next_pit
from bcn_core.capture.foreseeing import Foreseen, Foresight
from bcn_core.capture.inventory import Needed
from bcn_core.capture.planning import Parent, plan_pit
from bcn_core.catalogs.catalog import Catalog
from bcn_core.changes import view_changes
from bcn_core.copying import in_parallel
from bcn_core.errors import BcnError, Conflict
from bcn_core.estimate.estimates import Copies, Estimate, Moved, copies, in_one_account
from bcn_core.estimate.laws import BACKUP
from bcn_core.estimate.requests import pages
from bcn_core.names import Scope, TableName
from bcn_core.repository.documents import (
    Plan,
    PlannedCapture,
    RepositoryManifest,
    ScopeRecord,
    SourceRecord,
)
from bcn_core.repository.looks import look
from bcn_core.repository.repository import Repository, utc_now
from bcn_core.storage.store import Store

_OF_EACH_PIT = 2
"""Objects in the folder of the PITs: a manifest and a plan."""


def estimate_backup(backup: Backup, *, is_made: bool = True) -> Estimate:
    """Plan the next PIT and look at what it would copy. Nothing is copied, nothing is written.

    ``is_made`` is False when the first backup must make the repository, too.

    Raises:
        Conflict: the catalog is another one than the repository was made for.
        NotFound: the scope does not exist in the catalog.
    """
    repository = backup.repository
    check_source(repository, backup.catalog, backup.report, accept=backup.accept_source)
    seen = look(repository)
    plan = plan_pit(repository, backup.source, next_pit(repository, seen), None, seen)
    parent = Parent.of(repository, plan.parent.pit) if plan.parent else Parent()
    reusable = reusable_work(repository, plan)
    workers = backup.tables_at_once * backup.files_at_once
    foresight = Foresight(repository, backup.stores, reusable, workers, backup.within)
    found, notes = _foreseen(foresight, plan, backup.tables_at_once)
    counts = _counts(repository, plan, parent, found) | {"repository made": int(not is_made)}
    return _estimate(backup, counts, found, notes)


def imagined(store: Store, scope: Scope, catalog: Catalog) -> Repository:
    """The repository that a first backup would make; nothing of it is written.

    Raises:
        Conflict: the place holds something already.
    """
    taken = next(iter(store.list("")), None)
    if taken is not None:
        raise Conflict(f"{store.url} is not empty: it holds {taken.key}", hint="choose an empty place")
    found = catalog.identity()
    manifest = RepositoryManifest(
        repository_id=str(uuid.uuid4()),
        granularity=scope.granularity,
        scope=ScopeRecord(catalog=scope.catalog, database=scope.database, table=scope.table),
        source=SourceRecord(kind=found.kind, address=found.address),
        created_at=utc_now(),
    )
    return Repository(store, manifest)


def _foreseen(foresight: Foresight, plan: Plan, at_once: int) -> tuple[list[Foreseen], tuple[str, ...]]:
    """What each capture would copy; a table that cannot be read is told, as the backup would tell it."""

    def attempt(planned: PlannedCapture) -> Foreseen | str:
        try:
            return foresight.of(planned)
        except BcnError as error:
            return f"{planned.table.table()} cannot be read: {error.message}"

    results = list(in_parallel(attempt, plan.captures, at_once))
    failed = [f"{one.table.table()} cannot be read: {one.reason}" for one in plan.unreadable]
    notes = (*failed, *(one for one in results if isinstance(one, str)))
    return [one for one in results if isinstance(one, Foreseen)], notes


def _counts(repository: Repository, plan: Plan, parent: Parent, found: list[Foreseen]) -> dict[str, int]:
    before = parent.manifest
    deleted = {one.table.namespace for one in before.deleted_tables} if before else set()
    views = {one.view.table(): one.pointer for one in plan.sql_views}
    changed_views = [view for view, kind in view_changes(parent.views, views).items() if kind != "dropped"]
    in_folder = _OF_EACH_PIT * len(repository.pits()) + _OF_EACH_PIT
    return {
        "once": 1,
        "PIT before": int(before is not None),
        "database of the PIT before": len(before.indexes) if before else 0,
        "database written": len(_databases_written(repository, plan, parent)),
        "database with deleted tables": len(deleted | {one.namespace for one in plan.dropped}),
        "captured at all": int(bool(plan.captures)),
        "table captured": len(found),
        "table known before": sum(one.is_known for one in found),
        "schema compared": sum("schema" in one.changes for one in plan.captures),
        "metadata file stored": sum(len(one.metadata) for one in found),
        "view stored": len(changed_views),
        "further page of PITs": (pages(in_folder) - 1) * (4 if plan.captures else 3),
    }


def _databases_written(repository: Repository, plan: Plan, parent: Parent) -> set[tuple[str, ...]]:
    """Databases whose index would differ from that of the PIT before."""
    known = (
        {one.namespace: dict(one.properties) for one in repository.indexes(parent.manifest)}
        if parent.manifest
        else {}
    )
    views = {one.view.table(): one.pointer for one in plan.sql_views}
    names: list[TableName] = [
        *(one.table.table() for one in plan.captures),
        *(one.table() for one in plan.dropped),
        *(one.before.table() for one in plan.renamed),
        *(one.after.table() for one in plan.renamed),
        *view_changes(parent.views, views),
    ]
    now = {one.namespace: dict(one.properties) for one in plan.databases}
    other = {name for name, held in now.items() if known.get(name) != held}
    return ({name.namespace for name in names} | other) & (now.keys() | {one.namespace for one in names})


def _estimate(
    backup: Backup, counts: dict[str, int], found: list[Foreseen], notes: tuple[str, ...]
) -> Estimate:
    content = _copies(backup, [file for one in found for file in one.content])
    metadata = sum(sum(one.metadata) for one in found)
    again = sum(one.pointer_bytes for one in found)
    new = [*(size for one in found for size in one.metadata)]
    new += [file.size or 0 for one in found for file in one.content]
    reused = [size for one in found for size in one.reused]
    moved = content.moved
    return Estimate(
        operation="backup",
        tables=len(found),
        counts=counts,
        requests=BACKUP.of(counts) + content.requests,
        files_new=len(new),
        files_reused=len(reused),
        bytes_new=sum(new),
        bytes_reused=sum(reused),
        moved=Moved(moved.read + metadata + again, moved.written + metadata, moved.within),
        growth=sum(new),
        notes=notes,
    )


def _copies(backup: Backup, files: Iterable[Needed]) -> Copies:
    target = backup.repository.store

    def sized(file: Needed) -> tuple[int, bool]:
        store, key = backup.stores.holding(file.location)
        return file.size or 0, in_one_account(store, key, target, key)

    return copies(map(sized, files))
