"""Whatever happens between BCN and a real S3 server: success or a clear error, never a wrong byte."""

import os
from collections.abc import Iterator

import pytest

from bcn_core.copying import Copy, carry_out
from bcn_core.errors import ObjectExists, ObjectMissing, StorageFailure
from bcn_core.events import CallRepeated, Event
from bcn_core.storage.creating import PART_BYTES
from bcn_core.storage.retrying import Retries
from bcn_core.storage.store import Store
from tests.services.object_servers import ObjectServer
from tests.services.wire import FAULTS, Exchange, Fault, Wire, busy, lost_answer, of, spoiled, truncated

ATTEMPTS = 4
SLOWLY = 4 * 1024 * 1024
"""Bytes in a second; a part takes four."""


@pytest.fixture
def wire(s3: ObjectServer) -> Iterator[Wire]:
    with spoiled(s3.endpoint) as found:
        yield found


@pytest.fixture
def told() -> list[Event]:
    return []


@pytest.fixture
def store(s3: ObjectServer, wire: Wire, told: list[Event], request: pytest.FixtureRequest) -> Store:
    impatient = {"s3.request-timeout": "1"}
    retries = Retries(attempts=ATTEMPTS, sleep=lambda _seconds: None)
    stores = s3.stores(endpoint=wire.address, retries=retries, options=impatient)
    stores.report = told.append
    return stores.at(f"s3://backups/wire/{request.node.name}")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_new_object_survives(store: Store, wire: Wire, fault: Fault) -> None:
    wire.spoil(fault, of("PUT"))

    store.put_new("pit", [b"the truth"])

    assert b"the truth" == store.get("pit")
    assert [fault.__name__] == wire.fired


@pytest.mark.fault(3, 4)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_new_object_never_takes_the_place_of_another(store: Store, wire: Wire, fault: Fault) -> None:
    store.put_new("pit", [b"theirs"])
    wire.spoil(fault, of("PUT"))

    with pytest.raises(ObjectExists):
        store.put_new("pit", [b"ours"])

    assert b"theirs" == store.get("pit")
    assert [fault.__name__] == wire.fired


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(
    ("method", "part"), [("POST", "uploads"), ("PUT", "partNumber=2"), ("POST", "uploadId=")], ids=str
)
def test_an_object_in_parts_survives(store: Store, wire: Wire, fault: Fault, method: str, part: str) -> None:
    data = os.urandom(PART_BYTES + 1)
    wire.spoil(fault, of(method, part))

    store.put_new("large", [data])

    assert data == store.get("large")
    assert [fault.__name__] == wire.fired


@pytest.mark.parametrize("fault", FAULTS)
def test_a_read_survives(store: Store, wire: Wire, fault: Fault) -> None:
    data = os.urandom(20 * 1024 * 1024)
    store.put_new("data", [data])
    wire.spoil(fault, of("GET"))

    assert data == store.get("data")
    assert [fault.__name__] == wire.fired


def test_a_body_that_always_breaks_off_is_an_error(store: Store, wire: Wire) -> None:
    store.put_new("data", [b"0123456789"])
    wire.spoil(_empty_body, of("GET"), times=99)

    with pytest.raises(StorageFailure):
        store.get("data")


def test_an_object_that_changes_while_it_is_read_is_no_mixture(store: Store, wire: Wire) -> None:
    old, new = bytes(20 * 1024 * 1024), b"n" * 20 * 1024 * 1024
    store.replace("view", old)
    wire.spoil(truncated, of("GET"))
    reading = store.stream("view")
    next(reading)
    store.replace("view", new)

    with pytest.raises(ObjectMissing, match="was replaced while it was read"):
        list(reading)


@pytest.mark.fault(21)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_listing_is_whole(store: Store, wire: Wire, fault: Fault) -> None:
    for name in ("a", "b", "c"):
        store.put_new(f"in/{name}", [b""])
    wire.spoil(fault, of("GET", "list-type"))

    assert ["in/a", "in/b", "in/c"] == [found.key for found in store.list("in")]
    assert [fault.__name__] == wire.fired


@pytest.mark.fault(21)
def test_a_listing_that_never_answers_is_an_error_and_not_empty(store: Store, wire: Wire) -> None:
    wire.spoil(busy, of("GET", "list-type"), times=99)

    with pytest.raises(StorageFailure, match="SlowDown"):
        list(store.list("in"))


def test_a_copy_between_two_places_survives_faults_on_both_ways(store: Store, wire: Wire) -> None:
    data = os.urandom(PART_BYTES + 1)
    store.put_new("from", [data])
    for fault in (truncated, lost_answer):
        wire.spoil(fault, of("GET", "from"))
        wire.spoil(fault, of("PUT", "to"))

    carry_out(Copy(store, "from", store, "to", size=len(data)))

    assert data == store.get("to")


def test_what_is_tried_again_is_told(store: Store, wire: Wire, told: list[Event]) -> None:
    wire.spoil(busy, of("PUT"))

    store.put_new("pit", [b"x"])

    reasons = [one.reason for one in told if isinstance(one, CallRepeated)]
    assert 1 == len(reasons)
    assert "SlowDown" in reasons[0]


def test_a_store_that_stays_busy_is_given_up(store: Store, wire: Wire) -> None:
    wire.spoil(busy, of("PUT"), times=99)

    with pytest.raises(StorageFailure, match="SlowDown"):
        store.put_new("pit", [b"x"])

    assert ATTEMPTS == len(wire.fired)


def test_a_part_may_take_longer_on_a_slow_line_than_one_call_waits(s3: ObjectServer) -> None:
    data = os.urandom(PART_BYTES + 1)
    retries = Retries(attempts=ATTEMPTS, sleep=lambda _seconds: None)
    with spoiled(s3.endpoint, bytes_per_second=SLOWLY) as line:
        stores = s3.stores(endpoint=line.address, retries=retries, options={"s3.request-timeout": "2"})
        store = stores.at("s3://backups/slowly")
        store.put_new("small", [b"x"])
        store.put_new("large", [data])

    assert data == s3.stores().at("s3://backups/slowly").get("large")


def test_a_key_that_holds_nothing_may_be_deleted_where_a_server_calls_it_missing(
    store: Store, wire: Wire
) -> None:
    wire.spoil(_no_such_key, of("DELETE"))

    store.delete("nothing")

    assert ["_no_such_key"] == wire.fired


def _no_such_key(_exchange: Exchange) -> bytes | None:
    body = b"<Error><Code>NoSuchKey</Code><Message>nothing</Message></Error>"
    return b"HTTP/1.1 404 Not Found\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def _empty_body(exchange: Exchange) -> bytes | None:
    head, _, _ = exchange.answer().partition(b"\r\n\r\n")
    return head + b"\r\n\r\n"
