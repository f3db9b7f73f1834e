"""Publishing a PIT: what was captured and what stands as before become one manifest, written last."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bcn_core.capture.planning import Parent
from bcn_core.capture.sql_views import CapturedViews
from bcn_core.copying import in_parallel
from bcn_core.names import TableName
from bcn_core.repository.document import PARTIAL_COVERAGE
from bcn_core.repository.documents import (
    CaptureRecord,
    Consistency,
    Counts,
    CoveredTable,
    DatabaseIndex,
    DeletedDatabase,
    DeletedNames,
    DeletedTable,
    FailedTable,
    Included,
    IndexRef,
    PitManifest,
    Plan,
    PlannedCapture,
    SqlView,
    TableChange,
    TableEntry,
    TableRef,
    Unchanged,
)
from bcn_core.repository.encoding import encode, seal, sha256, unseal
from bcn_core.repository.layout import Layout
from bcn_core.repository.repository import Repository


@dataclass(frozen=True, slots=True)
class Contents:
    """What a PIT is to hold: all its tables, those captured by it, and those that could not be."""

    tables: Mapping[TableName, TableEntry]
    captured: Mapping[TableName, CaptureRecord]
    carried: frozenset[TableName]
    failed: Mapping[TableName, str]
    views: CapturedViews


def gather(
    repository: Repository,
    plan: Plan,
    parent: Parent,
    reasons: Mapping[TableName, str],
    views: CapturedViews,
) -> Contents:
    """Find the captures that the plan asked for, whoever made them, and put the parent's tables beside them.

    ``reasons`` says why a capture is not there, as far as this process knows.
    """
    tables = _standing(plan, parent)
    captured: dict[TableName, CaptureRecord] = {}
    carried = {ref.table() for ref in plan.carried}
    failed = {one.table.table(): one.reason for one in plan.unreadable}

    def find(planned: PlannedCapture) -> tuple[str, CaptureRecord, str] | None:
        # A table that the parent holds was most likely captured as what is new of it.
        return repository.find_capture(planned.table.table(), plan.pit, full_first=planned.previous is None)

    for planned, found in zip(plan.captures, in_parallel(find, plan.captures), strict=True):
        table = planned.table.table()
        before = planned.previous.table() if planned.previous else table
        if found is None:
            failed[table] = reasons.get(table, "it was not captured")
            if before in parent.tables:
                carried.add(before)
            continue
        tables.pop(before, None)
        folder, captured[table], digest = found
        tables[table] = _entry(folder, captured[table], digest)
    return Contents(tables, captured, frozenset(carried & tables.keys()), failed, views)


def write_manifest(
    repository: Repository, plan: Plan, parent: Parent, contents: Contents, plan_sha256: str
) -> tuple[PitManifest, int]:
    """Write the indexes of databases that changed, then, last, the manifest: from then on the PIT exists.

    Returns the manifest and how many bytes it has.
    """
    indexes = _write_indexes(repository, plan, parent, contents)
    draft = _Draft(repository, plan, parent, contents, indexes)
    data, key = seal(draft.manifest(plan_sha256)), repository.layout.pit_manifest(plan.pit)
    repository.write_once(key, data)
    return unseal(data, key), len(data)


def _standing(plan: Plan, parent: Parent) -> dict[TableName, TableEntry]:
    """The parent's tables that stand on, under the names that they have now."""
    if plan.consistency.mode == "as_of":
        return {ref.table(): parent.tables[ref.table()] for ref in plan.carried}
    gone = {ref.table() for ref in plan.dropped} | {one.before.table() for one in plan.renamed}
    tables = {table: entry for table, entry in parent.tables.items() if table not in gone}
    captured = {planned.table.table() for planned in plan.captures}
    for one in plan.renamed:
        before, after = one.before.table(), one.after.table()
        if after in captured:
            tables[before] = parent.tables[before]
        else:
            tables[after] = parent.tables[before].model_copy(update={"name": after.name})
    return tables


def _entry(folder: str, record: CaptureRecord, digest: str) -> TableEntry:
    return TableEntry(
        name=record.table.name,
        uuid=record.uuid,
        pointer=record.pointer,
        capture=folder,
        capture_pit=record.pit,
        capture_digest=digest,
        table_format_version=record.table_format_version,
        schema_id=record.schema_id,
        snapshot_id=record.snapshot_id,
        last_updated_ms=record.last_updated_ms,
        fingerprint=record.fingerprint,
        rows=record.rows,
        files=record.files,
        bytes=record.bytes,
        damaged=bool(record.broken_snapshots) and record.as_of is None,
        coverage=record.coverage,
    )


