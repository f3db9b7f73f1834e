"""Loading a dump: one transaction that empties, loads and counts. Whatever fails in it, the old state stands."""

import gzip
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bcn_core.dumping.address import DatabaseAddress
from bcn_core.dumping.script import parts_of
from bcn_core.dumping.server import Session, connected, quoted
from bcn_core.errors import Conflict, StorageRefused
from bcn_core.repository.dump_documents import DumpManifest

_LOCK_WAIT = "30s"
_DROPS_WITH_FORCE = 13


def load(script: Path, manifest: DumpManifest, address: DatabaseAddress) -> None:
    r"""Put a database into the state of a dump, and compare its rows before that is committed.

    Tables that are not in the dump go from its schemas: what a newer version of the catalog made must not meet its
    older state. The script goes through the driver and not through psql, which would carry out ``\!`` lines of a dump
    that somebody has tampered with, on this machine.

    Raises:
        Conflict: something outside the dump's schemas hangs on its tables and is not in it, or a table is locked.
        StorageFailure: the server refused a statement, or a table's rows are not those of the dump: nothing changed.
    """
    with (
        connected(address) as session,
        script.open("rb") as lines,
        _emptied(session, manifest.schemas),
    ):
        for statements, rows in parts_of(lines):
            session.carry_out(statements)
            if rows is not None:
                session.copy_in(*rows)
        session.carry_out(_counting(manifest).encode())


def empty(address: DatabaseAddress, schemas: Sequence[str]) -> None:
    """Drop every table of some schemas, with what hangs on it in them.

    Raises:
        Conflict: something outside of them hangs on one, or somebody has one locked.
        StorageFailure: the server refused it: nothing changed.
    """
    with connected(address) as session, _emptied(session, schemas):
        pass


def unpacked(script: Path, *, compressed: bool) -> Path:
    """The script as lines of SQL."""
    if not compressed:
        return script
    target = script.with_suffix("")
    with gzip.open(script) as packed, target.open("wb") as out:
        shutil.copyfileobj(packed, out)
    return target


@contextmanager
def _emptied(session: Session, schemas: Sequence[str]) -> Iterator[None]:
    """A transaction that begins with empty schemas. What hangs on them from outside must be there at its end, too.

    A dump of one schema does not hold a view that somebody else's schema has on its tables; CASCADE takes it along.
    """
    with session.transaction():
        before = session.outside(schemas)
        session.carry_out(_emptying(session, schemas).encode())
        yield
        gone = sorted(before - session.outside(schemas))
        if gone:
            raise Conflict(
                f"nothing was changed at {session.address.place}: {gone[0]} hangs on its tables and would be lost"
                + (f", and {len(gone) - 1} more" if len(gone) > 1 else ""),
                hint="keep its definition, drop it, and make it again afterwards; or name its schema in schemas of "
                "[catalog_databases.NAME] before the next dump",
            )


def _emptying(session: Session, schemas: Sequence[str]) -> str:
    """Statements that drop every table of some schemas, with what hangs on it; the schemas stay, or are made."""
    made = [f"CREATE SCHEMA IF NOT EXISTS {quoted([schema])};" for schema in schemas]
    there = {row[0] for row in session.rows("SELECT nspname FROM pg_catalog.pg_namespace")}
    tables = session.tables([schema for schema in schemas if schema in there]) if there & set(schemas) else []
    # A notice for each thing that hangs on a table would fill the log; a lock that nobody gives up would hang us.
    quiet = ["SET LOCAL client_min_messages = warning;", f"SET LOCAL lock_timeout = '{_LOCK_WAIT}';"]
    return "\n".join(
        [*quiet, *made, *(f"DROP TABLE IF EXISTS {quoted(table)} CASCADE;" for table in tables), ""]
    )


def create_database(address: DatabaseAddress, name: str) -> None:
    """Make an empty database on the server of another one.

    Raises:
        StorageRefused: the user may not.
    """
    with connected(address) as session:
        allowed = session.rows(
            "SELECT rolcreatedb OR rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user"
        )
        if allowed != [(True,)]:
            raise StorageRefused(
                f"the user may not create the database {name} at {address.place}",
                hint=f"let somebody who may: CREATE DATABASE {quoted([name])}",
            )
        session.rows(f"CREATE DATABASE {quoted([name])} TEMPLATE template0")


def drop_database(address: DatabaseAddress, name: str) -> None:
    """Remove a database that :func:`create_database` made; who looks at all databases of a server is sent away.

    Raises:
        StorageFailure: the server does not answer, or is older than 13 and somebody is connected to it.
    """
    with connected(address) as session:
        force = " WITH (FORCE)" if session.major >= _DROPS_WITH_FORCE else ""
        session.rows(f"DROP DATABASE IF EXISTS {quoted([name])}{force}")


def has_database(address: DatabaseAddress, name: str) -> bool:
    """Whether the server has a database of that name.

    Raises:
        StorageFailure: the server does not answer.
    """
    with connected(address) as session:
        return bool(session.rows("SELECT 1 FROM pg_catalog.pg_database WHERE datname = %s", [name]))


def _counting(manifest: DumpManifest) -> str:
    """A block that fails, and the whole transaction with it, unless every table has the rows of the dump.

    Constraints that wait for the end of the transaction are looked at before.
    """
    lines = ["SET CONSTRAINTS ALL IMMEDIATE;", "DO $bcn$ BEGIN"]
    for table in manifest.tables:
        name = quoted(table.name.split(".", 1))
        told = table.name.replace("'", "''").replace("%", "%%")
        lines.append(f"IF (SELECT count(*) FROM ONLY {name}) <> {table.rows} THEN")  # noqa: S608 - it is quoted
        lines.append(f"RAISE EXCEPTION '{told} does not have the {table.rows} rows of the dump'; END IF;")
    return "\n".join([*lines, "END $bcn$;", ""])
