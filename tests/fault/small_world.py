"""The smallest repository in which prune can do harm: one table, two PITs, the second one standing on the first."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from bcn_core.backup import Backup, back_up
from bcn_core.catalogs.catalog import Catalog, CatalogIdentity, Sweep, ViewFile
from bcn_core.errors import Conflict, InvalidRequest
from bcn_core.names import Scope, TableName, pit_id, pit_instant
from bcn_core.pruning.condemning import condemn
from bcn_core.pruning.sweeping import sweep
from bcn_core.repository.flag_documents import Owner
from bcn_core.repository.repository import Repository
from bcn_core.restore import Restore, RestoreRequest, plan_restore, restore_all
from bcn_core.storage.memory import MemoryStore
from bcn_core.storage.opening import Stores
from bcn_core.storage.store import Store
from tests.warehouse.runs import Lab
from tests.warehouse.source import Place, append, make


@dataclass
class CatalogInMemory:
    """A catalog that is a dict."""

    identified: CatalogIdentity
    pointers: dict[TableName, str] = field(default_factory=dict)
    name: str = "shop"

    def identity(self) -> CatalogIdentity:
        return self.identified

    def spelled(self, table: TableName) -> TableName:
        return table

    def sweep(self, scope: Scope) -> Sweep:
        return Sweep({table.namespace: {} for table in self.pointers}, dict(self.pointers))

    def pointer(self, table: TableName) -> str | None:
        return self.pointers.get(table)

    def default_location(self, table: TableName) -> str | None:
        return f"memory://target/{table.database}/{table.name}"

    def create_database(self, namespace: tuple[str, ...], properties: Any) -> None: ...

    def register(self, table: TableName, metadata_location: str) -> None:
        if table in self.pointers:
            raise Conflict(f"{table} exists")
        self.pointers[table] = metadata_location

    def replace(self, table: TableName, expected: str, metadata_location: str) -> None:
        self.pointers[table] = metadata_location

    def keeps_views(self) -> bool:
        return False

    def register_view(self, view: TableName, file: ViewFile, expected: str | None) -> str:
        raise InvalidRequest(f"no view {view} in memory")


def owner(name: str) -> Owner:
    """A run of which nobody can tell whether its process lives."""
    return Owner(name=name, host="model")


@dataclass(frozen=True)
class World:
    """The objects of the repository as every schedule finds it, and the source that has moved on since."""

    objects: dict[str, bytes]
    source: Catalog
    pits: tuple[str, str]

    def store(self) -> MemoryStore:
        """A repository of its own."""
        store = MemoryStore()
        for key, data in self.objects.items():
            store.put_new(key, [data])
        return store

    def backup(self, name: str = "backup", number: int = 1) -> Callable[[Store], Any]:
        """A run that takes a PIT, the same one in every schedule."""
        pit = pit_id(pit_instant(self.pits[1]) + timedelta(milliseconds=number))

        def work(store: Store) -> str:
            repository = Repository.open(store)
            run = Backup(repository, self.source, Stores(), owner(name), tables_at_once=1, files_at_once=1)
            return back_up(run, pit).pit

        return work

    def prune(self, name: str = "prune") -> Callable[[Store], Any]:
        """A run that removes the second PIT, on which the next backup wants to stand, without any grace."""

        def work(store: Store) -> Any:
            repository = Repository.open(store)
            condemn(repository, owner(name), [self.pits[1]])
            return sweep(repository, owner(name), self.pits[1:], repository.now() - timedelta(days=1))

        return work

    def restore(self) -> Callable[[Store], Any]:
        """A run that restores the second PIT; the plan was made before, when it was still there."""

        def work(store: Store) -> str:
            whole = Repository.open(self.store())
            target = CatalogInMemory(self.source.identity(), name="target")
            stores = Stores()
            plan = plan_restore(Restore(whole, target, stores), RestoreRequest(pit=self.pits[1]))
            run = Restore(Repository.open(store), target, stores, tables_at_once=1, files_at_once=1)
            report = restore_all(run, plan)
            return "; ".join(one.error for one in report.failed)

        return work


def build(folder: Path) -> World:
    """Two PITs of one table that grew in between, and grows once more."""
    source = Place(folder / "source")
    catalog = source.pyiceberg()
    table = make(catalog, "sales.orders")
    append(table, 0)
    lab = Lab.of(source)
    first = lab.take().pit
    append(table, 10)
    second = lab.take().pit
    append(table, 20)
    swept = source.bcn().sweep(Scope("shop"))
    frozen = CatalogInMemory(source.bcn().identity(), dict(swept.pointers))
    store = lab.repository.store
    return World({one.key: store.get(one.key) for one in store.list("")}, frozen, (first, second))
