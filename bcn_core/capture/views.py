"""Views: documents for people and other tools, rebuilt after each publish, never read to decide anything.

A view that cannot be written is a warning: the PIT exists and is whole without it.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from bcn_core.capture.publishing import Contents
from bcn_core.errors import BcnError
from bcn_core.events import Report, Warned
from bcn_core.names import TableName
from bcn_core.repository import layout as keys
from bcn_core.repository.documents import CaptureRecord, DeletedTable, PitManifest
from bcn_core.repository.encoding import decode
from bcn_core.repository.repository import Repository


def refresh_views(repository: Repository, manifest: PitManifest, contents: Contents, report: Report) -> None:
    """Rewrite every view that a new PIT changes."""
    for key, view in _views(repository, manifest, contents):
        try:
            repository.store.replace(key, (json.dumps(view, indent=1, ensure_ascii=False) + "\n").encode())
        except BcnError as error:
            report(Warned(f"the view {key} could not be written: {error.message}"))


def _views(
    repository: Repository, manifest: PitManifest, contents: Contents
) -> Iterator[tuple[str, dict[str, Any]]]:
    layout = repository.layout
    newest = repository.pits()[-1] == manifest.pit
    if newest:
        # As it lies there: a newer bcn may have written fields into it that this one does not know.
        root = json.loads(repository.store.get(keys.REPOSITORY_MANIFEST))
        yield keys.REPOSITORY_MANIFEST, {**root, "last_pit": manifest.pit}
        yield layout.catalog_metadata, _catalog(manifest)
        yield layout.deleted_databases, _deleted_databases(manifest)
        yield from _databases(repository, manifest)
        for namespace, deleted in _by_database(manifest).items():
            yield layout.deleted_tables(namespace), _deleted_tables(deleted)
    for table, record in contents.captured.items():
        yield layout.table_manifest(table), _table(repository, table, record)


def _catalog(manifest: PitManifest) -> dict[str, Any]:
    return {
        "catalog": manifest.scope.catalog,
        "last_pit": manifest.pit,
        "status": manifest.status,
        "databases": {name: len(tables) for name, tables in manifest.included_objects.tables.items()},
    }


def _databases(repository: Repository, manifest: PitManifest) -> Iterator[tuple[str, dict[str, Any]]]:
    for ref in manifest.indexes:
        # An index that an earlier PIT wrote is the same, so its view stands already.
        if f"/{manifest.pit}-" in ref.key:
            index = repository.index(ref)
            view = {
                "database": ".".join(index.namespace),
                "properties": index.properties,
                "tables": [entry.name for entry in index.tables],
                "last_pit": manifest.pit,
            }
            yield repository.layout.database_metadata(ref.namespace), view


def _by_database(manifest: PitManifest) -> dict[tuple[str, ...], list[DeletedTable]]:
    found: dict[tuple[str, ...], list[DeletedTable]] = defaultdict(list)
    for one in manifest.deleted_tables:
        found[one.table.namespace].append(one)
    return found


def _deleted_tables(deleted: list[DeletedTable]) -> dict[str, Any]:
    return {
        "deleted_tables": [
            {
                "name": one.table.name,
                "database": one.table.table().database,
                "uuid": one.uuid,
                "deleted_at": one.deleted_at.isoformat(),
                "last_pit_included": one.last_pit,
            }
            for one in deleted
        ]
    }


def _deleted_databases(manifest: PitManifest) -> dict[str, Any]:
    return {
        "deleted_databases": [
            {
                "name": ".".join(one.namespace),
                "deleted_at": one.deleted_at.isoformat(),
                "last_pit_included": one.last_pit,
            }
            for one in manifest.deleted_databases
        ]
    }


def _table(repository: Repository, table: TableName, record: CaptureRecord) -> dict[str, Any]:
    """The table's history: its view extended by one capture, or built anew from the chain of captures."""
    view = _readable(repository, table)
    if view is not None and view["captures"][-1]["capture"] == record.previous:
        return _extended(view, table, record)
    view = {"uuid": record.uuid, "names": [], "schema_versions": [], "format_versions": [], "captures": []}
    for one in reversed(list(_chain(repository, record))):
        view = _extended(view, one.table.table(), one)
    return view


def _readable(repository: Repository, table: TableName) -> dict[str, Any] | None:
    try:
        view = json.loads(repository.store.get(repository.layout.table_manifest(table)))
        return (
            view
            if view["captures"] and {"names", "schema_versions", "format_versions"} <= view.keys()
            else None
        )
    except (BcnError, ValueError, TypeError, KeyError):
        return None


def _extended(view: dict[str, Any], table: TableName, record: CaptureRecord) -> dict[str, Any]:
    facts = {
        "names": ("name", str(table)),
        "schema_versions": ("schema", record.table_schema),
        "format_versions": ("format_version", record.table_format_version),
    }
    for part, (key, value) in facts.items():
        if not view[part] or view[part][-1][key] != value:
            view[part].append({key: value, "since": record.pit})
    folder = keys.folder_of(record.files_key)
    view["captures"].append(
        {
            "pit": record.pit,
            "capture": folder,
            "snapshot_id": record.snapshot_id,
            "rows": record.rows,
            "bytes_new": record.bytes_new,
        }
    )
    return view


def _chain(repository: Repository, record: CaptureRecord) -> Iterator[CaptureRecord]:
    """A capture and those before it, newest first, as far as they are kept."""
    yield record
    while record.previous is not None:
        key = keys.capture_record(record.previous)
        try:
            record = decode(CaptureRecord, repository.store.get(key), key)
        except BcnError:
            return
        yield record
