"""Inventory: PITs -> rows of pits, tables and objects -> one commit for each table -> documents for each PIT.

It is derived from the repository and never read to decide anything: no backup, prune or restore needs it, and
:func:`rebuild` makes it anew. A run that cannot keep it up says so and goes on
(:func:`keep_up`); the next one catches up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bcn_core.errors import BcnError, Conflict
from bcn_core.events import InventoryBehind, InventoryWritten, Report, silent
from bcn_core.inventorying.batches import Batches
from bcn_core.inventorying.place import TABLES, Place, is_enabled
from bcn_core.inventorying.steps import Step
from bcn_core.repository.repository import Repository
from bcn_core.settings import Settings
from bcn_core.storage.opening import Stores

if TYPE_CHECKING:
    import polars as pl
    from pyiceberg.table import Table

    from bcn_core.inventorying.tables import InventoryTables

__all__ = [
    "Inventory",
    "InventoryStatus",
    "InventoryTable",
    "catch_up",
    "check_place",
    "is_enabled",
    "keep_up",
    "query",
    "rebuild",
    "status",
]

_TRIES = 3


@dataclass(frozen=True, slots=True)
class Inventory:
    """A repository, and where the tables that describe it lie; ``catalog`` is the one that they live in, if any."""

    repository: Repository
    stores: Stores
    place: Place
    catalog: tuple[str, Mapping[str, str]] | None = None
    report: Report = silent

    @classmethod
    def of(cls, repository: Repository, stores: Stores, settings: Settings, report: Report) -> "Inventory":
        """The inventory that ``bcn.toml`` describes."""
        said = settings.inventory
        catalog = (said.catalog, settings.catalog_properties(said.catalog)) if said.catalog else None
        return cls(repository, stores, Place.of(said, repository.store.url), catalog, report)

    def tables(self) -> "InventoryTables":
        """The tables, opened when they are asked for."""
        from bcn_core.inventorying.tables import InventoryTables

        return InventoryTables(self.place, self.stores, self.catalog)

    def pits(self) -> list[str]:
        """The PITs that it describes: all but those that were set apart as damaged."""
        apart = self.repository.isolated()
        return [pit for pit in self.repository.pits() if pit not in apart]


@dataclass(frozen=True, slots=True)
class InventoryTable:
    """One table: its newest metadata file, which any engine can open, and its rows."""

    name: str
    metadata_location: str
    snapshot_id: int | None
    rows: int


@dataclass(frozen=True, slots=True)
class InventoryStatus:
    """How far the inventory is. ``lag``: PITs that it does not show; ``documented``: PITs whose documents are whole."""

    folder: str
    pits: int
    lag: int
    documented: int | None
    needs: str
    tables: tuple[InventoryTable, ...]


def check_place(settings: Settings, repository: str) -> None:
    """Refuse settings that put the inventory where it must not lie.

    Raises:
        InvalidRequest: they do.
    """
    Place.of(settings.inventory, repository)


def keep_up(inventory: Inventory) -> int:
    """Catch up after something that must not fail because of it; how many PITs the inventory lacks then."""
    try:
        catch_up(inventory)
    except BcnError as error:
        return _behind(inventory, error.message)
    except Exception as error:  # noqa: BLE001 - the PIT exists: whatever fails here must not make its run fail
        return _behind(inventory, f"{type(error).__name__}: {error}")
    return 0


def catch_up(inventory: Inventory) -> Step:
    """Bring the tables and the documents to the PITs that exist; what was done.

    Raises:
        BcnError: something of it could not be read or written; what is there stays as it was.
    """
    for _ in range(_TRIES - 1):
        try:
            return _catch_up(inventory)
        except Conflict:
            continue  # another run wrote the same rows meanwhile; what is left to do is found anew
    return _catch_up(inventory)


def rebuild(inventory: Inventory) -> None:
    """Remove the inventory, whatever state it is in, and make it anew from the PITs.

    Raises:
        BcnError: a PIT cannot be read, or the inventory cannot be written.
    """
    from bcn_core.inventorying.building import Builder

    pits = inventory.pits()
    Builder(inventory.repository, inventory.tables(), inventory.report).rebuild(pits)
    batches = Batches(inventory.repository, inventory.stores, inventory.place)
    batches.clear()
    batches.bring_up(pits, inventory.tables())
    inventory.report(InventoryWritten(inventory.place.folder, len(pits), "made anew"))


def status(inventory: Inventory) -> InventoryStatus:
    """How far it is.

    Raises:
        BcnError: it cannot be read.
    """
    step, pits, tables = _look(inventory), inventory.pits(), inventory.tables()
    found = [(name, tables.find(name)) for name in TABLES]
    return InventoryStatus(
        folder=inventory.place.folder,
        pits=len(pits),
        lag=_missing(step, pits),
        documented=Batches(inventory.repository, inventory.stores, inventory.place).count(pits),
        needs=step.why,
        tables=tuple(
            InventoryTable(name, table.metadata_location, _snapshot(table), _rows(table))
            for name, table in found
            if table is not None
        ),
    )


def query(inventory: Inventory, sql: str, engine: str = "polars") -> "pl.DataFrame":
    """Ask the tables in SQL; ``engine`` is polars or duckdb.

    Raises:
        NotFound: the inventory is not there.
        InvalidRequest: the SQL is not right, or the engine is not installed.
    """
    from bcn_core.inventorying.asking import ask_duckdb, ask_polars

    return (ask_duckdb if engine == "duckdb" else ask_polars)(inventory.tables(), sql)


def _catch_up(inventory: Inventory) -> Step:
    from bcn_core.inventorying.building import Builder

    pits, tables, step = inventory.pits(), inventory.tables(), _look(inventory)
    if not pits:
        return step
    builder = Builder(inventory.repository, tables, inventory.report)
    if step.kind == "rebuild":
        builder.rebuild(pits)
    if step.kind == "shrink":
        builder.shrink(pits[: min(step.positions.values())])
    if step.positions:
        builder.append(pits, step.positions)
    Batches(inventory.repository, inventory.stores, inventory.place).bring_up(pits, tables)
    if step.kind != "none":
        inventory.report(InventoryWritten(inventory.place.folder, len(pits), step.why or "caught up"))
    return step


def _look(inventory: Inventory) -> Step:
    """What is to be done; only the table of PITs is read, and that only when PITs went or came late."""
    from bcn_core.inventorying.steps import next_step, position
    from bcn_core.inventorying.tables import rows_of

    pits, opened = inventory.pits(), inventory.tables()
    tables = {name: opened.find(name) for name in TABLES}
    known, listed = tables["pits"], list[str]()
    if known is not None and position(known, pits) is None:
        listed = sorted(rows_of(known, columns=("pit",))["pit"].to_list())
    return next_step(tables, pits, listed)


def _missing(step: Step, pits: list[str]) -> int:
    return len(pits) - min(step.positions.values(), default=0)


def _behind(inventory: Inventory, why: str) -> int:
    lag = _lag(inventory)
    inventory.report(InventoryBehind(lag, why))
    return lag


def _lag(inventory: Inventory) -> int:
    """PITs that cannot be shown to be in the inventory: all of them where it cannot be read."""
    pits = inventory.pits()
    try:
        return _missing(_look(inventory), pits)
    except Exception:  # noqa: BLE001 - see keep_up
        return len(pits)


def _snapshot(table: "Table") -> int | None:
    found = table.current_snapshot()
    return found.snapshot_id if found else None


def _rows(table: "Table") -> int:
    found = table.current_snapshot()
    said = found.summary.additional_properties if found and found.summary else {}
    return int(said.get("total-records", "0"))
