"""How many requests reading commands make of a real S3 server: none that they could do without."""

from collections import Counter
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from bcn_core.describe import list_pits
from bcn_core.events import silent
from bcn_core.repository.repository import Repository
from bcn_core.storage.deleting import DeletesMany, delete_all
from bcn_core.verify import EVERYTHING, verify_repository
from tests.builders.many_pits import ManyPits
from tests.services.object_servers import ObjectServer
from tests.services.wire import Exchange, Wire, spoiled

PITS = 40
TABLES = 3


@pytest.fixture(scope="module")
def wire(s3: ObjectServer) -> Iterator[Wire]:
    with spoiled(s3.endpoint) as found:
        yield found


@pytest.fixture(scope="module")
def repository(s3: ObjectServer, wire: Wire, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """Hourly PITs of two days of one month."""
    store = s3.stores(endpoint=wire.address).at("s3://backups/requests")
    return ManyPits(tmp_path_factory.mktemp("requests"), store).make(TABLES, PITS)


def kind(one: Exchange) -> str:
    """A request by what S3 charges for it."""
    query = parse_qs(urlsplit(one.target).query)
    return "LIST" if "list-type" in query else one.method


def objects_read(wire: Wire, since: int) -> Counter[str]:
    return Counter(urlsplit(one.target).path for one in wire.passed[since:] if kind(one) == "GET")


def test_pits_are_listed_by_one_listing_and_one_read_of_their_month(
    repository: Repository, wire: Wire
) -> None:
    before = len(wire.passed)

    found = list_pits(repository)

    assert PITS == len(found)
    assert ["LIST", "GET"] == [kind(one) for one in wire.passed[before:]]


def test_a_check_reads_each_stored_data_file_once_and_lists_each_capture_once(
    repository: Repository, wire: Wire
) -> None:
    before = len(wire.passed)

    verify_repository(repository, EVERYTHING, silent)

    read = objects_read(wire, before)
    data = [count for path, count in read.items() if path.endswith(".parquet") and "/data/" in path]
    listed = [one for one in wire.passed[before:] if kind(one) == "LIST" and "snapshots%2F" in one.target]
    assert ([1] * TABLES, TABLES) == (data, len(listed))


def test_a_thousand_objects_go_in_one_request(s3: ObjectServer, wire: Wire) -> None:
    store = s3.stores(endpoint=wire.address).at("s3://backups/many-go")
    names = [f"one {number}&+漢.txt" for number in range(30)]
    for name in names:
        store.put_new(name, [b"x"])
    before = len(wire.passed)

    refused = delete_all(store, [*names, "was never there"])

    assert isinstance(store, DeletesMany)
    assert (frozenset(), ["POST"], []) == (
        refused,
        [one.method for one in wire.passed[before:]],
        list(store.list("")),
    )
