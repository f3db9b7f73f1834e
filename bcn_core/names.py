"""Names of tables and databases, how they become path segments, and how instants and PITs are spelled."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase

from bcn_core.errors import InvalidRequest

_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
_PIT_ID = re.compile(r"\d{8}T\d{6}\.\d{3}Z", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class TableName:
    """A table's identifier inside one catalog: the levels of its namespace and its own name."""

    namespace: tuple[str, ...]
    name: str

    @property
    def database(self) -> str:
        """The namespace as people type it, levels joined by dots."""
        return ".".join(self.namespace)

    def __str__(self) -> str:
        return f"{self.database}.{self.name}"


def encode(name: str) -> str:
    """Percent-encode all bytes outside ``[A-Za-z0-9_-]``: no name collides with a file of the layout."""
    return "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in name.encode())


def encode_namespace(namespace: tuple[str, ...]) -> str:
    """Encode each level and join them by dots, which no encoded level contains."""
    return ".".join(encode(level) for level in namespace)


def pit_id(instant: datetime) -> str:
    """Spell an instant as a PIT id, in UTC with milliseconds: ``20261120T093000.000Z``."""
    utc = instant.astimezone(UTC)
    return f"{utc:%Y%m%dT%H%M%S}.{utc.microsecond // 1000:03d}Z"


def is_pit_id(text: str) -> bool:
    """Tell whether a text has the form of a whole PIT id."""
    return _PIT_ID.fullmatch(text) is not None


def pit_instant(pit: str) -> datetime:
    """The instant that a PIT id spells.

    Raises:
        InvalidRequest: the text is not a PIT id.
    """
    if not is_pit_id(pit):
        raise InvalidRequest(
            f"'{pit}' is not the id of a PIT",
            hint="PIT ids look like 20261120T093000.000Z; see: bcn describe",
        )
    try:
        return datetime.strptime(pit, "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise InvalidRequest(
            f"'{pit}' has the form of a PIT id but names no instant", hint="check month, day and hour"
        ) from error


def instant_of(milliseconds: int) -> datetime:
    """The instant that a table's metadata tells; the end of the calendar where its writer counted in other units."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.max.replace(tzinfo=UTC)


def rfc3339(instant: datetime) -> str:
    """Spell an instant as properties of tables have it, in UTC, to the second: ``2026-11-20T09:30:00Z``."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def fits(table: TableName, globs: Iterable[str]) -> bool:
    """Whether ``TABLE`` or ``DATABASE.TABLE`` fits one of some globs."""
    return any(fits_glob(str(table), glob) or fits_glob(table.name, glob) for glob in globs)


def fits_glob(name: str, glob: str) -> bool:
    """A name fits itself even when it holds characters that mean something in a glob."""
    return name == glob or fnmatchcase(name, glob)


def nearest(wanted: str, known: Iterable[str]) -> str:
    """A hint that offers the known names closest to the wanted one; lists a few when none is close."""
    names = sorted(set(known))
    close = difflib.get_close_matches(wanted, names, n=3, cutoff=0.5)
    if close:
        return f"nearest: {', '.join(close)}"
    return f"known: {', '.join(names[:8])}{', ...' if len(names) > 8 else ''}" if names else "there is none"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a repository covers: a whole catalog, one database, or one table. Fixed at creation."""

    catalog: str
    database: str | None = None
    table: str | None = None

    @property
    def granularity(self) -> str:
        """CATALOG, DATABASE or TABLE."""
        if self.table is not None:
            return "TABLE"
        return "CATALOG" if self.database is None else "DATABASE"

    def covers(self, table: TableName) -> bool:
        """Tell whether a table belongs to the scope."""
        return self.database in (None, table.database) and self.table in (None, table.name)

    def __str__(self) -> str:
        return ".".join(part for part in (self.catalog, self.database, self.table) if part is not None)
