"""Finding the tables of replicated storage, and their names, without the source's catalog: it may be gone."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bcn_core.catalogs.catalog import Catalog
from bcn_core.errors import InvalidRequest, NotFound
from bcn_core.iceberg.metadata_names import SUFFIXES
from bcn_core.locations import PrefixMap, canonical, is_within
from bcn_core.names import Scope, TableName
from bcn_core.replication.sites import OWNED
from bcn_core.repository.repository import Repository
from bcn_core.storage.opening import Stores, absolute

_FOLDER = "/metadata/"
_HIVE_SUFFIX = ".db"
_UUID_SUFFIX = re.compile(r"[-_][0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$")


@dataclass(frozen=True, slots=True)
class Where:
    """Where tables are looked for, and what tells their names: a map first, then a PIT, then the layout of folders.

    ``named``: places of tables by name. ``backups``: a repository of the source's backups.
    """

    mapping: PrefixMap
    roots: tuple[str, ...]
    named: Mapping[TableName, str] = field(default_factory=dict)
    backups: Repository | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The tables of the replicated storage by name, with their places.

    ``unclear``: names that more than one place claims. ``unnamed``: places that nothing names. ``lost``: tables that
    BCN wrote to the standby catalog, and whose replicated files are not there.
    """

    tables: Mapping[TableName, str]
    unclear: Mapping[TableName, tuple[str, ...]] = field(default_factory=dict)
    unnamed: tuple[str, ...] = ()
    lost: tuple[TableName, ...] = ()

    def only(self, wanted: Callable[[TableName], bool]) -> "Found":
        """The part that a selection means."""
        return Found(
            {table: place for table, place in self.tables.items() if wanted(table)},
            {table: places for table, places in self.unclear.items() if wanted(table)},
            self.unnamed,
            tuple(table for table in self.lost if wanted(table)),
        )


def discover(stores: Stores, standby: Catalog, where: Where) -> Found:
    """Find the tables below the roots. A listing is read as it comes: memory is for tables, not for files.

    Raises:
        NotFound: there is none, which is never taken for a source that dropped all its tables.
        StorageFailure: a listing did not come to its end.
    """
    places = dict.fromkeys(place for root in where.roots for place in table_places(stores, root))
    places.update(dict.fromkeys(where.named.values()))
    if not places:
        raise NotFound(
            f"no table's metadata lies below {', '.join(where.roots)}",
            hint="check the roots and whether replication has begun",
        )
    known = standby.sweep(Scope(standby.name)).pointers
    claims, unnamed = _claims(places, _Naming(where, known))
    single = {table: found[0] for table, found in claims.items() if len(found) == 1}
    unclear = {table: tuple(found) for table, found in claims.items() if len(found) > 1}
    lost = [table for table, pointer in known.items() if f"/{OWNED}/" in pointer and table not in claims]
    return Found(single, unclear, unnamed, tuple(sorted(lost)))


def table_places(stores: Stores, root: str) -> Iterator[str]:
    """The place of every folder below a root that holds ``metadata/*.metadata.json``, each once."""
    root = absolute(root)
    store, key = stores.holding(root)
    # A whole bucket is a root without a key, so that no slash stands between it and what lies below.
    above = root if key else f"{root}/"
    start = len(key.lstrip("/") if root.startswith("file:") else key)
    last = None
    for found in store.list(key):
        if not found.key.endswith(SUFFIXES):
            continue
        place, mark, name = f"{above}{found.key[start:]}".rpartition(_FOLDER)
        if mark and "/" not in name and place != last:
            last = place
            yield place


def _claims(places: Iterable[str], naming: "_Naming") -> tuple[dict[TableName, list[str]], tuple[str, ...]]:
    """Names with the places that claim them, and places without a name."""
    claims: dict[TableName, list[str]] = {}
    unnamed = []
    for place in places:
        name = naming.name(place)
        if name is None:
            unnamed.append(place)
        else:
            claims.setdefault(name, []).append(place)
    return dict(sorted(claims.items())), tuple(unnamed)


class _Naming:
    """From a place to a table's name."""

    def __init__(self, where: Where, known: Mapping[TableName, str]) -> None:
        self._roots = tuple(absolute(root) for root in where.roots)
        self._names = {
            canonical(pointer.partition(_FOLDER)[0]): table
            for table, pointer in known.items()
            if f"{_FOLDER}{OWNED}/" in pointer
        }
        self._names.update(_of_backups(where))
        self._names.update({canonical(absolute(place)): table for table, place in where.named.items()})

    def name(self, place: str) -> TableName | None:
        """The name of the table at a place; None when nothing tells it."""
        return self._names.get(canonical(place)) or self._of_layout(place)

    def _of_layout(self, place: str) -> TableName | None:
        root = max((one for one in self._roots if is_within(place, one)), key=len, default="")
        *namespace, name = place[len(root) :].strip("/").split("/")
        if not root or not namespace:
            return None
        return TableName(
            tuple(level.removesuffix(_HIVE_SUFFIX) for level in namespace), _UUID_SUFFIX.sub("", name)
        )


def _of_backups(where: Where) -> dict[str, TableName]:
    """Places that the newest PIT names, mapped to the standby; of tables that are still there, renames included."""
    if where.backups is None:
        return {}
    manifest = where.backups.pit(where.backups.select("latest"))
    named = {}
    for table, entry in where.backups.tables(manifest).items():
        place = where.mapping.find(entry.pointer.rpartition(_FOLDER)[0])
        if place is not None:
            named[canonical(place)] = table
    return named


def table_name(text: str) -> TableName:
    """A table's name as people type it: ``database.table``, levels of the namespace joined by dots.

    Raises:
        InvalidRequest: it names no database.
    """
    levels: Sequence[str] = text.split(".")
    if len(levels) < 2 or not all(levels):
        raise InvalidRequest(f"'{text}' is no table's name", hint="say DATABASE.TABLE")
    return TableName(tuple(levels[:-1]), levels[-1])
