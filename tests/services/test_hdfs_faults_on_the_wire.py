"""Whatever happens between BCN and a real name node: success or a clear error, never a wrong byte."""

from collections.abc import Iterator

import pytest

from bcn_core.errors import ObjectExists
from bcn_core.storage.retrying import Retries
from bcn_core.storage.store import Store
from tests.services.hadoop import HdfsServer
from tests.services.wire import (
    Fault,
    Wire,
    busy,
    cut,
    delayed,
    duplicated,
    failed_after,
    lost_answer,
    of,
    spoiled,
    truncated,
)

FAULTS = [busy, cut, lost_answer, failed_after, duplicated, truncated, delayed]


@pytest.fixture
def wire(hdfs: HdfsServer) -> Iterator[Wire]:
    with spoiled(hdfs.endpoint) as found:
        yield found


@pytest.fixture
def store(hdfs: HdfsServer, wire: Wire, request: pytest.FixtureRequest) -> Store:
    retries = Retries(attempts=4, sleep=lambda _seconds: None)
    return hdfs.stores(endpoint=wire.address, retries=retries).at(f"{hdfs.place}/wire/{request.node.name}")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("asked", ["op=CREATE", "op=RENAME"])
def test_a_new_file_survives(store: Store, wire: Wire, asked: str, fault: Fault) -> None:
    wire.spoil(fault, of("PUT", asked))

    store.put_new("pit", [b"the truth"])

    assert (b"the truth", ["pit"]) == (store.get("pit"), [found.key for found in store.list("")])
    assert [fault.__name__] == wire.fired


@pytest.mark.parametrize("fault", [lost_answer, failed_after])
def test_the_file_of_another_is_not_taken_for_ones_own(store: Store, wire: Wire, fault: Fault) -> None:
    store.put_new("pit", [b"the truth"])
    wire.spoil(fault, of("PUT", "op=RENAME"))

    with pytest.raises(ObjectExists):
        store.put_new("pit", [b"the truth"])

    assert [fault.__name__] == wire.fired


@pytest.mark.parametrize("fault", FAULTS)
def test_a_listing_is_whole(store: Store, wire: Wire, fault: Fault) -> None:
    names = [f"{number}" for number in range(5)]
    for name in names:
        store.put_new(name, [b""])
    wire.spoil(fault, of("GET", "startAfter=2"))

    assert names == [found.key for found in store.list("")]
    assert [fault.__name__] == wire.fired
