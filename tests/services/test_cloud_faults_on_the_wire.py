"""Whatever happens between BCN and emulated GCS and Azure: success or a clear error, never a wrong byte."""

import os
from collections.abc import Iterator

import pytest

from bcn_core.errors import ObjectExists, ObjectMissing, StorageFailure
from bcn_core.storage.creating import PART_BYTES
from bcn_core.storage.retrying import Retries
from bcn_core.storage.store import Store
from tests.services.cloud_servers import CloudServer
from tests.services.wire import (
    FAULTS,
    Exchange,
    Fault,
    Wire,
    busy,
    cut,
    failed_after,
    lost_answer,
    of,
    spoiled,
    truncated,
)

READ_FAULTS = [busy, cut, truncated]
ATTEMPTS = 4
SLOWLY = 4 * 1024 * 1024
"""Bytes in a second; a part takes four."""


def _last_part(exchange: Exchange) -> bool:
    return exchange.header("Content-Range").endswith(f"/{PART_BYTES + 1}")


# How each store is asked to create an object, to take a part, and to make an object of parts appear.
CREATES = {"gcs_emulated": of("POST", "uploadType=multipart"), "azure_emulated": of("PUT")}
PARTS = {
    "gcs_emulated": [of("PUT", "upload_id"), _last_part],
    "azure_emulated": [of("PUT", "comp=block&"), of("PUT", "comp=blocklist")],
}


@pytest.fixture
def wire(cloud: CloudServer) -> Iterator[Wire]:
    with spoiled(cloud.endpoint) as found:
        yield found


@pytest.fixture
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.node.callspec.params["cloud"])


@pytest.fixture
def store(cloud: CloudServer, wire: Wire, request: pytest.FixtureRequest) -> Store:
    retries = Retries(attempts=ATTEMPTS, sleep=lambda _seconds: None)
    stores = cloud.stores(endpoint=wire.address, retries=retries)
    return stores.at(f"{cloud.place('backups')}/wire/{request.node.name}")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_new_object_survives(store: Store, wire: Wire, kind: str, fault: Fault) -> None:
    wire.spoil(fault, CREATES[kind])

    store.put_new("pit", [b"the truth"])

    assert b"the truth" == store.get("pit")
    assert [fault.__name__] == wire.fired


@pytest.mark.parametrize("fault", FAULTS)
def test_a_new_object_never_takes_the_place_of_another(
    store: Store, wire: Wire, kind: str, fault: Fault
) -> None:
    store.put_new("pit", [b"theirs"])
    wire.spoil(fault, CREATES[kind])

    with pytest.raises(ObjectExists):
        store.put_new("pit", [b"ours"])

    assert b"theirs" == store.get("pit")
    assert [fault.__name__] == wire.fired


# The emulator of GCS appends a part that comes twice; GCS itself knows by the part's range what it has.
@pytest.mark.parametrize("fault", [cut, lost_answer, failed_after])
@pytest.mark.parametrize("step", [0, -1])
def test_an_object_in_parts_survives(store: Store, wire: Wire, kind: str, fault: Fault, step: int) -> None:
    data = os.urandom(PART_BYTES + 1)
    wire.spoil(fault, PARTS[kind][step])
    wire.spoil(_how_far_by_gcs_rules, lambda one: one.header("Content-Range").startswith("bytes */"), times=9)

    store.put_new("large", [data])

    assert data == store.get("large")
    assert fault.__name__ in wire.fired


@pytest.mark.parametrize("fault", READ_FAULTS)
def test_a_read_survives(store: Store, wire: Wire, fault: Fault) -> None:
    data = os.urandom(9 * 1024 * 1024)
    store.put_new("data", [data])
    wire.spoil(fault, of("GET"))

    assert data == store.get("data")
    assert [fault.__name__] == wire.fired


def test_a_body_that_always_breaks_off_is_an_error(store: Store, wire: Wire) -> None:
    store.put_new("data", [b"0123456789"])
    wire.spoil(truncated, of("GET"), times=99)

    with pytest.raises(StorageFailure):
        store.get("data")


def test_an_object_that_changes_while_it_is_read_is_no_mixture(store: Store, wire: Wire) -> None:
    store.replace("view", bytes(20 * 1024 * 1024))
    wire.spoil(truncated, of("GET"))
    reading = store.stream("view")
    next(reading)
    store.replace("view", b"n" * 20 * 1024 * 1024)

    with pytest.raises(ObjectMissing, match="view"):
        list(reading)


@pytest.mark.parametrize("fault", READ_FAULTS)
def test_a_listing_is_whole(store: Store, wire: Wire, fault: Fault) -> None:
    for name in ("a", "b", "c"):
        store.put_new(f"in/{name}", [b""])
    wire.spoil(fault, of("GET", "prefix="))

    assert ["in/a", "in/b", "in/c"] == [found.key for found in store.list("in")]
    assert [fault.__name__] == wire.fired


def test_a_listing_that_never_answers_is_an_error_and_not_empty(store: Store, wire: Wire) -> None:
    wire.spoil(busy, of("GET", "prefix="), times=99)

    with pytest.raises(StorageFailure):
        list(store.list("in"))

    assert ATTEMPTS == len(wire.fired)


def test_a_part_may_take_longer_on_a_slow_line_than_one_call_waits(cloud: CloudServer) -> None:
    data = os.urandom(PART_BYTES + 1)
    retries = Retries(attempts=ATTEMPTS, sleep=lambda _seconds: None)
    # On a new connection the bound is that of connecting. Azurite takes some seconds for a part of its own.
    impatient = {"gcs.connect-timeout": "2", "gcs.request-timeout": "2", "adls.connect-timeout": "2"}
    with spoiled(cloud.endpoint, bytes_per_second=SLOWLY) as line:
        patient = {"adls.request-timeout": "60"}
        stores = cloud.stores(endpoint=line.address, retries=retries, options=impatient | patient)
        stores.at(f"{cloud.place('backups')}/slowly").put_new("large", [data])

    assert data == cloud.stores().at(f"{cloud.place('backups')}/slowly").get("large")


def _how_far_by_gcs_rules(exchange: Exchange) -> bytes | None:
    """GCS says how much of an upload it has; the emulator would take the question for the end of the upload."""
    ranges = [one.header("Content-Range") for one in exchange.passed if one.target == exchange.target]
    sent = [found for found in ranges if not found.startswith("bytes */")]
    if any(not found.endswith("/*") for found in sent):
        return exchange.answer()
    reached = [
        f"Range: bytes=0-{found[len('bytes ') :].partition('/')[0].partition('-')[2]}" for found in sent
    ]
    lines = ["HTTP/1.1 308 Resume Incomplete", "Content-Length: 0", *reached[-1:]]
    return "\r\n".join([*lines, "", ""]).encode()
