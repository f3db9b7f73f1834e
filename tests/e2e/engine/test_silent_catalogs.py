"""A catalog's server that takes connections and does not answer ends in an error, never in a wait without end."""

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bcn_core.catalogs.opening import open_catalog
from bcn_core.errors import InvalidRequest, StorageFailure
from bcn_core.names import Scope, TableName

IMPATIENT = {"bcn.connect-timeout": "0.3", "bcn.read-timeout": "0.3"}
TABLES = 40


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a socket that listens and never reads."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


class Listing(BaseHTTPRequestHandler):
    """Lists tables as a REST catalog does; requests for a table wait until the test is over, but for the first ones."""

    over: threading.Event
    answers: int
    asked: list[str]

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path.endswith("/config"):
            self.say({"defaults": {}, "overrides": {}})
        elif path.endswith("/namespaces"):
            self.say({"namespaces": [["sales"]] if "parent" not in self.path else []})
        elif path.endswith("/sales"):
            self.say({"namespace": ["sales"], "properties": {}})
        elif path.endswith("/tables"):
            found = [{"namespace": ["sales"], "name": f"t{number:02}"} for number in range(TABLES)]
            self.say({"identifiers": found})
        else:
            self.asked.append(path)
            if path.endswith("/t00"):
                self.say({"metadata-location": "file:///t00.metadata.json"})
            self.over.wait(10)

    def say(self, document: object) -> None:
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep the terminal clean."""


@pytest.fixture
def listing() -> Iterator[ThreadingHTTPServer]:
    """An imitated REST catalog that falls silent when tables are loaded."""
    Listing.over, Listing.asked = threading.Event(), []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Listing)
    threading.Thread(target=server.serve_forever).start()
    yield server
    Listing.over.set()
    server.shutdown()
    server.server_close()


def test_a_rest_server_that_never_answers_is_told_with_what_to_do(silent: str) -> None:
    with pytest.raises(StorageFailure, match="cannot open catalog 'shop'") as told:
        open_catalog("shop", {"type": "rest", "uri": silent, **IMPATIENT})

    assert "bcn.read-timeout" in str(told.value.hint)


def test_a_server_for_tokens_that_never_answers_is_told_too(silent: str) -> None:
    with pytest.raises(StorageFailure, match="timed out"):
        open_catalog("shop", {"type": "rest", "uri": silent, "credential": "user:secret", **IMPATIENT})


def test_a_nessie_server_that_never_answers_is_told(silent: str) -> None:
    catalog = open_catalog("shop", {"type": "nessie", "uri": f"{silent}/api/v2", **IMPATIENT})

    with pytest.raises(StorageFailure, match="does not answer in time"):
        catalog.sweep(Scope("shop"))


def test_a_hive_metastore_that_never_answers_is_told(silent: str) -> None:
    address = silent.replace("http://", "thrift://")
    catalog = open_catalog("shop", {"type": "hive", "uri": address, **IMPATIENT})

    with pytest.raises(StorageFailure, match="cannot read catalog 'shop'") as told:
        catalog.sweep(Scope("shop"))
    assert "bcn.read-timeout" in str(told.value.hint)


def test_an_imitated_server_that_falls_silent_ends_the_sweep_and_not_each_table_after_the_other(
    listing: ThreadingHTTPServer,
) -> None:
    address = f"http://127.0.0.1:{listing.server_port}"
    catalog = open_catalog("shop", {"type": "rest", "uri": address, **IMPATIENT})

    with pytest.raises(StorageFailure, match="does not answer any more: 8 requests in a row"):
        catalog.sweep(Scope("shop"))
    assert len(Listing.asked) < TABLES


def test_one_table_that_an_imitated_server_is_silent_about_is_an_error_of_that_table(
    listing: ThreadingHTTPServer,
) -> None:
    address = f"http://127.0.0.1:{listing.server_port}"
    catalog = open_catalog("shop", {"type": "rest", "uri": address, **IMPATIENT})

    assert "file:///t00.metadata.json" == catalog.pointer(TableName(("sales",), "t00"))
    with pytest.raises(StorageFailure, match=r"cannot load sales\.t01: .*timed out"):
        catalog.pointer(TableName(("sales",), "t01"))


@pytest.mark.parametrize("text", ["soon", "0", "-1", "inf"])
def test_a_time_that_is_none_is_refused(silent: str, text: str) -> None:
    with pytest.raises(InvalidRequest, match=f"'{text}' is no number of seconds"):
        open_catalog("shop", {"type": "rest", "uri": silent, "bcn.read-timeout": text})
