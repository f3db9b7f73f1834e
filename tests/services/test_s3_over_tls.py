"""S3 over TLS, as it is spoken everywhere but in tests: whom BCN trusts, and that no broken line makes an object."""

import os
import secrets
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bcn_core.errors import ObjectExists, ObjectMissing, StorageFailure, StorageRefused
from bcn_core.events import CallRepeated, Event
from bcn_core.storage.creating import PART_BYTES
from bcn_core.storage.retrying import Retries
from bcn_core.storage.s3_errors import told
from bcn_core.storage.s3_wire import Connections, Host
from bcn_core.storage.store import Store
from tests.services.certificates import self_signed
from tests.services.object_servers import ObjectServer, running_s3
from tests.services.wire import Exchange, Fault, Wire, busy, cut, lost_answer, of, spoiled, truncated

PATIENT = Retries(attempts=4, sleep=lambda _seconds: None)
LARGE = os.urandom(PART_BYTES + 1)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """A certificate and its key; whoever is opened now trusts it."""
    files = self_signed(tmp_path_factory.mktemp("certificate"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_CA_BUNDLE", str(files[0]))
        yield files


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory, certificate: tuple[Path, Path]) -> Iterator[ObjectServer]:
    """A server that speaks TLS and keeps connections."""
    folder = tmp_path_factory.mktemp("tls")
    with running_s3(folder, keep_alive=True, certificate=certificate) as server:
        yield server


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    """The server behind the wire, which speaks TLS for it."""
    with running_s3(tmp_path_factory.mktemp("plain")) as server:
        yield server


@pytest.fixture
def wire(plain: ObjectServer, certificate: tuple[Path, Path]) -> Iterator[Wire]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with spoiled(plain.endpoint, certificate=context) as found:
        yield found


@pytest.fixture
def place() -> str:
    return f"s3://backups/tls/{secrets.token_hex(8)}"


@pytest.fixture
def behind(plain: ObjectServer, wire: Wire, place: str) -> Store:
    """A store behind the wire that has seen botocore's way."""
    store = plain.stores(endpoint=wire.address, retries=PATIENT).at(place)
    store.put_new("first", [b"first"])
    return store


def connections(store: Any) -> list[str]:
    return [type(one).__name__ for one in store._client._ways["backups"].connections._idle]


def test_what_is_written_is_read_again_on_one_kept_connection(s3: ObjectServer, place: str) -> None:
    store = s3.stores().at(place)

    for name in ("a", "b", "c"):
        store.put_new(name, [name.encode()])

    assert [b"a", b"b", b"c"] == [store.get(name) for name in ("a", "b", "c")]
    assert ["HTTPSConnection"] == connections(store)


def test_an_object_in_parts_is_read_again(s3: ObjectServer, place: str) -> None:
    store = s3.stores().at(place)

    store.put_new("large", [LARGE])

    assert store.get("large") == LARGE


@pytest.mark.parametrize("size", [10, 2 * 1024 * 1024])
def test_a_taken_key_is_refused(s3: ObjectServer, place: str, size: int) -> None:
    store = s3.stores().at(place)
    store.put_new("a", [b"a"])

    with pytest.raises(ObjectExists):
        store.put_new("a", [bytes(size)])

    assert b"a" == store.get("a")


def test_a_certificate_that_nobody_trusts_is_refused_at_once(
    s3: ObjectServer, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Event] = []
    monkeypatch.delenv("AWS_CA_BUNDLE")
    stores = s3.stores()
    stores.report = heard.append

    with pytest.raises(StorageRefused, match=r"HINT: .*AWS_CA_BUNDLE"):
        stores.at(place).get("a")

    assert [] == [one for one in heard if isinstance(one, CallRepeated)]


def test_the_short_way_trusts_nobody_else_either(s3: ObjectServer) -> None:
    host = Host(s3.endpoint.partition("://")[2], 5, 5, ssl.create_default_context())

    with pytest.raises(StorageRefused, match=r"HINT: .*AWS_CA_BUNDLE"), told("s3://backups/a"):
        Connections(host).ask("GET", "/backups/a", {}, None)


@pytest.mark.parametrize("fault", [truncated, busy, cut])
def test_a_read_survives(behind: Store, wire: Wire, fault: Fault) -> None:
    behind.put_new("data", [LARGE])
    wire.spoil(fault, of("GET"))

    assert behind.get("data") == LARGE
    assert [fault.__name__] == wire.fired


def test_a_body_shorter_than_it_was_said_to_be_is_no_object(behind: Store, wire: Wire) -> None:
    wire.spoil(_short, of("GET"), times=99)

    with pytest.raises(StorageFailure):
        behind.get("first")


@pytest.mark.parametrize("fault", [truncated, busy, cut, lost_answer])
@pytest.mark.parametrize("part", ["second", "partNumber=2"])
def test_a_write_survives(behind: Store, wire: Wire, fault: Fault, part: str) -> None:
    data = b"second" if part == "second" else LARGE
    wire.spoil(fault, of("PUT", part))

    behind.put_new("second", [data])

    assert (data, [fault.__name__]) == (behind.get("second"), wire.fired)


def test_bytes_that_were_cut_on_their_way_are_no_object(behind: Store, wire: Wire) -> None:
    wire.spoil(cut, of("PUT", "partNumber=2"), times=99)

    with pytest.raises(StorageFailure):
        behind.put_new("large", [LARGE])

    with pytest.raises(ObjectMissing):
        behind.get("large")


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_redirect_is_gone_the_full_way(behind: Store, wire: Wire, method: str) -> None:
    wire.spoil(_elsewhere, of(method))

    behind.put_new("second", [b"second"])

    assert (b"second", ["_elsewhere"]) == (behind.get("second"), wire.fired)


def test_a_large_body_is_asked_for_before_it_is_sent(behind: Store, wire: Wire) -> None:
    behind.put_new("large", [bytes(2 * 1024 * 1024)])

    assert "100-continue" == wire.passed[-1].header("expect")


def _short(exchange: Exchange) -> bytes | None:
    """An honest end of the TLS connection, before the body's."""
    head, _, body = exchange.answer().partition(b"\r\n\r\n")
    return head + b"\r\n\r\n" + body[:-1]


def _elsewhere(exchange: Exchange) -> bytes | None:
    where = f"https://127.0.0.1:9{exchange.target}"
    head = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {where}\r\nContent-Length: 0\r\n\r\n"
    return head.encode()
