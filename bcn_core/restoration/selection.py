"""Which tables of a PIT a request means."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bcn_core.errors import NotFound
from bcn_core.names import TableName, fits, fits_glob, nearest
from bcn_core.repository.documents import PitManifest, SqlView, TableEntry
from bcn_core.repository.repository import Repository, tables_in, views_in
from bcn_core.restoration.request import RestoreRequest


@dataclass(frozen=True, slots=True)
class Selected:
    """A table, the PIT whose manifest names it, and its status in the requested PIT."""

    table: TableName
    entry: TableEntry
    pit: str
    status: str


@dataclass(frozen=True, slots=True)
class Selection:
    """What a request's filters leave of a PIT."""

    tables: tuple[Selected, ...]
    views: tuple[tuple[TableName, SqlView], ...]


def select(repository: Repository, manifest: PitManifest, request: RestoreRequest) -> Selection:
    """The tables and views that a request's filters leave; deleted tables only when they are asked for.

    Raises:
        NotFound: the filters leave none.
    """
    indexes = repository.indexes(manifest)
    held = {table: _selected(table, entry, manifest) for table, entry in tables_in(indexes).items()}
    views = views_in(indexes)
    if request.include_deleted:
        deleted = _deleted(repository, manifest)
        held |= {table: one for table, one in deleted.items() if table not in held}
    chosen = tuple(held[table] for table in sorted(held) if _wanted(table, request))
    chosen_views = tuple((view, views[view]) for view in sorted(views) if _wanted(view, request))
    if not chosen and not chosen_views:
        raise _nothing(manifest.pit, [*held, *views], _deleted(repository, manifest), request)
    return Selection(chosen, chosen_views)


def status_in(manifest: PitManifest, table: TableName, entry: TableEntry) -> str:
    """ACTIVE, UNCHANGED or CARRIED."""
    if any(ref.table() == table for ref in manifest.carried):
        return "CARRIED"
    return "ACTIVE" if entry.capture_pit == manifest.pit else "UNCHANGED"


def _selected(table: TableName, entry: TableEntry, manifest: PitManifest) -> Selected:
    return Selected(table, entry, manifest.pit, status_in(manifest, table, entry))


def _deleted(repository: Repository, manifest: PitManifest) -> dict[TableName, Selected]:
    """Deleted tables that an existing PIT still holds, as they last were; not those of PITs that are set apart."""
    known = set(repository.pits()) - repository.isolated()
    last_pits = {one.last_pit for one in manifest.deleted_tables} & known
    tables = {pit: repository.tables(repository.pit(pit)) for pit in sorted(last_pits)}
    found = {}
    for one in manifest.deleted_tables:
        table = one.table.table()
        entry = tables.get(one.last_pit, {}).get(table)
        if entry is not None and entry.uuid == one.uuid:
            found[table] = Selected(table, entry, one.last_pit, "DELETED")
    return found


def _wanted(table: TableName, request: RestoreRequest) -> bool:
    in_database = not request.databases or any(fits_glob(table.database, glob) for glob in request.databases)
    in_tables = not request.tables or fits(table, request.tables)
    return in_database and in_tables and not fits(table, request.exclude)


def _nothing(
    pit: str,
    held: Iterable[TableName],
    deleted: Mapping[TableName, Selected],
    request: RestoreRequest,
) -> NotFound:
    if not request.include_deleted and any(_wanted(table, request) for table in deleted):
        return NotFound(
            f"in PIT {pit} what you ask for was deleted already",
            hint="add --include-deleted, or choose an earlier --pit",
        )
    if request.databases and not any(
        fits_glob(table.database, glob) for table in held for glob in request.databases
    ):
        wanted = request.databases[0]
        known = [table.database for table in held]
        return NotFound(f"PIT {pit} has no database '{wanted}'", hint=nearest(wanted, known))
    wanted = next(iter(request.tables), "")
    hint = nearest(wanted, [str(table) for table in held]) if wanted else "the filters leave no table"
    return NotFound(f"PIT {pit} has no table that fits {wanted or 'the filters'}", hint=hint)
