"""What a repair would do, as data."""

from collections.abc import Mapping
from dataclasses import dataclass

from bcn_core.names import TableName
from bcn_core.repository.documents import RepositoryManifest
from bcn_core.verification.faults import Fault


@dataclass(frozen=True, slots=True)
class Replacement:
    """A damaged object, and the place that still has the bytes that were written, with this SHA-256."""

    fault: Fault
    origin: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Apart:
    """A PIT, or one capture of a table, that is to be set apart: nothing new may stand on it."""

    name: str
    reason: str
    table: TableName | None = None


@dataclass(frozen=True, slots=True)
class RepairPlan:
    """Everything that a repair would do, and what it cannot do.

    ``root`` is the repository manifest as the newest PIT remembers it, when the one that lies there is another.
    ``lost`` had its bytes nowhere; ``as_written`` has the bytes that were written, so that no repair can better it.
    ``whole`` says, for each table that has lost something, the newest PIT that still restores it.
    ``readmit`` and ``readmit_captures`` were set apart once and are whole again, or gone.
    """

    level: str
    root: RepositoryManifest | None
    replace: tuple[Replacement, ...]
    isolate: tuple[Apart, ...]
    isolate_captures: tuple[Apart, ...]
    readmit: tuple[str, ...]
    readmit_captures: tuple[str, ...]
    views: tuple[str, ...]
    lost: tuple[Fault, ...]
    as_written: tuple[Fault, ...]
    whole: Mapping[TableName, str | None]

    @property
    def losses(self) -> tuple[Fault, ...]:
        """What is lost and needed by a PIT; plans of PITs that exist decide nothing any more."""
        return tuple(fault for fault in self.lost if fault.pits)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        deeds = (self.replace, self.isolate, self.isolate_captures, self.readmit, self.readmit_captures)
        return self.root is None and not any(deeds) and not self.views


@dataclass(frozen=True, slots=True)
class Repaired:
    """What a repair did, and what the store or the source refused: objects, with the reasons."""

    replaced: tuple[str, ...]
    views: tuple[str, ...]
    refused: Mapping[str, str]
