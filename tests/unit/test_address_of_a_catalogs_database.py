"""Where a catalog's database is, whether the catalog that stands on it answers; and that no password is told."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bcn_core.dumping.address import DatabaseAddress
from bcn_core.dumping.running import answering_at
from bcn_core.errors import InvalidRequest


def test_an_address_gives_its_password_to_the_environment_alone() -> None:
    found = DatabaseAddress.of("postgresql+psycopg2://me:s%40cret@db:5433/nessie?sslmode=require")

    said = found.environment({})
    assert ("s@cret", "require", "5433") == (said["PGPASSWORD"], said["PGSSLMODE"], said["PGPORT"])
    assert "postgresql://db:5433/nessie" == found.place


@pytest.mark.parametrize(
    "uri", ["sqlite:///a.db", "postgresql://db", "postgresql://db/a?magic=1", "postgresql://db:high/a"]
)
def test_an_address_that_is_none_is_refused_without_repeating_it(uri: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        DatabaseAddress.of(uri)

    assert uri not in str(refused.value)


def test_the_password_of_an_address_is_not_shown_with_it() -> None:
    found = DatabaseAddress.of("postgresql://me:planted-word@db/nessie")

    assert "planted-word" not in repr(found)


def test_an_option_without_a_value_is_not_overlooked() -> None:
    with pytest.raises(InvalidRequest, match="magic"):
        DatabaseAddress.of("postgresql://db/nessie?magic")


def test_a_password_that_breaks_an_address_is_not_repeated() -> None:
    with pytest.raises(InvalidRequest) as refused:
        DatabaseAddress.of("postgresql://me:sec/ret@db/nessie")

    assert (False, None) == ("sec" in str(refused.value), refused.value.__cause__)


def test_any_of_several_metastores_that_answers_is_found() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        found = answering_at({"uri": f"thrift://127.0.0.1:1,thrift://127.0.0.1:{port}"})

    assert f"127.0.0.1:{port}" == found


@contextmanager
def http_server(status: int) -> Iterator[str]:
    class Saying(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(status)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Saying) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("status", [200, 401, 404, 500])
def test_a_catalog_that_says_anything_answers(status: int) -> None:
    with http_server(status) as place:
        assert place == answering_at({"uri": f"http://{place}/api/v2"})


@pytest.mark.parametrize("status", [502, 503, 504])
def test_an_ingress_without_its_catalog_is_no_answer(status: int) -> None:
    with http_server(status) as place:
        assert answering_at({"uri": f"http://{place}/api/v2"}) is None


def test_somebody_who_does_not_speak_tls_is_taken_for_an_answer() -> None:
    with http_server(200) as place:
        assert place == answering_at({"uri": f"https://{place}/api/v2"})


@pytest.mark.parametrize(
    "uri", ["", "thrift://host:high", "thrift://127.0.0.1:1", "postgresql://127.0.0.1/a"]
)
def test_no_catalog_answers_where_none_is(uri: str) -> None:
    assert answering_at({"uri": uri}) is None
