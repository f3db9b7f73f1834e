"""One snapshot of a PostgreSQL server: all that a manifest says is read in it, and pg_dump reads the same."""

import io
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from bcn_core.dumping.address import DatabaseAddress
from bcn_core.errors import Conflict, InvalidRequest, NotFound, StorageFailure
from bcn_core.repository.dump_documents import DumpedTable

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection  # noqa: N812 - psycopg2 calls its class so

_MOMENT_SECONDS = 0.5
_LINES_AT_ONCE = 500
_NOTHING = b"\nSELECT 1;"
_NO_SUCH_DATABASE = "3D000"
_NO_LOCK = "55P03"
_SINCE_17 = 170000
_OWN = "n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'"
_TABLES = f"""
    SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND {_OWN} AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend d
        WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
    ) ORDER BY 1, 2
"""  # noqa: S608 - no word of it comes from outside
"""Not those of an extension: it makes its tables itself, and pg_dump dumps the word that it is to be installed."""
_THINGS = f"""
    SELECT n.nspname, held.what FROM pg_catalog.pg_namespace n JOIN (
        SELECT relnamespace, 'the table or view ' || relname FROM pg_catalog.pg_class
        WHERE relkind NOT IN ('i', 'I', 't')
        UNION ALL SELECT pronamespace, 'the function ' || proname FROM pg_catalog.pg_proc
        UNION ALL SELECT relnamespace, 'the constraint ' || conname || ' of ' || relname
        FROM pg_catalog.pg_constraint JOIN pg_catalog.pg_class c ON c.oid = conrelid
        UNION ALL SELECT relnamespace, 'the default of ' || relname || '.' || attname
        FROM pg_catalog.pg_attrdef JOIN pg_catalog.pg_class c ON c.oid = adrelid
        JOIN pg_catalog.pg_attribute ON attrelid = adrelid AND attnum = adnum
    ) AS held (home, what) ON n.oid = held.home WHERE {_OWN}
"""  # noqa: S608 - as above
"""What can hang on a table, with its schema, in words."""


@dataclass(frozen=True, slots=True)
class Session:
    """An open connection. Within :func:`snapshot` all that it reads is of one instant."""

    connection: "Connection"
    address: DatabaseAddress

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of one query.

        Raises:
            StorageFailure: the server refused it.
        """
        import psycopg2

        try:
            with self.connection.cursor() as cursor:
                cursor.execute(statement, values or None)
                return cursor.fetchall() if cursor.description else []
        except psycopg2.Error as error:
            raise _told(error, self.address) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is carried out in it, or nothing.

        Raises:
            Conflict: somebody has a table locked.
            StorageFailure: the server refused a part of it: nothing changed.
        """
        import psycopg2

        self.connection.autocommit = False
        try:
            # The connection's own block commits at its end, and takes everything back when it is left by an error.
            with self.connection:
                yield
        except psycopg2.Error as error:
            if error.pgcode == _NO_LOCK:
                raise Conflict(
                    f"nothing was changed at {self.address.place}: somebody holds a lock on one of its tables",
                    hint="stop the catalog; pg_stat_activity shows who is in the midst of a transaction",
                ) from error
            raise StorageFailure(
                f"nothing was changed at {self.address.place}: {_said(error, self.address)}",
                hint="mend what it says and run again",
            ) from error
        finally:
            self.connection.autocommit = True

    def carry_out(self, statements: bytes) -> None:
        """Carry out any number of statements, and comments among them.

        Raises:
            psycopg2.Error: the server refused one; :meth:`transaction` puts that into words.
        """
        with self.connection.cursor() as cursor:
            # The driver takes comments alone for a mistake.
            cursor.execute(statements + _NOTHING)

    def copy_in(self, statement: bytes, rows: Iterator[bytes]) -> None:
        """Carry out a ``COPY ... FROM stdin`` with the lines that follow it.

        Raises:
            psycopg2.Error: as in :meth:`carry_out`.
        """
        with self.connection.cursor() as cursor:
            cursor.copy_expert(statement, _File(rows))

    @property
    def version(self) -> str:
        """The server's version, such as ``16.14``."""
        return str(self.rows("SHOW server_version")[0][0]).split()[0]

    @property
    def major(self) -> int:
        """The number that decides which programs fit."""
        return int(self.rows("SHOW server_version_num")[0][0]) // 10000

    def now(self) -> datetime:
        """The server's clock at the start of the transaction: the instant that a snapshot shows."""
        found: datetime = self.rows("SELECT transaction_timestamp()")[0][0]
        return found

    def tables(self, schemas: Sequence[str] = ()) -> list[tuple[str, str]]:
        """All tables as schema and name; of some schemas alone when they are named.

        Raises:
            NotFound: a schema that was named is not there.
        """
        known = {row[0] for row in self.rows("SELECT nspname FROM pg_catalog.pg_namespace")}
        missing = sorted(set(schemas) - known)
        if missing:
            raise NotFound(
                f"{self.address.place} has no schema {missing[0]}",
                hint=f"check schemas in [catalog_databases.NAME]; there are {', '.join(sorted(known))}",
            )
        return [(schema, name) for schema, name in self.rows(_TABLES) if schema in (schemas or known)]

    def outside(self, schemas: Sequence[str]) -> frozenset[str]:
        """In words, what lies in other schemas and can hang on a table of these."""
        found = self.rows(_THINGS)
        return frozenset(f"{what} in schema {schema}" for schema, what in found if schema not in schemas)

    def counted(self, tables: Sequence[tuple[str, str]]) -> tuple[DumpedTable, ...]:
        """The tables with their rows."""
        return tuple(DumpedTable(name=".".join(one), rows=self.count(one)) for one in tables)

    def count(self, table: tuple[str, str]) -> int:
        """Rows of one table."""
        counted: int = self.rows(f"SELECT count(*) FROM ONLY {quoted(table)}")[0][0]  # noqa: S608 - it is quoted
        return counted

    def connections(self) -> list[str]:
        """Who else is connected to this database: application, address and user.

        One that was just closed may still be listed: it is asked again a moment later.
        """
        found = self._others()
        if found:
            time.sleep(_MOMENT_SECONDS)
            found = self._others()
        return [f"{name} from {place} as {user}" for name, place, user in found]

    def _others(self) -> list[tuple[Any, ...]]:
        return self.rows(
            "SELECT coalesce(nullif(application_name, ''), 'unnamed'), coalesce(host(client_addr), 'local'), usename "
            "FROM pg_catalog.pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND coalesce(backend_type, 'client backend') = 'client backend' ORDER BY backend_start"
        )


