"""An imitated REST catalog whose "not found" is a proxy's word, or no table's pointer: nothing may look dropped."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bcn_core.catalogs.catalog import Catalog
from bcn_core.catalogs.opening import open_catalog
from bcn_core.errors import NotFound, StorageFailure
from bcn_core.names import Scope, TableName

ORDERS, ITEMS = TableName(("sales",), "orders"), TableName(("sales",), "items")
PLACE = {"metadata-location": "s3://lake/v1.metadata.json"}


class Listing(BaseHTTPRequestHandler):
    """Lists two tables; what it answers beside its lists stands in ``said``, and anything else is not found."""

    said: dict[str, object]
    later: dict[str, object]

    def do_GET(self) -> None:
        path = self.path.partition("?")[0].removeprefix("/v1")
        document = self.said.get(path)
        self.said |= {path: self.later[path]} if path in self.later else {}
        body = b"default backend - 404" if document is None else json.dumps(document).encode()
        self.send_response(404 if document is None else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Keep the terminal clean."""


@pytest.fixture
def catalog() -> Iterator[Catalog]:
    tables = [{"namespace": ["sales"], "name": name} for name in ("orders", "items")]
    Listing.later = {}
    Listing.said = {
        "/config": {"defaults": {}, "overrides": {}},
        "/namespaces": {"namespaces": [["sales"]]},
        "/namespaces/sales": {"namespace": ["sales"], "properties": {}},
        "/namespaces/sales/tables": {"identifiers": tables},
        "/namespaces/sales/tables/orders": PLACE,
        "/namespaces/sales/tables/items": PLACE,
    }
    server = ThreadingHTTPServer(("127.0.0.1", 0), Listing)
    threading.Thread(target=server.serve_forever).start()
    yield open_catalog("shop", {"type": "rest", "uri": f"http://127.0.0.1:{server.server_port}"})
    server.shutdown()
    server.server_close()


def test_a_table_that_is_listed_and_not_found_is_unreadable_and_not_dropped(catalog: Catalog) -> None:
    del Listing.said["/namespaces/sales/tables/items"]

    found = catalog.sweep(Scope("shop"))

    assert ([ORDERS], [ITEMS]) == (list(found.pointers), list(found.unreadable))


def test_a_table_that_is_dropped_between_its_listing_and_its_load_is_dropped(catalog: Catalog) -> None:
    del Listing.said["/namespaces/sales/tables/items"]
    Listing.later = {
        "/namespaces/sales/tables": {"identifiers": [{"namespace": ["sales"], "name": "orders"}]}
    }

    found = catalog.sweep(Scope("shop"))

    assert ([ORDERS], []) == (list(found.pointers), list(found.unreadable))


def test_a_server_that_finds_nothing_at_all_ends_the_sweep(catalog: Catalog) -> None:
    Listing.said.clear()

    with pytest.raises(NotFound, match="cannot read catalog 'shop'"):
        catalog.sweep(Scope("shop"))


def test_a_server_that_finds_nothing_at_all_drops_no_database(catalog: Catalog) -> None:
    Listing.said.clear()

    with pytest.raises(NotFound, match="cannot read catalog 'shop'"):
        catalog.sweep(Scope("shop", "sales"))


def test_a_database_that_the_server_knows_not_and_does_not_list_is_gone(catalog: Catalog) -> None:
    assert {} == catalog.sweep(Scope("shop", "ops")).databases


@pytest.mark.parametrize("document", [{}, {"metadata-location": None}, {"metadata-location": ""}])
def test_a_table_without_a_pointer_is_unreadable_and_not_dropped(catalog: Catalog, document: object) -> None:
    Listing.said["/namespaces/sales/tables/items"] = document

    found = catalog.sweep(Scope("shop"))

    assert ([ORDERS], [ITEMS]) == (list(found.pointers), list(found.unreadable))
    with pytest.raises(StorageFailure, match=r"sales\.items"):
        catalog.pointer(ITEMS)
