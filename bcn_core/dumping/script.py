"""Reading a dump as SQL text: is there a statement for every table, how many rows, and does it end as it should."""

import gzip
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import BinaryIO, cast

from bcn_core.errors import DamagedRepository
from bcn_core.repository.dump_documents import DumpedTable

_NAME = rb'((?:"(?:[^"]|"")+"|[^\s".(]+)\.(?:"(?:[^"]|"")+"|[^\s"(]+))'
_CREATE = re.compile(rb"CREATE (?:UNLOGGED |FOREIGN )?TABLE " + _NAME)
_COPY = re.compile(rb"COPY " + _NAME + rb" .*FROM stdin;")
_OF_PSQL = re.compile(rb"\\(?:un)?restrict \w+$")
_END_OF_ROWS = b"\\.\n"
_FOOTER = b"-- PostgreSQL database dump complete"


@dataclass
class Script:
    """What was found: tables that are made, rows by table, and whether the last line of a whole dump was seen."""

    made: set[str] = field(default_factory=set)
    rows: dict[str, int] = field(default_factory=dict)
    is_complete: bool = False


def read_script(lines: Iterator[bytes]) -> Script:
    """Read a script to its end, line by line, however large."""
    found = Script()
    for line in lines:
        copy = _COPY.match(line)
        create = _CREATE.match(line)
        if copy:
            found.rows[_plain(copy[1])] = _count(lines)
        elif create:
            found.made.add(_plain(create[1]))
        elif line.startswith(_FOOTER):
            found.is_complete = True
    return found


def parts_of(lines: Iterator[bytes]) -> Iterator[tuple[bytes, tuple[bytes, Iterator[bytes]] | None]]:
    """A script cut at its COPYs: statements, then the COPY that follows them with the lines of its rows.

    The rows must be read before the next part is asked for. psql's own lines, which newer versions of pg_dump write
    against a tampered dump, are left out; any other one is no SQL, and the server refuses it.
    """
    statements: list[bytes] = []
    for line in lines:
        if _COPY.match(line):
            yield b"".join(statements), (line, takewhile(lambda row: row != _END_OF_ROWS, lines))
            statements = []
        elif not _OF_PSQL.match(line):
            statements.append(line)
    yield b"".join(statements), None


@contextmanager
def opened_script(path: Path, *, compressed: bool) -> Iterator[Iterator[bytes]]:
    """The lines of a script, unpacked.

    Raises:
        DamagedRepository: it cannot be unpacked.
    """
    with cast("BinaryIO", gzip.open(path) if compressed else path.open("rb")) as lines:
        try:
            yield iter(lines)
        except (EOFError, OSError, zlib.error) as error:
            raise DamagedRepository(
                f"the dump cannot be unpacked: {error}",
                hint="other dumps may be whole: bcn catalog-database list",
            ) from error


def problems_of(script: Script, tables: tuple[DumpedTable, ...]) -> list[str]:
    """What a script lacks, against what the database held in the same snapshot."""
    found = [] if script.is_complete else ["its last line is missing: it was cut off"]
    for table in tables:
        if table.name not in script.made:
            found.append(f"nothing makes the table {table.name}")
        elif script.rows.get(table.name, 0) != table.rows:
            found.append(f"{table.name} has {script.rows.get(table.name, 0)} rows, not {table.rows}")
    return found


def _count(lines: Iterator[bytes]) -> int:
    rows = 0
    for line in lines:
        if line == _END_OF_ROWS:
            break
        rows += 1
    return rows


def _plain(name: bytes) -> str:
    """``"a"."b"`` as ``a.b``."""
    parts = re.findall(r'"((?:[^"]|"")+)"|([^".]+)', name.decode())
    return ".".join(quoted.replace('""', '"') or bare for quoted, bare in parts)
