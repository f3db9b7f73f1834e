"""What a sync is asked for, what it decides, and what became of each table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bcn_core.errors import BcnError
from bcn_core.iceberg.snapshot_selection import HistoryMode
from bcn_core.locations import PrefixMap
from bcn_core.names import TableName

Action = Literal["create", "advance", "repair", "rollback", "none", "refuse"]


@dataclass(frozen=True, slots=True)
class SyncRequest:
    """Which tables are brought up to date, and what may happen to them.

    ``tables``: names of tables and their places at the standby. ``metadata_location``: where rewritten files go,
    None for each table's own metadata folder. ``full_check``: trust nothing that an earlier run has found.
    ``rollback``, ``accept_new_uuid``, ``replace_diverged``: what is refused unless it is asked for.
    """

    mapping: PrefixMap
    tables: Mapping[TableName, str]
    metadata_location: str | None = None
    history: HistoryMode = "full"
    full_check: bool = False
    rollback: bool = False
    accept_new_uuid: bool = False
    replace_diverged: bool = False


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a standby is behind the newest metadata that has arrived.

    ``versions`` and ``seconds`` behind it (None where that file is there in part, so that its time is not known);
    ``missing``: the first thing that the next version lacks. ``updated_ms``: when the version shown was written, in
    milliseconds since the epoch, by its writer's clock.
    """

    versions: int = 0
    seconds: float | None = 0.0
    missing: str | None = None
    updated_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """What a version costs: manifest lists, manifests and delete files that are to be rewritten.

    ``files`` and ``bytes``: the live files of its current snapshot. ``files_new``: live files of manifests that no
    earlier run has looked at, an older snapshot's too.
    """

    lists: int = 0
    manifests: int = 0
    deletes: int = 0
    files_new: int = 0
    files: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class TableSync:
    """What is decided for a table: the version to show, and how the standby comes to it."""

    table: TableName
    place: str
    action: Action
    version: str | None = None
    before: str | None = None
    uuid: str | None = None
    lag: Lag = field(default_factory=Lag)
    work: Work = field(default_factory=Work)
    notes: tuple[str, ...] = ()
    refusal: BcnError | None = None


@dataclass(frozen=True, slots=True)
class Synced:
    """What became of a table; ``metadata_location`` is what the standby catalog names now."""

    plan: TableSync
    metadata_location: str | None
    seconds: float
    error: BcnError | None = None


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What became of all tables; ``lost`` are tables of the standby catalog whose replicated files are not found."""

    tables: tuple[Synced, ...]
    lost: tuple[TableName, ...] = ()

    @property
    def failed(self) -> tuple[Synced, ...]:
        """Tables that stay as they were, though there was something to do."""
        return tuple(one for one in self.tables if one.error is not None)
