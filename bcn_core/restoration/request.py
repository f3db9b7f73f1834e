"""What people ask of a restore, and the plan that answers it. A plan is data: showing it writes nothing."""

from dataclasses import dataclass
from typing import Literal

from bcn_core.errors import BcnError
from bcn_core.iceberg.snapshot_selection import HistoryMode
from bcn_core.locations import PrefixMap
from bcn_core.names import TableName
from bcn_core.repository.documents import SqlView, TableEntry

OnConflict = Literal["fail", "skip", "replace"]
UuidChoice = Literal["auto", "keep", "new"]
Action = Literal["create", "replace", "skip", "done", "refuse"]


@dataclass(frozen=True, slots=True)
class RestoreRequest:
    """Which tables of which PIT to restore, and under which names, where.

    ``databases``, ``tables`` and ``exclude`` are globs; tables match ``database.table`` or the bare table name.
    Target names and location may hold ``{database}`` and ``{table}``. ``history``: how many snapshots come along.
    """

    pit: str = "latest"
    databases: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    include_deleted: bool = False
    target_database: str | None = None
    target_table: str | None = None
    target_location: str | None = None
    on_conflict: OnConflict = "fail"
    uuid: UuidChoice = "auto"
    history: HistoryMode = "full"


@dataclass(frozen=True, slots=True)
class TablePlan:
    """What is to become of one table.

    ``pit`` is the PIT whose manifest names the table (an earlier one for a deleted table), ``status`` its status there.
    ``expected`` is the pointer that a replaced table must still have. ``uuid`` is the new UUID, None to keep the old.
    ``refusal`` says why the table cannot be restored; then nothing of it is written.
    """

    source: TableName
    target: TableName
    pit: str
    status: str
    entry: TableEntry
    action: Action
    location: str
    metadata_location: str
    mapping: PrefixMap
    uuid: str | None
    files: int
    bytes: int
    rows: int | None
    expected: str | None = None
    notes: tuple[str, ...] = ()
    refusal: BcnError | None = None
    history: HistoryMode = "full"


@dataclass(frozen=True, slots=True)
class SqlViewPlan:
    """What is to become of one Iceberg view; the fields mean what they mean of a table."""

    source: TableName
    target: TableName
    pit: str
    view: SqlView
    action: Action
    location: str
    metadata_location: str
    uuid: str | None
    expected: str | None = None
    notes: tuple[str, ...] = ()
    refusal: BcnError | None = None


@dataclass(frozen=True, slots=True)
class DatabasePlan:
    """A database that the target needs, with the properties that it had."""

    namespace: tuple[str, ...]
    properties: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RestorePlan:
    """Everything that a restore will do, in order. Without a ``target_catalog`` files are restored, and no more."""

    pit: str
    pit_status: str
    target_catalog: str | None
    tables: tuple[TablePlan, ...]
    databases: tuple[DatabasePlan, ...]
    notes: tuple[str, ...] = ()
    views: tuple[SqlViewPlan, ...] = ()

    @property
    def everything(self) -> tuple[TablePlan | SqlViewPlan, ...]:
        """Tables, then views."""
        return self.tables + self.views

    @property
    def refusals(self) -> tuple[BcnError, ...]:
        """What stands against tables and views of the plan."""
        return tuple(one.refusal for one in self.everything if one.refusal is not None)

    @property
    def is_refused(self) -> bool:
        """Whether nothing of it can be carried out."""
        return bool(self.refusals) and len(self.refusals) == len(self.everything)

    @property
    def bytes(self) -> int:
        """Bytes to be written."""
        return sum(table.bytes for table in self.tables if table.action in ("create", "replace"))


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of one table; ``failure`` is None when all went well."""

    plan: TablePlan
    action: Action
    seconds: float
    notes: tuple[str, ...] = ()
    failure: BcnError | None = None

    @property
    def error(self) -> str:
        """The failure as one text, its hint included; empty when all went well."""
        return "" if self.failure is None else str(self.failure)


@dataclass(frozen=True, slots=True)
class RestoredView:
    """What became of one view; ``failure`` is None when all went well."""

    plan: SqlViewPlan
    action: Action
    seconds: float
    notes: tuple[str, ...] = ()
    failure: BcnError | None = None

    @property
    def error(self) -> str:
        """The failure as one text, its hint included; empty when all went well."""
        return "" if self.failure is None else str(self.failure)


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """What became of all tables and views of a plan."""

    plan: RestorePlan
    tables: tuple[Restored, ...]
    views: tuple[RestoredView, ...] = ()

    @property
    def everything(self) -> tuple[Restored | RestoredView, ...]:
        """Tables, then views."""
        return self.tables + self.views

    @property
    def failed(self) -> tuple[Restored | RestoredView, ...]:
        """The tables and views that are not restored though they were asked for."""
        return tuple(one for one in self.everything if one.error)
