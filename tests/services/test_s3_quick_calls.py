"""BCN's own short way to S3: plain calls take it once botocore's full way was seen, and all others do not."""

import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from bcn_core.errors import ObjectExists, ObjectMissing, StorageFailure, StorageRefused
from bcn_core.events import CallRepeated, Event
from bcn_core.storage.retrying import Retries
from bcn_core.storage.s3_quick import QuickClient
from bcn_core.storage.s3_wire import Connections, Host
from bcn_core.storage.store import Store
from tests.services.object_servers import ObjectServer, running_s3
from tests.services.wire import Exchange, Wire, of, spoiled

ODD_NAMES = ["a b", "a#b?c", "a%20b", "a%2Fb", "a+b&c=d", "it's", "漢字", "a\tb", "~*!()", "x=1/y=é"]


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    """A server that keeps connections."""
    with running_s3(tmp_path_factory.mktemp("kept"), keep_alive=True) as server:
        yield server


@pytest.fixture
def wire(s3: ObjectServer) -> Iterator[Wire]:
    with spoiled(s3.endpoint) as found:
        yield found


@pytest.fixture
def place() -> str:
    return f"s3://backups/quick/{secrets.token_hex(8)}"


@pytest.fixture
def store(s3: ObjectServer, place: str) -> Store:
    """A store that has seen botocore's way."""
    found = s3.stores().at(place)
    found.put_new("first", [b"first"])
    return found


def quick(exchange: Exchange) -> bool:
    """Whether a request came the short way: botocore numbers its tries."""
    return not exchange.header("amz-sdk-request")


def kept(store: Any) -> list[Any]:
    """The connections that wait for the next call."""
    client: QuickClient = store._client
    return client._ways["backups"].connections._idle


