"""Where a catalog's database is, and how its programs are told: by the environment, never on a command line."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from bcn_core.errors import InvalidRequest

_FORM = "such as postgresql://USER@HOST:5432/DATABASE, the password in PGPASSWORD or as ${NAME}"
_VARIABLES = {
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "connect_timeout": "PGCONNECT_TIMEOUT",
    "passfile": "PGPASSFILE",
}
"""What may stand behind the ? of an address, and the variable by which PostgreSQL's programs know it."""
_PATIENCE = "15"


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """One database of a PostgreSQL server. ``password`` is empty when PostgreSQL's own variables or files give it."""

    host: str
    port: int
    user: str
    database: str
    password: str = field(default="", repr=False)
    options: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, uri: str) -> "DatabaseAddress":
        """Read an address in SQLAlchemy's or PostgreSQL's form.

        Raises:
            InvalidRequest: it is of no PostgreSQL database, or names an option that is not known.
        """
        parts, port = _split(uri)
        database = unquote(parts.path.lstrip("/"))
        if parts.scheme.partition("+")[0] not in ("postgresql", "postgres") or not database:
            raise InvalidRequest("the catalog's database is no address of PostgreSQL", hint=_FORM)
        return cls(
            parts.hostname or "localhost",
            port or 5432,
            unquote(parts.username or ""),
            database,
            unquote(parts.password or ""),
            _options(parts.query),
        )

    def named(self, database: str) -> "DatabaseAddress":
        """Another database of the same server."""
        return replace(self, database=database)

    @property
    def place(self) -> str:
        """For people and documents: no user, no password."""
        return f"postgresql://{self.host}:{self.port}/{self.database}"

    def environment(self, given: Mapping[str, str] = os.environ) -> dict[str, str]:
        """The variables for a program: with them it needs no argument that says where to connect."""
        kept = {name: value for name, value in given.items() if name != "PGSERVICE"}
        said = {"PGHOST": self.host, "PGPORT": str(self.port), "PGDATABASE": self.database}
        said |= {_VARIABLES[name]: value for name, value in self.options}
        said |= {"PGUSER": self.user} if self.user else {}
        said |= {"PGPASSWORD": self.password} if self.password else {}
        return {"PGCONNECT_TIMEOUT": _PATIENCE, "PGAPPNAME": "bcn", **kept, **said, "LC_ALL": "C"}

    def keywords(self) -> dict[str, str]:
        """The same for a connection of this process; what is missing comes from PostgreSQL's own variables."""
        said = {"host": self.host, "port": str(self.port), "dbname": self.database, "application_name": "bcn"}
        said |= {"user": self.user} if self.user else {}
        said |= {"password": self.password} if self.password else {}
        return {"connect_timeout": _PATIENCE, **said, **dict(self.options)}

    def without_secret(self, text: str) -> str:
        """A text in which the password does not stand."""
        return text.replace(self.password, "***") if self.password else text


def _split(uri: str) -> tuple[SplitResult, int | None]:
    """The parts of an address, and its port."""
    try:
        parts = urlsplit(uri)
        return parts, parts.port
    except ValueError:
        # Not the error's own words: of a password with a slash in it they repeat what they take for the port.
        raise InvalidRequest(
            "the address of the catalog's database has a port that is no number",
            hint=f"{_FORM}; a slash in a password is written %2F",
        ) from None


def _options(query: str) -> tuple[tuple[str, str], ...]:
    """What stands behind the ?; one without a value is a mistake, and told as such, or by the server."""
    options = dict(parse_qsl(query, keep_blank_values=True))
    unknown = sorted(set(options) - set(_VARIABLES))
    if unknown:
        raise InvalidRequest(
            f"the database's address has unknown options: {unknown}",
            hint=f"it takes {', '.join(_VARIABLES)}",
        )
    return tuple(options.items())