def _write_indexes(
    repository: Repository, plan: Plan, parent: Parent, contents: Contents
) -> tuple[IndexRef, ...]:
    by_database: dict[tuple[str, ...], list[TableEntry]] = defaultdict(list)
    for table, entry in sorted(contents.tables.items()):
        by_database[table.namespace].append(entry)
    views: dict[tuple[str, ...], list[SqlView]] = defaultdict(list)
    for view, held in sorted(contents.views.held.items()):
        views[view.namespace].append(held)
    properties = {record.namespace: record.properties for record in plan.databases}
    known = {ref.sha256: ref for ref in parent.manifest.indexes} if parent.manifest else {}
    refs = []
    for namespace in sorted(by_database.keys() | properties.keys() | views.keys()):
        index = DatabaseIndex(
            namespace=namespace,
            properties=properties.get(namespace, {}),
            tables=tuple(by_database[namespace]),
            sql_views=tuple(views[namespace]),
        )
        data = encode(index)
        digest = sha256(data)
        ref = known.get(digest) or _index_ref(repository.layout, plan.pit, index, digest)
        if digest not in known:
            repository.write_once(ref.key, data)
        refs.append(ref)
    return tuple(refs)


def _index_ref(layout: Layout, pit: str, index: DatabaseIndex, digest: str) -> IndexRef:
    key = layout.database_index(index.namespace, pit, digest)
    return IndexRef(namespace=index.namespace, tables=len(index.tables), key=key, sha256=digest)


@dataclass(frozen=True, slots=True)
class _Draft:
    """All that a manifest says."""

    repository: Repository
    plan: Plan
    parent: Parent
    contents: Contents
    indexes: tuple[IndexRef, ...]

    def manifest(self, plan_sha256: str) -> PitManifest:
        plan, contents, indexes = self.plan, self.contents, self.indexes
        covered = _covered(contents)
        return PitManifest(
            features=(PARTIAL_COVERAGE,) if covered else (),
            repository_id=plan.repository_id,
            pit=plan.pit,
            pit_timestamp=plan.pit_timestamp,
            captured_at=self.repository.now(),
            status="partial" if covered or _lacks(contents) else "complete",
            parent_pit=plan.parent,
            plan_sha256=plan_sha256,
            scope=self.repository.manifest.scope,
            consistency=_consistency(plan, contents),
            included_objects=_included(contents, indexes),
            covered_in_part=covered,
            failed_views=_reasons(contents.views.failed),
            indexes=indexes,
            counts=_counts(plan, contents, indexes),
            repository=self.repository.manifest.model_copy(update={"last_pit": None}),
            **self._changes(),
        )

    def _changes(self) -> dict[str, Any]:
        """What it says of the tables against the PIT before."""
        plan, parent, contents = self.plan, self.parent, self.contents
        return {
            "deleted_in_source": _deleted_names(plan, parent, contents),
            "unchanged_objects": _unchanged(plan.pit, parent, contents, self.indexes),
            "renamed": plan.renamed,
            "recreated": plan.recreated,
            "changed": tuple(
                TableChange(table=one.table, changes=one.changes, columns=one.columns)
                for one in plan.captures
                if one.table.table() in contents.captured
            ),
            "carried": tuple(TableRef.of(table) for table in sorted(contents.carried)),
            "failed": _reasons(contents.failed),
            "not_yet_created": plan.not_yet_created,
            "shared_uuids": plan.shared_uuids,
            "deleted_tables": _deleted_tables(plan, parent, contents),
            "deleted_databases": _deleted_databases(plan, parent),
        }


def _lacks(contents: Contents) -> bool:
    """Whether it lacks the then state of a table or of a view."""
    damaged = any(entry.damaged for entry in contents.tables.values())
    return bool(damaged or contents.failed or contents.carried or contents.views.failed)


def _consistency(plan: Plan, contents: Contents) -> Consistency:
    """How the sweep found the pointers; a table that moved on while it was copied is of a later instant."""
    moved = [
        one.table for one in plan.captures if _moved(contents.captured.get(one.table.table()), one.pointer)
    ]
    if not moved:
        return plan.consistency
    return plan.consistency.model_copy(update={"mode": "skewed", "moved": (*plan.consistency.moved, *moved)})


def _covered(contents: Contents) -> tuple[CoveredTable, ...]:
    """A table stays covered in part while a PIT stands on such a capture, whoever took it."""
    return tuple(
        CoveredTable(table=TableRef.of(table), coverage=entry.coverage)
        for table, entry in sorted(contents.tables.items())
        if entry.coverage is not None
    )


