"""A lab whose repository is described by an inventory, and ways to look at what it says."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyiceberg.table import Table

from bcn_core.events import Event
from bcn_core.inventory import Inventory, catch_up, keep_up, query
from bcn_core.inventorying.tables import rows_of
from bcn_core.settings import InventorySettings, Settings
from tests.warehouse.runs import Lab
from tests.warehouse.source import BY_CITY
from tests.warehouse.years import Years


@dataclass
class Described:
    """Backups, each followed by the inventory, as the command line does it; an hour passes between them."""

    years: Years
    settings: Settings
    events: list[Event] = field(default_factory=list)

    by_city = BY_CITY

    @classmethod
    def of(cls, folder: Path, **said: Any) -> "Described":
        years = Years.of(folder)
        warehouse = f"file://{folder}/inventory"
        return cls(years, Settings(inventory=InventorySettings(**{"warehouse": warehouse, **said})))

    @property
    def lab(self) -> Lab:
        return self.years.lab

    @property
    def inventory(self) -> Inventory:
        return Inventory.of(self.lab.repository, self.lab.stores, self.settings, self.events.append)

    def take(self, hours: float = 1) -> str:
        """One more PIT, and the inventory after it."""
        found = self.years.take(hours=hours)
        catch_up(self.inventory)
        return found

    def take_alone(self, hours: float = 1) -> str:
        """One more PIT that the inventory does not learn of."""
        return self.years.take(hours=hours)

    def keep_up(self) -> int:
        return keep_up(self.inventory)

    def table(self, name: str) -> Table:
        return self.inventory.tables().open(name)

    def rows(self, name: str, *columns: str) -> list[tuple[Any, ...]]:
        """Rows of a table in a fixed order."""
        found = rows_of(self.table(name), columns=columns or ("*",))
        return sorted(found.select(columns or found.columns).rows(), key=repr)

    def ask(self, sql: str, engine: str = "polars") -> list[tuple[Any, ...]]:
        return query(self.inventory, sql, engine).rows()

    def documents(self) -> list[Path]:
        folder = Path(self.inventory.place.documents.removeprefix("file://"))
        return sorted(folder.iterdir()) if folder.is_dir() else []
