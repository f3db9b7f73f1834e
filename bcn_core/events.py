"""What the engine tells while it works: frozen facts, given to a ``report`` callable.

The engine prints nothing; the command line draws events, Dagster logs them, tests collect them.
"""

from collections.abc import Callable
from dataclasses import dataclass

from bcn_core.names import TableName


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened."""


Report = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class SweepRepeated(Event):
    """The catalog moved between two sweeps, so it is read again."""

    attempt: int
    moved: int


@dataclass(frozen=True, slots=True)
class PitBegun(Event):
    """What the PIT must contain is fixed: how many tables are to be captured, how many stand as they are."""

    pit: str
    parent: str | None
    to_capture: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class CaptureStarted(Event):
    """A table's metadata is being walked and its new files copied."""

    table: TableName
    pointer: str


@dataclass(frozen=True, slots=True)
class FilesFound(Event):
    """A table's walk is done: how many files and bytes are to be copied."""

    table: TableName
    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class FileCopied(Event):
    """One file is at its place."""

    table: TableName
    location: str
    bytes: int


@dataclass(frozen=True, slots=True)
class PointerAdvanced(Event):
    """A table's pointer moved while its files were copied; the walk starts again from the new one."""

    table: TableName
    pointer: str
    attempt: int


@dataclass(frozen=True, slots=True)
class TableCaptured(Event):
    """A table is whole in the repository."""

    table: TableName
    files_new: int
    bytes_new: int
    files_reused: int


@dataclass(frozen=True, slots=True)
class TableFailed(Event):
    """A table could not be captured or restored; the others go on."""

    table: TableName
    reason: str


@dataclass(frozen=True, slots=True)
class PitPublished(Event):
    """The PIT exists from now on."""

    pit: str
    status: str


@dataclass(frozen=True, slots=True)
class DumpWritten(Event):
    """The bytes of a dump of the catalog's own database are in the repository; its manifest follows."""

    dump: str
    tables: int
    bytes: int


@dataclass(frozen=True, slots=True)
class DatabaseLoaded(Event):
    """A dump is loaded into a database, its rows are compared, and the transaction is committed."""

    dump: str
    database: str


@dataclass(frozen=True, slots=True)
class RestoreStarted(Event):
    """A table's restore begins; how many files and bytes it needs."""

    table: TableName
    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class TableRestored(Event):
    """A table is checked and registered at its target."""

    table: TableName
    location: str


@dataclass(frozen=True, slots=True)
class TableSynced(Event):
    """A standby shows a version of its source; how many later ones have arrived in part, and how many files are new."""

    table: TableName
    action: str
    version: str
    versions_behind: int
    files_new: int


@dataclass(frozen=True, slots=True)
class TablePromoted(Event):
    """A standby became a table of its own, at a version of its former source."""

    table: TableName
    version: str


@dataclass(frozen=True, slots=True)
class TableAdopted(Event):
    """A catalog names a new table that was made from files alone."""

    table: TableName
    files: int


@dataclass(frozen=True, slots=True)
class ObjectReplaced(Event):
    """A damaged object of the repository has its right bytes again, from ``origin``."""

    key: str
    origin: str


@dataclass(frozen=True, slots=True)
class InventoryWritten(Event):
    """The inventory shows every PIT, and how it came to that."""

    folder: str
    pits: int
    how: str


@dataclass(frozen=True, slots=True)
class InventoryBehind(Event):
    """The inventory could not be kept up: how many PITs it lacks. The backup is whole without it."""

    lag: int
    reason: str


@dataclass(frozen=True, slots=True)
class CallRepeated(Event):
    """A store or catalog did not answer a call as it should; the call is made again after ``seconds``."""

    place: str
    attempt: int
    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class Warned(Event):
    """Something that a person should know and that stops nothing."""

    message: str


def silent(_event: Event) -> None:
    """A report that nobody reads."""