def _reasons(failed: Mapping[TableName, str]) -> tuple[FailedTable, ...]:
    return tuple(FailedTable(table=TableRef.of(one), reason=why) for one, why in sorted(failed.items()))


def _moved(record: CaptureRecord | None, pointer: str) -> bool:
    return record is not None and record.pointer != pointer


def _included(contents: Contents, indexes: tuple[IndexRef, ...]) -> Included:
    tables: dict[str, list[str]] = {".".join(ref.namespace): [] for ref in indexes}
    for table in sorted(contents.tables):
        tables[table.database].append(table.name)
    views: dict[str, list[str]] = defaultdict(list)
    for view in sorted(contents.views.held):
        views[view.database].append(view.name)
    return Included(
        databases=tuple(tables),
        tables={name: tuple(held) for name, held in tables.items()},
        sql_views={name: tuple(held) for name, held in views.items()},
    )


def _unchanged(pit: str, parent: Parent, contents: Contents, indexes: tuple[IndexRef, ...]) -> Unchanged:
    before = {ref.key for ref in parent.manifest.indexes} if parent.manifest else set()
    whole = {ref.namespace: ref.sha256 for ref in indexes if ref.key in before}
    single = {
        str(table): entry.capture_digest
        for table, entry in sorted(contents.tables.items())
        if table.namespace not in whole and entry.capture_pit != pit and table not in contents.carried
    }
    return Unchanged(
        databases={".".join(namespace): digest for namespace, digest in whole.items()}, tables=single
    )


def _deleted_names(plan: Plan, parent: Parent, contents: Contents) -> DeletedNames:
    """A view that could not be captured is there; nobody knows of a past instant."""
    gone = parent.views.keys() - contents.views.held.keys() - contents.views.failed.keys()
    return DeletedNames(
        tables=tuple(str(ref.table()) for ref in plan.dropped),
        databases=tuple(".".join(namespace) for namespace in _gone_databases(plan, parent)),
        sql_views=() if plan.consistency.mode == "as_of" else tuple(str(view) for view in sorted(gone)),
    )


def _gone_databases(plan: Plan, parent: Parent) -> list[tuple[str, ...]]:
    """Databases that were dropped since the parent; nobody knows when, as far as a past instant is concerned."""
    if plan.consistency.mode == "as_of":
        return []
    before = {ref.namespace for ref in parent.manifest.indexes} if parent.manifest else set()
    return sorted(before - {record.namespace for record in plan.databases})


def _deleted_tables(plan: Plan, parent: Parent, contents: Contents) -> tuple[DeletedTable, ...]:
    """All tables ever seen to be deleted, less those that came back with the same UUID."""
    earlier = parent.manifest.deleted_tables if parent.manifest else ()
    gone = [*plan.dropped, *(one.table for one in plan.recreated)]
    last = parent.manifest.pit if parent.manifest else ""
    new = [
        DeletedTable(
            table=ref, uuid=parent.tables[ref.table()].uuid, deleted_at=plan.pit_timestamp, last_pit=last
        )
        for ref in gone
        if ref.table() in parent.tables
    ]
    alive = {entry.uuid for entry in contents.tables.values() if entry.uuid}
    return tuple(one for one in (*earlier, *new) if one.uuid not in alive)


def _deleted_databases(plan: Plan, parent: Parent) -> tuple[DeletedDatabase, ...]:
    earlier = parent.manifest.deleted_databases if parent.manifest else ()
    last = parent.manifest.pit if parent.manifest else ""
    new = [
        DeletedDatabase(namespace=namespace, deleted_at=plan.pit_timestamp, last_pit=last)
        for namespace in _gone_databases(plan, parent)
    ]
    alive = {record.namespace for record in plan.databases}
    return tuple(one for one in (*earlier, *new) if one.namespace not in alive)


def _counts(plan: Plan, contents: Contents, indexes: tuple[IndexRef, ...]) -> Counts:
    entries = contents.tables.values()
    return Counts(
        databases=len(indexes),
        tables=len(contents.tables),
        captured=len(contents.captured),
        unchanged=len(contents.tables) - len(contents.captured) - len(contents.carried),
        carried=len(contents.carried),
        deleted=len(plan.dropped),
        failed=len(contents.failed),
        files=sum(entry.files for entry in entries),
        files_new=sum(record.files_new for record in contents.captured.values()),
        bytes=sum(entry.bytes for entry in entries),
        bytes_new=sum(record.bytes_new for record in contents.captured.values()),
        sql_views=len(contents.views.held),
    )
