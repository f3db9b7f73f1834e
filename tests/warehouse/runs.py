"""Backups and restores as one call each, between places of a test."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bcn_core.backup import Backup, back_up
from bcn_core.catalogs.catalog import Catalog
from bcn_core.events import Report, silent
from bcn_core.names import Scope, TableName
from bcn_core.repository.documents import CaptureRecord, PitManifest, SourceRecord
from bcn_core.repository.pins import this_process
from bcn_core.repository.repository import Repository
from bcn_core.restore import Restore, RestoreReport, RestoreRequest, plan_restore, restore_all
from bcn_core.storage.memory import MemoryStore
from bcn_core.storage.opening import Stores
from bcn_core.storage.store import Store
from tests.warehouse.source import NAME, Place


def table(name: str) -> TableName:
    """``sales.orders`` as a name."""
    namespace, _, own = name.rpartition(".")
    return TableName(tuple(namespace.split(".")), own)


def new_repository(source: Place, store: Store | None = None, scope: Scope | None = None) -> Repository:
    """An empty repository of a source, in memory unless a store is given."""
    identity = source.bcn().identity()
    record = SourceRecord(kind=identity.kind, address=identity.address)
    return Repository.create(store or MemoryStore(), scope or Scope(NAME), record, datetime.now(UTC))


@dataclass
class Lab:
    """A source, a repository, and a target that is elsewhere."""

    source: Place
    target: Place
    repository: Repository
    stores: Stores = field(default_factory=Stores)
    report: Report = silent

    @classmethod
    def of(cls, source: Place, **options: Any) -> "Lab":
        """A new repository in memory, and a target beside the source."""
        target = Place(source.folder.with_name("target"), "elsewhere")
        return cls(source, target, options.pop("repository", None) or new_repository(source), **options)

    def backup(self, catalog: Catalog | None = None, **options: Any) -> Backup:
        """How backups of the source are carried out."""
        return Backup(
            self.repository,
            catalog or self.source.bcn(),
            self.stores,
            this_process("test"),
            self.report,
            **options,
        )

    def take(
        self, pit: str | None = None, only: Iterable[str] | None = None, catalog: Catalog | None = None
    ) -> PitManifest:
        """Take one PIT."""
        chosen = None if only is None else frozenset(table(one) for one in only)
        return back_up(self.backup(catalog), pit, chosen)

    def record(self, manifest: PitManifest, name: str) -> CaptureRecord:
        """The capture that a PIT's table stands on."""
        return self.repository.capture(self.repository.tables(manifest)[table(name)])

    def restorer(self, target: Place | None = None) -> Restore:
        """How restores into a target are carried out."""
        return Restore(self.repository, (target or self.target).bcn(), self.stores, self.report)

    def restore(self, request: RestoreRequest | None = None, target: Place | None = None) -> RestoreReport:
        """Plan and carry out; a refusal of all tables is raised."""
        restorer = self.restorer(target)
        return restore_all(restorer, plan_restore(restorer, request or RestoreRequest()))


def copied_repository(repository: Repository) -> Repository:
    """The same repository in a store of its own, for a test that damages it."""
    store = MemoryStore()
    for found in repository.store.list(""):
        store.put_new(found.key, [repository.store.get(found.key)])
    return Repository.open(store)


def change(repository: Repository, key: str, data: bytes | None) -> None:
    """Damage: an object has other bytes, or is gone."""
    repository.store.delete(key)
    if data is not None:
        repository.store.put_new(key, [data])
