"""Somebody else at work on the source: something happens when a certain call is made, once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bcn_core.catalogs.catalog import Catalog, Sweep
from bcn_core.errors import Conflict
from bcn_core.names import Scope, TableName
from bcn_core.storage.store import Store
from tests.warehouse.watching import WatchedStore

Deed = Callable[[], None]


@dataclass
class Meddler:
    """Does a deed before the n-th read of a file whose key contains a text."""

    deed: Deed
    text: str
    at: int = 1
    seen: int = 0
    done: bool = False

    def wrap(self, store: Store) -> Store:
        return WatchedStore(store, self)

    def note(self, verb: str, key: str) -> None:
        if verb in ("get", "stream") and self.text in key:
            self.seen += 1
            if self.seen == self.at:
                self.done = True
                self.deed()


@dataclass
class MovingCatalog:
    """A catalog in which something happens after each of the first sweeps."""

    inner: Catalog
    deeds: list[Deed] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def sweep(self, scope: Scope) -> Sweep:
        found = self.inner.sweep(scope)
        if self.deeds:
            self.deeds.pop(0)()
        return found


@dataclass
class MeetingCatalog:
    """A catalog in which something happens before or after a table is pointed at other metadata."""

    inner: Catalog
    before: Callable[[], object] = lambda: None
    after: Callable[[], object] = lambda: None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def replace(self, table: TableName, expected: str, metadata_location: str) -> None:
        self.before()
        self.inner.replace(table, expected, metadata_location)
        self.after()


def conflict() -> None:
    raise Conflict("the pointer moved")
