"""What PITs name: their indexes, the captures that those stand on, and every object that those need."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from bcn_core.copying import in_parallel
from bcn_core.errors import BcnError
from bcn_core.names import TableName
from bcn_core.repository.documents import (
    CaptureRecord,
    DatabaseIndex,
    IndexRef,
    PitManifest,
    PitRef,
    SqlView,
    TableEntry,
)
from bcn_core.repository.files import StoredFile
from bcn_core.repository.key_sets import KeySet
from bcn_core.repository.layout import capture_record, table_folder
from bcn_core.repository.repository import Repository

if TYPE_CHECKING:
    import polars as pl

I = TypeVar("I")  # noqa: E741
O = TypeVar("O")  # noqa: E741
Trouble = Callable[[str, BcnError], None]
"""Told of a key that cannot be read, and why. One that raises makes everything fail closed."""


def fail(_key: str, error: BcnError) -> None:
    """Trouble that ends the work.

    Raises:
        BcnError: always, the one that is given.
    """
    raise error


@dataclass(slots=True)
class NamedCapture:
    """A capture and the indexes that name it; ``table`` is one of the names that it has there."""

    table: TableName
    entry: TableEntry
    indexes: list[str] = field(default_factory=list)

    @property
    def family(self) -> str:
        """What captures of one table have in common, under whatever name: they share objects, and no others do."""
        return self.entry.uuid or table_folder(self.entry.capture)


@dataclass(slots=True)
class NamedView:
    """A stored view and the indexes that name it; ``name`` is one of the names that it has there."""

    name: TableName
    view: SqlView
    indexes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class References:
    """PITs, and each index and capture that they name, once. 5,000 PITs share most of theirs."""

    repository: Repository
    manifests: dict[str, PitManifest] = field(default_factory=dict)
    indexes: dict[str, IndexRef] = field(default_factory=dict)
    captures: dict[str, NamedCapture] = field(default_factory=dict)
    views: dict[str, NamedView] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    _pits_of_index: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    _names: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)

    def pits_of_index(self, key: str) -> list[str]:
        """The PITs that name an index."""
        return list(self._pits_of_index[key])

    def pits_of(self, named: NamedCapture | NamedView) -> list[str]:
        """The PITs that stand on a capture or a view, oldest first."""
        return sorted({pit for key in named.indexes for pit in self._pits_of_index[key]})

    def add_manifest(self, manifest: PitManifest, own: PitRef) -> None:
        """Note a PIT, the digest of its manifest, and the indexes that it names."""
        self.digests[own.pit] = own.sha256
        for ref in manifest.indexes:
            self.indexes.setdefault(ref.key, ref)
            self._pits_of_index[ref.key].append(manifest.pit)
        self.manifests[manifest.pit] = self._shared(manifest)

    def _shared(self, manifest: PitManifest) -> PitManifest:
        """The same manifest; what it says as others do is held once, or 5,000 PITs of 10,000 tables fill the memory."""
        held = manifest.included_objects
        tables = {name: self._names.setdefault(tables, tables) for name, tables in held.tables.items()}
        return manifest.model_copy(
            update={
                "indexes": tuple(
                    self.indexes[ref.key] if self.indexes[ref.key] == ref else ref for ref in manifest.indexes
                ),
                "included_objects": held.model_copy(update={"tables": tables}),
            }
        )

    def without(self, going: Collection[str]) -> "References":
        """What is left when some PITs go: the other PITs, and what these name."""
        manifests = {pit: one for pit, one in self.manifests.items() if pit not in going}
        pits_of = {
            key: [pit for pit in pits if pit in manifests] for key, pits in self._pits_of_index.items()
        }
        left = {key: pits for key, pits in pits_of.items() if pits}
        captures = {key: one for key, one in self.captures.items() if not left.keys().isdisjoint(one.indexes)}
        views = {key: one for key, one in self.views.items() if not left.keys().isdisjoint(one.indexes)}
        return References(
            self.repository,
            manifests,
            {key: ref for key, ref in self.indexes.items() if key in left},
            {key: replace(one, indexes=_those(one.indexes, left)) for key, one in captures.items()},
            {key: replace(one, indexes=_those(one.indexes, left)) for key, one in views.items()},
            self.digests,
            defaultdict(list, left),
        )

    def add_index(self, key: str, index: DatabaseIndex) -> None:
        """Note the captures and views that an index names."""
        for entry in index.tables:
            table = TableName(index.namespace, entry.name)
            self.captures.setdefault(entry.capture, NamedCapture(table, entry)).indexes.append(key)
        for view in index.sql_views:
            name = TableName(index.namespace, view.name)
            self.views.setdefault(view.object, NamedView(name, view)).indexes.append(key)


def _those(keys: list[str], left: Mapping[str, object]) -> list[str]:
    return [key for key in keys if key in left]


def references(repository: Repository, pits: Iterable[str], trouble: Trouble = fail) -> References:
    """Read what some PITs name, down to the captures; their lists of files are read by :func:`opened`.

    Raises:
        BcnError: ``trouble`` raises, or the store did not answer a listing.
    """
    found = References(repository)
    for pit, read in in_parallel(_attempt(repository.pit_and_ref), pits):
        if isinstance(read, BcnError):
            trouble(repository.layout.pit_manifest(pit), read)
        else:
            found.add_manifest(*read)
    refs = list(found.indexes.values())
    for ref, index in in_parallel(_attempt(repository.index), refs):
        if isinstance(index, BcnError):
            trouble(ref.key, index)
        else:
            found.add_index(ref.key, index)
    return found


@dataclass(frozen=True, slots=True)
class Opened:
    """A capture with its record and its list of files."""

    named: NamedCapture
    record: CaptureRecord
    files: list[StoredFile]


def opened(found: References, trouble: Trouble = fail) -> Iterator[Opened]:
    """Every capture of some references, one table after the other: at most a few lists of files are in memory.

    Raises:
        BcnError: ``trouble`` raises.
    """

    def read(named: NamedCapture) -> Opened | tuple[str, BcnError]:
        key = capture_record(named.entry.capture)
        try:
            record = found.repository.capture(named.entry)
            key = record.files_key
            return Opened(named, record, found.repository.files(record))
        except BcnError as error:
            return key, error

    in_order = sorted(found.captures.values(), key=lambda one: (one.family, one.entry.capture_pit))
    for result in in_parallel(read, in_order):
        if isinstance(result, Opened):
            yield result
        else:
            trouble(*result)


def needed_keys(found: References, *parts: References) -> tuple[KeySet, ...]:
    """Every document and object below ``databases/`` that some parts of the PITs need; each is read once for all parts.

    Raises:
        BcnError: something of it cannot be read; nobody may conclude from the rest what is not needed.
    """
    sets = tuple(KeySet() for _ in parts)
    for keys, part in zip(sets, parts, strict=True):
        keys.add(part.indexes)
        keys.add(part.views)

    def read(named: NamedCapture) -> tuple[str, CaptureRecord, "pl.Series"]:
        record = found.repository.capture(named.entry)
        return named.entry.capture, record, found.repository.objects(record)

    for folder, record, objects in in_parallel(read, found.captures.values()):
        for keys, part in zip(sets, parts, strict=True):
            if folder in part.captures:
                add_capture(keys, folder, record, objects)
    return sets


def add_capture(keys: KeySet, folder: str, record: CaptureRecord, objects: "pl.Series") -> None:
    """Note one capture's documents and objects."""
    keys.add([capture_record(folder), record.files_key])
    keys.add(objects)


def _attempt(work: Callable[[I], O]) -> Callable[[I], tuple[I, O | BcnError]]:
    def tried(item: I) -> tuple[I, O | BcnError]:
        try:
            return item, work(item)
        except BcnError as error:
            return item, error

    return tried
