"""Views: documents for people and other tools, made from the truth, never read to decide anything.

A publish rewrites those that it changes; :func:`all_views` makes every one anew, from PIT manifests and captures alone.
A view that cannot be written is a warning: the PIT exists and is whole without it.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from bcn_core.copying import do_all, in_parallel
from bcn_core.errors import BcnError
from bcn_core.events import Report, Warned
from bcn_core.names import TableName
from bcn_core.pit_summaries import month_of, view_of_month, views_of
from bcn_core.references import References
from bcn_core.repository import layout as keys
from bcn_core.repository.documents import CaptureRecord, DeletedTable, PitManifest, TableEntry
from bcn_core.repository.encoding import as_utf8, decode
from bcn_core.repository.flags import isolated_captures
from bcn_core.repository.repository import Repository

View = tuple[str, bytes]
NOTHING_KNOWN: Mapping[str, PitManifest] = {}


def refresh_views(
    repository: Repository,
    manifest: PitManifest,
    captured: Mapping[TableName, CaptureRecord],
    report: Report,
    shown: Mapping[str, int],
) -> None:
    """Rewrite every view that a new PIT changes.

    ``shown``: the PITs that are not set apart, the new one among them, with the bytes of their manifests.
    """
    refresh_months(repository, [manifest.pit], report, shown, {manifest.pit: manifest})
    if max(shown) == manifest.pit:
        # An index that an earlier PIT wrote is the same, so its view stands already.
        own = [ref.key for ref in manifest.indexes if _writer(ref.key) == manifest.pit]
        write_views(repository, _of_newest(repository, manifest, own), report)

    def grown(item: tuple[TableName, CaptureRecord]) -> None:
        key = repository.layout.table_manifest(item[0])
        with _warned(report, f"the view {key}"):
            repository.store.replace(key, _dumped(_grown(repository, *item)))

    do_all(grown, captured.items())


def refresh_tables(found: References, folders: Iterable[str], report: Report) -> None:
    """Rewrite the views of tables, by their folders, of which captures were removed; ``found`` is what is left."""
    captures = _Captures(found)
    for folder in sorted(set(folders)):
        entries = captures.of(folder)
        if entries:
            write_views(found.repository, _table_views(found.repository, folder, entries), report)
        else:
            with _warned(report, keys.table_view(folder)):
                found.repository.store.delete(keys.table_view(folder))


def refresh_months(
    repository: Repository,
    pits: Iterable[str],
    report: Report,
    shown: Mapping[str, int],
    known: Mapping[str, PitManifest] = NOTHING_KNOWN,
) -> None:
    """Rewrite the views of the months in which PITs have come or gone; ``shown`` and ``known`` as in those views."""
    for month in sorted({month_of(pit) for pit in pits}):
        with _warned(report, f"the view of {month}"):
            key, data = view_of_month(repository, month, shown, known)
            if data is None:
                repository.store.delete(key)
            else:
                repository.store.replace(key, data)


def all_views(found: References) -> Iterator[View]:
    """Every view as the PITs say that it must be: its key and its bytes. What is set apart as damaged is not shown.

    Raises:
        BcnError: an index or a capture that a view shows cannot be read.
    """
    apart = found.repository.isolated()
    shown = [pit for pit in found.manifests if pit not in apart]
    if not shown:
        return
    newest = found.manifests[max(shown)]
    yield from views_of(found.repository, {pit: found.manifests[pit] for pit in shown})
    yield from _of_newest(found.repository, newest, [ref.key for ref in newest.indexes])
    captures = _Captures(found, isolated_captures(found.repository, found.captures))
    for folder in captures.folders:
        yield from _table_views(found.repository, folder, captures.of(folder))


def write_views(repository: Repository, views: Iterable[View], report: Report) -> None:
    """Write views, whatever stood there; several at once, as none of them needs another."""

    def write(view: View) -> None:
        with _warned(report, f"the view {view[0]}"):
            repository.store.replace(*view)

    with _warned(report, "a view"):
        do_all(write, views)


@contextmanager
def _warned(report: Report, what: str) -> Iterator[None]:
    try:
        yield
    except BcnError as error:
        report(Warned(f"{what} could not be written: {error.message}"))


class _Captures:
    """What PITs name, by the folder of a table and by the table itself, under whatever name."""

    def __init__(self, found: References, apart: frozenset[str] = frozenset()) -> None:
        self._in_folder: dict[str, list[TableEntry]] = defaultdict(list)
        self._of_table: dict[str, list[TableEntry]] = defaultdict(list)
        for named in found.captures.values():
            if named.entry.capture in apart:
                continue
            folder = keys.table_folder(named.entry.capture)
            self._in_folder[folder].append(named.entry)
            self._of_table[named.entry.uuid or folder].append(named.entry)

    @property
    def folders(self) -> list[str]:
        return sorted(self._in_folder)

    def of(self, folder: str) -> list[TableEntry]:
        """The captures of the table that had this name last, oldest first, up to its last one under the name."""
        newest = max(self._in_folder.get(folder, ()), key=lambda entry: entry.capture_pit, default=None)
        if newest is None:
            return []
        all_names = self._of_table[newest.uuid or folder]
        return sorted(
            (entry for entry in all_names if entry.capture_pit <= newest.capture_pit),
            key=lambda entry: entry.capture_pit,
        )


def _table_views(repository: Repository, folder: str, entries: list[TableEntry]) -> Iterator[View]:
    view = _empty(entries[-1].uuid)
    for record in in_parallel(repository.capture, entries):
        view = _extended(view, record.table.table(), record)
    yield keys.table_view(folder), _dumped(view)


def _of_newest(repository: Repository, manifest: PitManifest, indexes: Iterable[str]) -> Iterator[View]:
    """The views of the catalog as the newest PIT has it, and those of some databases, by their indexes."""
    layout = repository.layout
    # As it lies there: a newer bcn may have written fields into it that this one does not know.
    root = _root(repository)
    yield keys.REPOSITORY_MANIFEST, _dumped({**root, "last_pit": manifest.pit})
    yield layout.catalog_metadata, _dumped(_catalog(manifest))
    yield layout.deleted_databases, _dumped(_deleted_databases(manifest))
    wanted = set(indexes)
    for ref in manifest.indexes:
        if ref.key in wanted:
            index = repository.index(ref)
            view = {
                "database": ".".join(index.namespace),
                "properties": index.properties,
                "tables": [entry.name for entry in index.tables],
                "sql_views": [view.name for view in index.sql_views],
                "last_pit": _writer(ref.key),
            }
            yield layout.database_metadata(ref.namespace), _dumped(view)
    for namespace, deleted in _by_database(manifest).items():
        yield layout.deleted_tables(namespace), _dumped(_deleted_tables(deleted))


def _writer(index: str) -> str:
    """The PIT that wrote an index."""
    return index.rpartition("/")[2].rpartition("-")[0]


def _dumped(view: dict[str, Any]) -> bytes:
    return as_utf8(json.dumps(view, indent=1, ensure_ascii=False) + "\n")


def _catalog(manifest: PitManifest) -> dict[str, Any]:
    return {
        "catalog": manifest.scope.catalog,
        "last_pit": manifest.pit,
        "status": manifest.status,
        "databases": {name: len(tables) for name, tables in manifest.included_objects.tables.items()},
    }


def _root(repository: Repository) -> dict[str, Any]:
    """The repository manifest as it lies there, or, while it is damaged, as it was read or remembered."""
    try:
        return dict(json.loads(repository.store.get(keys.REPOSITORY_MANIFEST)))
    except (BcnError, ValueError, TypeError):
        return repository.manifest.model_dump(mode="json")


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


def _grown(repository: Repository, table: TableName, record: CaptureRecord) -> dict[str, Any]:
    """The table's history: its view extended by one capture, or built anew from the chain of captures."""
    grown = _continued(repository, table, record) if record.previous else None
    if grown is not None:
        return grown
    view = _empty(record.uuid)
    for one in sorted(_chain(repository, record), key=lambda one: one.pit):
        view = _extended(view, one.table.table(), one)
    return view


def _empty(uuid: str | None) -> dict[str, Any]:
    return {"uuid": uuid, "names": [], "schema_versions": [], "format_versions": [], "captures": []}


def _continued(repository: Repository, table: TableName, record: CaptureRecord) -> dict[str, Any] | None:
    """The view that lies there with one capture more; None when it ends with another capture, or is no such view."""
    try:
        view = json.loads(repository.store.get(repository.layout.table_manifest(table)))
        if view["captures"][-1]["capture"] != record.previous:
            return None
        return _extended(view, table, record)
    except (BcnError, ValueError, TypeError, LookupError, AttributeError):
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
