"""The catalog that stands on the database: whether it answers now, and whether it says what a dump says."""

import socket
from collections.abc import Mapping
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


def answering_at(properties: Mapping[str, str]) -> str | None:
    """The address at which the catalog's server takes connections; None when nothing does, or it has no server."""
    # A Hive Metastore may have several servers: their addresses stand in one uri, with commas between.
    for uri in properties.get("uri", "").split(","):
        place = _server(uri)
        if place is None:
            continue
        try:
            socket.create_connection(place, timeout=_SECONDS).close()
        except OSError:
            continue
        return f"{place[0]}:{place[1]}"
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


def _server(uri: str) -> tuple[str, int] | None:
    try:
        parts = urlsplit(uri.strip())
        host, port = parts.hostname, parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (host, port) if host and port and parts.scheme in _PORTS else None


def _check(what: str, expected: Mapping[str, str], actual: Mapping[str, str]) -> None:
    differing = sorted(dict(set(expected.items()) ^ set(actual.items())))
    if differing:
        raise DamagedRepository(
            f"the catalog's {what} are not those of the dump: {', '.join(differing[:5])}",
            hint="it was written to since, or another dump was restored: bcn catalog-database list",
        )
