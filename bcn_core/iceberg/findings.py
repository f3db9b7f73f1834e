"""What a check of a table found."""

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What is wrong; the last ones are no faults by themselves (``Finding.is_error``)."""

    UNREADABLE = "unreadable"
    MISSING = "missing"
    WRONG_SIZE = "wrong size"
    WRONG_LENGTH = "wrong length"
    FOREIGN_PATH = "path outside"
    SOURCE_PATH = "source path"
    DANGLING = "dangling reference"
    WRONG_COUNT = "wrong count"
    DIFFERENT = "different"
    DELETE_COPY = "delete file and manifest disagree"
    SUMMARY = "summary"
    MENTION = "mention of the source"
    DELETE_TARGET = "delete without its data file"
    LEFT_OUT = "left out"
    ENCRYPTED = "encrypted"


_WARNINGS = frozenset({Kind.SUMMARY, Kind.MENTION, Kind.DELETE_TARGET, Kind.LEFT_OUT, Kind.ENCRYPTED})


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: its kind, the file in which it stands, and what is wrong there."""

    kind: Kind
    location: str
    message: str

    @property
    def is_error(self) -> bool:
        """Whether the table must not be used like that.

        No errors: totals of a snapshot's summary (writers' own bookkeeping, known to drift), free text such as a
        user's property that names the source, deletes for a data file that the table no longer has, snapshots that
        a copy left out, and files that only their writers can read.
        """
        return self.kind not in _WARNINGS

    def __str__(self) -> str:
        return f"{self.kind.value}: {self.message} ({self.location})"