@contextmanager
def refusing_early(status: bytes = b"403 Forbidden") -> Iterator[str]:
    """Where a server answers the head of a request, and hangs up on the rest."""

    def serve(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(1 << 16)
            connection.sendall(b"HTTP/1.1 %s\r\nContent-Length: 8\r\n\r\n<Error/>" % status)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = threading.Thread(target=serve, args=(listening,))
        serving.start()
        yield f"127.0.0.1:{listening.getsockname()[1]}"
        serving.join()


def test_the_first_call_goes_the_full_way_and_the_next_ones_the_short_one(
    s3: ObjectServer, wire: Wire, place: str
) -> None:
    store = s3.stores(endpoint=wire.address).at(place)

    store.put_new("a", [b"a"])
    store.put_new("b", [b"b"])
    store.get("a")

    assert [False, True, True] == [quick(one) for one in wire.passed]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_name_is_signed_as_the_server_reads_it(store: Store, s3: ObjectServer, name: str) -> None:
    store.put_new(f"odd/{name}", [name.encode()])

    prefix = store.url.removeprefix("s3://backups/")
    seen = s3.client().get_object(Bucket="backups", Key=f"{prefix}/odd/{name}")["Body"].read()
    assert (name.encode(), name.encode()) == (seen, store.get(f"odd/{name}"))


def test_one_connection_serves_many_calls(store: Store) -> None:
    store.put_new("second", [b"second"])
    [before] = kept(store)

    store.get("second")
    store.get("first")

    assert [before] == kept(store)


def test_a_connection_that_the_server_has_closed_is_not_used_again(s3: ObjectServer, place: str) -> None:
    told: list[Event] = []
    stores = s3.stores()
    stores.report = told.append
    store = stores.at(place)
    store.put_new("first", [b"first"])
    store.get("first")
    [connection] = kept(store)
    connection.sock.shutdown(socket.SHUT_RD)

    found = store.get("first")

    assert (b"first", []) == (found, [one for one in told if isinstance(one, CallRepeated)])


def test_a_body_that_was_left_is_no_part_of_the_next_answer(store: Store) -> None:
    store.put_new("large", [b"x" * 1_000_000])
    reading = store.stream("large")
    next(reading)
    reading.close()  # type: ignore[attr-defined]

    assert b"first" == store.get("first")


def test_a_taken_key_is_refused_and_stays(store: Store) -> None:
    with pytest.raises(ObjectExists):
        store.put_new("first", [b"second"])

    assert b"first" == store.get("first")


def test_a_key_that_holds_nothing_is_missing(store: Store) -> None:
    with pytest.raises(ObjectMissing):
        store.get("nothing")


def test_bytes_that_are_not_the_signed_ones_are_refused(s3: ObjectServer, wire: Wire, place: str) -> None:
    retries = Retries(attempts=2, sleep=lambda _seconds: None)
    store = s3.stores(endpoint=wire.address, retries=retries).at(place)
    store.put_new("first", [b"first"])
    wire.spoil(_other_bytes, of("PUT"), times=99)

    with pytest.raises(StorageFailure, match="SHA256Mismatch"):
        store.put_new("second", [b"second"])

    with pytest.raises(ObjectMissing):
        store.get("second")


def test_bytes_that_were_spoiled_on_their_way_are_sent_again(
    s3: ObjectServer, wire: Wire, place: str
) -> None:
    store = s3.stores(endpoint=wire.address).at(place)
    store.put_new("first", [b"first"])
    wire.spoil(_other_bytes, of("PUT"))

    store.put_new("second", [b"second"])

    assert (["_other_bytes"], b"second") == (wire.fired, store.get("second"))


def test_bytes_that_were_cut_on_their_way_are_no_object(s3: ObjectServer, wire: Wire, place: str) -> None:
    retries = Retries(attempts=2, sleep=lambda _seconds: None)
    store = s3.stores(endpoint=wire.address, retries=retries).at(place)
    store.put_new("first", [b"first"])
    wire.spoil(_half_of_the_bytes, of("PUT"), times=99)

    with pytest.raises(StorageFailure):
        store.put_new("second", [b"second" * 1000])

    with pytest.raises(ObjectMissing):
        store.get("second")


@pytest.mark.parametrize("status", ["301 Moved Permanently", "307 Temporary Redirect"])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_redirect_sends_a_call_the_full_way_and_the_next_ones_too_until_it_is_learned_anew(
    s3: ObjectServer, wire: Wire, place: str, status: str, method: str
) -> None:
    store = s3.stores(endpoint=wire.address).at(place)
    store.put_new("first", [b"first"])
    before = len(wire.passed)
    wire.spoil(_redirect(status), of(method))

    if method == "PUT":
        store.put_new("second", [b"second"])
    store.get("first")
    store.get("first")

    seen = [quick(one) for one in wire.passed[before:]]
    assert ([False, True, True] if method == "PUT" else [False, True]) == seen


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_store_that_always_sends_elsewhere_is_told_as_one_of_another_region(
    s3: ObjectServer, wire: Wire, place: str, method: str
) -> None:
    store = s3.stores(endpoint=wire.address).at(place)
    store.put_new("first", [b"first"])
    wire.spoil(_redirect("307 Temporary Redirect"), of(method), times=99)

    with pytest.raises(StorageRefused, match="HINT: the bucket is of another region"):
        store.get("first") if method == "GET" else store.put_new("second", [b"second"])


def test_an_endpoint_that_sends_everything_elsewhere_is_told_as_such(
    s3: ObjectServer, wire: Wire, place: str
) -> None:
    store = s3.stores(endpoint=wire.address).at(place)
    wire.spoil(_redirect("301 Moved Permanently"), lambda _: True, times=9999)

    with pytest.raises(StorageRefused, match=r"HINT: give s3\.endpoint as the address that it sends to"):
        store.get("first")


def test_a_refusal_is_heard_though_the_server_hung_up_before_it_had_heard_all() -> None:
    with refusing_early() as place:
        connections = Connections(Host(place, 5, 5, None))

        with connections.ask("PUT", "/backups/part", {}, bytes(64 * 1024 * 1024)) as answer:
            found = answer.status, answer.read()

    assert (403, b"<Error/>") == found


def test_a_server_that_agrees_before_it_has_heard_all_is_not_believed() -> None:
    with refusing_early(b"200 OK") as place, pytest.raises(ConnectionError):
        Connections(Host(place, 5, 5, None)).ask("PUT", "/backups/part", {}, bytes(64 * 1024 * 1024))


def test_a_session_token_goes_with_each_call_to_a_fake_server(
    s3: ObjectServer, wire: Wire, place: str
) -> None:
    # The server here knows no such tokens.
    asked: list[Exchange] = []

    def done(exchange: Exchange) -> bytes:
        asked.append(exchange)
        return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

    wire.spoil(done, lambda _: True, times=2)
    store = s3.stores(endpoint=wire.address, options={"s3.session-token": "planted-token"}).at(place)

    store.put_new("a", [b"a"])
    store.put_new("b", [b"b"])

    seen = [(quick(one), one.header("x-amz-security-token")) for one in asked]
    assert [(False, "planted-token"), (True, "planted-token")] == seen


@pytest.mark.parametrize("options", [{"s3.anonymous": "true"}, {"s3.proxy-uri": "PROXY"}], ids=str)
def test_what_is_not_plain_goes_the_full_way_always(
    s3: ObjectServer, wire: Wire, place: str, options: dict[str, str]
) -> None:
    s3.stores().at(place).put_new("a", [b"a"])
    given = {name: value.replace("PROXY", wire.address) for name, value in options.items()}
    store = s3.stores(endpoint=wire.address, options=given).at(place)
    for _ in range(2):
        try:
            store.get("a")
        except StorageRefused:  # an account of nobody
            continue

    assert [False, False] == [quick(one) for one in wire.passed]


def test_a_large_body_is_asked_for_before_it_is_sent(s3: ObjectServer, wire: Wire, place: str) -> None:
    store = s3.stores(endpoint=wire.address).at(place)
    store.put_new("first", [b"first"])

    store.put_new("large", [bytes(2 * 1024 * 1024)])

    assert "100-continue" == wire.passed[-1].header("expect")


def test_an_error_after_a_good_beginning_is_an_error(s3: ObjectServer, wire: Wire, place: str) -> None:
    store = s3.stores(endpoint=wire.address).at(place)
    store.put_new("first", [b"first"])
    wire.spoil(_late_error, lambda one: one.method == "PUT", times=1)

    store.put_new("second", [b"second"])

    assert (["_late_error"], b"second") == (wire.fired, store.get("second"))


def test_a_body_of_unknown_size_is_refused(s3: ObjectServer, wire: Wire, place: str) -> None:
    retries = Retries(attempts=2, sleep=lambda _seconds: None)
    store = s3.stores(endpoint=wire.address, retries=retries).at(place)
    store.put_new("first", [b"first"])
    wire.spoil(_without_size, lambda one: one.method == "GET", times=9)

    with pytest.raises(StorageFailure, match="does not tell its size"):
        store.get("first")


def _half_of_the_bytes(exchange: Exchange) -> bytes | None:
    """The server hears half of the body, and then the connection ends."""
    head, _, body = exchange.request.partition(b"\r\n\r\n")
    with socket.create_connection(exchange.server, timeout=30) as connection:
        connection.sendall(head + b"\r\n\r\n" + body[: len(body) // 2])
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1 << 16):
            continue
    return None


def _redirect(status: str) -> Callable[[Exchange], bytes]:
    def redirect(exchange: Exchange) -> bytes:
        where = f"http://127.0.0.1:9{exchange.target}"
        return f"HTTP/1.1 {status}\r\nLocation: {where}\r\nContent-Length: 0\r\n\r\n".encode()

    return redirect


def _late_error(_exchange: Exchange) -> bytes | None:
    body = b"<Error><Code>InternalError</Code><Message>late</Message></Error>"
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def _without_size(_exchange: Exchange) -> bytes | None:
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"


def _other_bytes(exchange: Exchange) -> bytes | None:
    head, _, body = exchange.request.partition(b"\r\n\r\n")
    return Exchange(head + b"\r\n\r\n" + b"X" * len(body), exchange.server, exchange.client).answer()
