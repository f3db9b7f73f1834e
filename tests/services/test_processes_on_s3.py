"""Other processes of a run reach S3 as the run does: its account, its endpoint, its events, its rate."""

import os
from collections.abc import Iterator

import pytest

from bcn_core.copying import Copied, Copy, SizeDiffers, in_parallel
from bcn_core.events import CallRepeated, Event
from bcn_core.processes.pool import Processes, Spread
from bcn_core.repository.encoding import sha256
from bcn_core.storage.opening import Stores
from bcn_core.storage.store import Store
from bcn_core.storage.throttling import Rate
from tests.services.object_servers import ObjectServer
from tests.services.wire import Wire, busy, of, spoiled

SMALL, LARGE = os.urandom(30_000), os.urandom(9 * 1024 * 1024)


@pytest.fixture
def wire(s3: ObjectServer) -> Iterator[Wire]:
    with spoiled(s3.endpoint) as found:
        yield found


@pytest.fixture
def stores(s3: ObjectServer, wire: Wire) -> Stores:
    return s3.stores(endpoint=wire.address)


@pytest.fixture
def lake(stores: Stores, request: pytest.FixtureRequest) -> Store:
    store = stores.at(f"s3://lake/processes/{request.node.name}")
    store.put_new("small", [SMALL])
    return store


@pytest.fixture
def backups(stores: Stores, request: pytest.FixtureRequest) -> Store:
    return stores.at(f"s3://backups/processes/{request.node.name}")


def test_processes_copy_with_the_account_and_to_the_endpoint_of_their_run(
    stores: Stores, lake: Store, backups: Store
) -> None:
    with Processes(stores, Spread(2, 4)) as processes:
        copies = [Copy(lake, "small", backups, f"copy/{number}", len(SMALL)) for number in range(8)]
        found = list(in_parallel(processes.carry_out, copies, 4))

    assert [Copied(len(SMALL), sha256(SMALL))] * 8 == found
    assert SMALL == backups.get("copy/7")


def test_a_process_has_s3_copy_large_files_by_itself(
    stores: Stores, lake: Store, backups: Store, wire: Wire
) -> None:
    lake.put_new("large", [LARGE])
    wire.passed.clear()

    with Processes(stores, Spread(2, 2)) as processes:
        processes.carry_out(Copy(lake, "large", backups, "copy", len(LARGE)))

    assert [] == [one.target for one in wire.passed if one.method == "GET"]
    assert LARGE == backups.get("copy")


def test_a_call_that_a_process_makes_again_is_told_to_the_run(
    stores: Stores, lake: Store, backups: Store, wire: Wire
) -> None:
    told: list[Event] = []
    stores.report = told.append
    wire.spoil(busy, of("GET"))

    with Processes(stores, Spread(2, 2)) as processes:
        processes.carry_out(Copy(lake, "small", backups, "copy", len(SMALL)))

    assert [CallRepeated] == [type(event) for event in told]


def test_bytes_that_processes_read_from_s3_are_taken_from_the_rate_of_the_run(
    stores: Stores, lake: Store, backups: Store
) -> None:
    taken: list[int] = []

    class Counting(Rate):
        def take(self, count: int) -> None:
            taken.append(count)

    with Processes(stores, Spread(2, 2, rate=Counting(1))) as processes:
        for number in range(3):
            processes.carry_out(Copy(lake, "small", backups, f"copy/{number}", len(SMALL)))

    assert 3 * len(SMALL) == sum(taken)


def test_a_file_of_s3_with_another_size_is_refused_by_any_process(
    stores: Stores, lake: Store, backups: Store
) -> None:
    with (
        Processes(stores, Spread(2, 2)) as processes,
        pytest.raises(SizeDiffers, match="not the 5 on record"),
    ):
        processes.carry_out(Copy(lake, "small", backups, "copy", 5))
