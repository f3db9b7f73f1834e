"""Files of a PIT put back where they were, byte for byte, for a catalog that names them again once it is restored.

What is there stays; what came later is nobody's concern, since the restored pointers do not name it. No catalog is
asked and none is told.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from bcn_core.copying import Copy, carry_out, do_all, in_parallel, put_same
from bcn_core.counting import counted
from bcn_core.errors import BcnError, Conflict
from bcn_core.events import FileCopied, Report, RestoreStarted, silent
from bcn_core.locations import join
from bcn_core.names import TableName
from bcn_core.repository.documents import CaptureRecord, PitManifest, SqlView, TableEntry
from bcn_core.repository.files import StoredFile
from bcn_core.repository.repository import Repository, tables_in, views_in
from bcn_core.restoration.preflight import as_listed, check_objects, check_own_places
from bcn_core.restoration.room import Need, short_of_room
from bcn_core.storage.opening import Stores

_TABLES_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class FilesInPlace:
    """What the PIT holds of one table or view, and what of it is not at its place."""

    name: TableName
    files: int
    missing: int
    bytes: int
    notes: tuple[str, ...] = ()
    refusal: BcnError | None = None


@dataclass(frozen=True, slots=True)
class InPlacePlan:
    """Which files of a PIT must be put back; ``unheld`` are tables that the catalog will name and the PIT lacks."""

    pit: str
    pit_status: str
    tables: tuple[FilesInPlace, ...]
    views: tuple[FilesInPlace, ...]
    unheld: tuple[str, ...]

    @property
    def everything(self) -> tuple[FilesInPlace, ...]:
        """Tables, then views."""
        return self.tables + self.views

    @property
    def missing(self) -> int:
        """Files to be put back."""
        return sum(one.missing for one in self.everything)

    @property
    def bytes(self) -> int:
        """Their bytes."""
        return sum(one.bytes for one in self.everything)

    @property
    def refusal(self) -> BcnError | None:
        """What stands against one of the tables, and so against all."""
        return next((one.refusal for one in self.everything if one.refusal is not None), None)


@dataclass(frozen=True, slots=True)
class InPlace:
    """A repository and the stores that its source lay in."""

    repository: Repository
    stores: Stores
    report: Report = silent
    files_at_once: int = 16

    def plan(self, pit: PitManifest, named: Mapping[str, str]) -> InPlacePlan:
        """Compare places and sizes; writes nothing. ``named``: the pointers that the catalog will have, by table."""
        indexes = self.repository.indexes(pit)
        tables = tables_in(indexes)
        found = list(in_parallel(lambda one: self._planned(*one, named), tables.items(), _TABLES_AT_ONCE))
        shorts = short_of_room(self.stores, [lacks for _, lacks in found])
        return InPlacePlan(
            pit=pit.pit,
            pit_status=pit.status,
            tables=tuple(
                replace(one, refusal=one.refusal or short)
                for (one, _), short in zip(found, shorts, strict=True)
            ),
            views=tuple(self._view(name, view) for name, view in views_in(indexes).items()),
            unheld=tuple(sorted({name for name, place in named.items() if place} - set(map(str, tables)))),
        )

    def put_back(self, plan: InPlacePlan) -> None:
        """Put back what is missing. The PIT must be pinned.

        Raises:
            BcnError: the plan refuses, or a file could not be put back; what was put back stays, and does no harm.
        """
        if plan.refusal is not None:
            raise plan.refusal
        pit = self.repository.pit(plan.pit)
        indexes = self.repository.indexes(pit)
        entries, views = tables_in(indexes), views_in(indexes)
        for one in plan.tables:
            if one.missing:
                self.report(RestoreStarted(one.name, one.missing, one.bytes))
                self._table(one.name, entries[one.name])
        for one in plan.views:
            if one.missing:
                self._put(one.name, views[one.name].pointer, self.repository.view_bytes(views[one.name]))

    def _planned(
        self, table: TableName, entry: TableEntry, named: Mapping[str, str]
    ) -> tuple[FilesInPlace, Need]:
        """The plan of one table, and the bytes that each of its places lacks."""
        plan = FilesInPlace(table, entry.files, 0, 0)
        try:
            record = self.repository.capture(entry)
            beside = check_own_places(record)
            files = self.repository.files(record)
            missing = list(self._missing(record, files))
            check_objects(self.repository, missing, table)
        except BcnError as error:
            return replace(plan, refusal=error), {}
        lacks: Counter[str] = Counter()
        for file in missing:
            lacks[record.roots[file.root]] += file.size
        notes = (*beside, *_notes(record, files, named.get(str(table), "")))
        return replace(plan, missing=len(missing), bytes=lacks.total(), notes=notes), lacks

    def _view(self, name: TableName, view: SqlView) -> FilesInPlace:
        size = self.stores.size(view.pointer)
        if size is None:
            return FilesInPlace(name, 1, 1, view.size)
        refusal = None if size == view.size else _other(view.pointer, size, view.size)
        return FilesInPlace(name, 1, 0, 0, refusal=refusal)

    def _missing(self, record: CaptureRecord, files: list[StoredFile]) -> Iterator[StoredFile]:
        """The files that are not at their places.

        Raises:
            Conflict: another file is at one's place.
        """
        there = {root: self._listed(root) for root in record.roots}
        for file in files:
            root = record.roots[file.root]
            location = join(root, file.path)
            size = there[root].get(as_listed(self.stores.holding(location)[1]))
            if size is None:
                yield file
            elif size != file.size:
                raise _other(location, size, file.size)

    def _listed(self, root: str) -> dict[str, int]:
        store, key = self.stores.holding(root)
        return {as_listed(found.key): found.size for found in store.list(key)}

    def _table(self, table: TableName, entry: TableEntry) -> None:
        """Looked at once more: another try, or another process, may have put some back since the plan."""
        record = self.repository.capture(entry)
        missing = list(self._missing(record, self.repository.files(record)))

        def put(file: StoredFile) -> None:
            location = join(record.roots[file.root], file.path)
            store, key = self.stores.holding(location)
            carry_out(Copy(self.repository.store, file.object, store, key, file.size, file.sha256))
            self.report(FileCopied(table, location, file.size))

        do_all(put, missing, self.files_at_once)

    def _put(self, name: TableName, location: str, data: bytes) -> None:
        store, key = self.stores.holding(location)
        put_same(store, key, data)
        self.report(FileCopied(name, location, len(data)))


def _notes(record: CaptureRecord, files: list[StoredFile], named: str) -> Iterator[str]:
    held = {join(record.roots[file.root], file.path) for file in files if file.kind == "metadata"}
    if named and named not in held:
        yield f"the catalog will name {named}, which the PIT does not hold"
    if record.coverage is not None:
        yield f"the PIT holds the newest {len(record.coverage.snapshots)} of {record.coverage.of} snapshots"
    if record.broken_snapshots:
        lost = counted(len(record.broken_snapshots), "old snapshot")
        yield f"{lost} damaged at the source, with files that are not held"


def _other(location: str, size: int, wanted: int) -> Conflict:
    return Conflict(
        f"{location} is there with {size} bytes, not the {wanted} of the PIT; nothing is overwritten",
        hint="restore the database alone, start the catalog, then: bcn restore --pit ID --on-conflict replace",
    )
