"""Two sites: a source, a replicator that copies its files in any order, and a standby catalog of its own."""

import random
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bcn_core.names import TableName
from bcn_core.replication.sites import site_map
from bcn_core.storage.opening import Stores
from bcn_core.sync import Sync, Synced, SyncReport, SyncRequest, TableSync, plan_sync, sync_all
from tests.warehouse.runs import table
from tests.warehouse.source import Place

ORDERS = table("sales.orders")


@dataclass
class Sites:
    """The replicator copies ``source`` to ``standby``; the standby's catalog lies beside its copied warehouse."""

    source: Place
    standby: Place
    stores: Stores = field(default_factory=Stores)

    @classmethod
    def of(cls, source: Place) -> "Sites":
        standby = Place(source.folder.with_name("standby"), "standby")
        standby.pyiceberg().close()
        return cls(source, standby)

    @property
    def mapping(self) -> tuple[tuple[str, str], ...]:
        return ((f"file://{self.source.folder}", f"file://{self.standby.folder}"),)

    def files(self) -> list[str]:
        """Every file of the source, catalog left out, by its path below the source's folder."""
        found = [path for path in self.source.folder.rglob("*") if path.is_file()]
        return sorted(str(path.relative_to(self.source.folder)) for path in found if path.suffix != ".db")

    def replicate(self, wanted: Callable[[str], bool] = lambda _name: True) -> None:
        """Copy what has not been copied yet."""
        for name in self.files():
            if wanted(name) and not (self.standby.folder / name).exists():
                self.copy(name)

    def copy(self, name: str) -> None:
        target = self.standby.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.source.folder / name, target)

    def arrivals(self, seed: int) -> Iterable[str]:
        """Copy the files that are new one by one, in a random order; yields before each."""
        names = [name for name in self.files() if not (self.standby.folder / name).exists()]
        random.Random(seed).shuffle(names)
        for name in names:
            yield name
            self.copy(name)

    def place(self, name: TableName) -> str:
        """Where the replicator puts a table."""
        return f"file://{self.standby.warehouse}/{name.database}/{name.name}"

    def request(self, *names: str, **options: Any) -> SyncRequest:
        wanted = [table(name) for name in names] or [ORDERS]
        mapping = site_map(options.pop("mapping", self.mapping))
        return SyncRequest(mapping, {one: self.place(one) for one in wanted}, **options)

    def syncing(self) -> Sync:
        return Sync(self.standby.bcn(), self.stores)

    def plan(self, *names: str, **options: Any) -> tuple[TableSync, ...]:
        return plan_sync(self.syncing(), self.request(*names, **options))

    def report(self, *names: str, **options: Any) -> SyncReport:
        return sync_all(self.syncing(), self.request(*names, **options))

    def sync(self, name: str = "sales.orders", **options: Any) -> Synced:
        """One table, which must be well."""
        (one,) = self.report(name, **options).tables
        if one.error is not None:
            raise one.error
        return one

    @contextmanager
    def without_source(self) -> Iterator[None]:
        """The source cannot be read while the block runs; it comes back for the tests that share it."""
        aside = self.source.folder.with_name("aside")
        self.source.folder.rename(aside)
        try:
            yield
        finally:
            aside.rename(self.source.folder)

    def pointer(self, name: TableName = ORDERS) -> str:
        """What the standby catalog names."""
        found = self.standby.bcn().pointer(name)
        assert found is not None
        return found

    def owned(self) -> list[Path]:
        """Every file that BCN wrote at the standby."""
        found = self.standby.folder.rglob("_bcn/**/*")
        return sorted(path for path in found if path.is_file())