class _File(io.RawIOBase):
    """Lines as the driver reads a file."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines

    def read(self, size: int = -1, /) -> bytes:
        """Some more of them, however many are asked for; nothing at the end."""
        return b"".join(islice(self._lines, _LINES_AT_ONCE))


@contextmanager
def connected(address: DatabaseAddress) -> Iterator[Session]:
    """A session in which each statement stands for itself.

    Raises:
        NotFound: the server has no such database.
        StorageFailure: the server does not answer, or refuses the user.
    """
    psycopg2 = _driver()
    try:
        connection = psycopg2.connect(**address.keywords())
    except psycopg2.Error as error:
        raise _told(error, address) from error
    session = Session(connection, address)
    try:
        connection.autocommit = True
        # A bound that is set for the user or the database would end a session that waits for pg_dump, or a long load.
        session.rows("SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0")
        if connection.server_version >= _SINCE_17:
            session.rows("SET transaction_timeout = 0")
        yield session
    finally:
        connection.close()


@contextmanager
def snapshot(address: DatabaseAddress) -> Iterator[tuple[Session, str]]:
    """A session that reads one instant, and the name under which pg_dump reads the same one while the block runs.

    Raises:
        NotFound: the server has no such database.
        StorageFailure: the server does not answer, or refuses the user.
    """
    with connected(address) as session:
        session.connection.autocommit = False
        session.connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        yield session, str(session.rows("SELECT pg_catalog.pg_export_snapshot()")[0][0])


def quoted(parts: Sequence[str]) -> str:
    """A name as SQL takes it, whatever it holds."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def _driver() -> Any:
    try:
        import psycopg2
    except ImportError as error:
        raise InvalidRequest(
            "the driver of PostgreSQL is not installed", hint="pip install 'bcn[postgres]'"
        ) from error
    return psycopg2


def _told(error: Any, address: DatabaseAddress) -> StorageFailure | NotFound:
    said = _said(error, address)
    if error.pgcode == _NO_SUCH_DATABASE or (said.endswith("does not exist") and "database" in said):
        return NotFound(
            f"there is no database at {address.place}", hint="check uri in [catalog_databases.NAME]"
        )
    return StorageFailure(
        f"PostgreSQL at {address.place} says: {said}",
        hint="check that it is up, and uri, user and password (PGPASSWORD, PGPASSFILE)",
    )


def _said(error: Any, address: DatabaseAddress) -> str:
    """The first line alone: what follows may show rows of the database."""
    return address.without_secret(str(error).strip().partition("\n")[0] or type(error).__name__)
