"""The catalog that stands on the database: whether it answers now, and whether it says what a dump says."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from bcn_core.catalogs.catalog import Catalog
from bcn_core.catalogs.nessie_api import references_of
from bcn_core.counting import counted
from bcn_core.errors import DamagedRepository
from bcn_core.iceberg.metadata import parse
from bcn_core.names import Scope
from bcn_core.repository.dump_documents import CatalogState
from bcn_core.storage.opening import Stores

_SECONDS = 5.0
_PORTS = {"http": 80, "https": 443, "thrift": 9083}
_NOBODY_BEHIND = (502, 503, 504)
"""What an ingress or a load balancer says for a catalog that is stopped: it takes connections all the same."""


@dataclass(frozen=True, slots=True)
class _Server:
    scheme: str
    host: str
    port: int
    path: str

    def answers(self) -> bool:
        try:
            socket.create_connection((self.host, self.port), timeout=_SECONDS).close()
        except OSError:
            return False
        return self.scheme not in ("http", "https") or self._status() not in _NOBODY_BEHIND

    def _status(self) -> int | None:
        """What it says to a request; None for something that is no answer of HTTP, and is somebody."""
        kind = HTTPSConnection if self.scheme == "https" else HTTPConnection
        connection = kind(self.host, self.port, timeout=_SECONDS)
        try:
            connection.request("GET", self.path or "/")
            return connection.getresponse().status
        except (OSError, HTTPException, ValueError):
            return None
        finally:
            connection.close()


def answering_at(properties: Mapping[str, str]) -> str | None:
    """The address at which the catalog's server answers; None when nothing does, or it has no server."""
    # A Hive Metastore may have several servers: their addresses stand in one uri, with commas between.
    for uri in properties.get("uri", "").split(","):
        server = _server(uri)
        if server is not None and server.answers():
            return f"{server.host}:{server.port}"
    return None


def check_running(
    state: CatalogState, catalog: Catalog, properties: Mapping[str, str], stores: Stores
) -> list[str]:
    """Ask the running catalog; what is equal comes back in words.

    Raises:
        DamagedRepository: it says something else than the dump, or a table of it does not load.
    """
    sweep = catalog.sweep(Scope(catalog.name))
    pointers = {str(table): place for table, place in sweep.pointers.items()}
    said = [f"the catalog answers and names {counted(len(pointers), 'table')}"]
    if state.kind == "nessie":
        address = properties["uri"].rstrip("/")
        _check("references", state.references, references_of(address, properties.get("token", "")))
        said.append(f"{counted(len(state.references), 'reference')} as in the dump")
    elif state.kind != "other":
        _check("pointers", {table: place for table, place in state.tables.items() if place}, pointers)
        said.append(f"{counted(len(pointers), 'pointer')} as in the dump")
    for table, place in sorted(pointers.items())[:1]:
        parse(stores.read(place), place)
        said.append(f"{table} loads")
    return said


def _server(uri: str) -> _Server | None:
    try:
        parts = urlsplit(uri.strip())
        host, port = parts.hostname, parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    return _Server(parts.scheme, host, port, parts.path) if host and port and parts.scheme in _PORTS else None


def _check(what: str, expected: Mapping[str, str], actual: Mapping[str, str]) -> None:
    differing = sorted(dict(set(expected.items()) ^ set(actual.items())))
    if differing:
        raise DamagedRepository(
            f"the catalog's {what} are not those of the dump: {', '.join(differing[:5])}",
            hint="it was written to since, or another dump was restored: bcn catalog-database list",
        )
