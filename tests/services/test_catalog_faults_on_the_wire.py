"""Whatever happens between BCN and a real REST or Nessie server: all, or a clear error; never less, no third state."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bcn_core.catalogs.catalog import Catalog, Sweep
from bcn_core.catalogs.opening import open_catalog
from bcn_core.errors import BcnError
from bcn_core.names import Scope, TableName
from tests.services.catalog_seeds import seeded
from tests.services.catalog_servers import NessieServer, ServedPlace
from tests.services.wire import (
    Exchange,
    Fault,
    Wire,
    busy,
    cut,
    duplicated,
    failed_after,
    lost_answer,
    spoiled,
    truncated,
)

FAULTS = [busy, cut, lost_answer, failed_after, duplicated, truncated]
ORDERS, COPY = TableName(("sales",), "orders"), TableName(("sales",), "copy")


@pytest.fixture(scope="module", params=["rest", "nessie"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ServedPlace:
    server = request.getfixturevalue(request.param)
    folder: Path = tmp_path_factory.mktemp("source")
    if isinstance(server, NessieServer):
        return seeded(ServedPlace(folder, served=server.native, users=server.rest))
    return seeded(ServedPlace(folder, served=server))


@pytest.fixture
def wire(place: ServedPlace) -> Iterator[Wire]:
    with spoiled(place.served["uri"].removesuffix("/api/v2")) as found:
        yield found


@pytest.fixture
def catalog(place: ServedPlace, wire: Wire) -> Iterator[Catalog]:
    """The catalog behind the wire; a copy that a test registered is gone afterwards."""
    behind = "/api/v2" if place.served["uri"].endswith("/api/v2") else ""
    yield open_catalog("shop", {**place.properties, "uri": wire.address + behind})
    if place.bcn().pointer(COPY):
        place.pyiceberg().drop_table(str(COPY))


class Nth:
    """Is meant for one of the requests, counted from 1."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.seen = 0

    def __call__(self, _exchange: Exchange) -> bool:
        self.seen += 1
        return self.seen == self.number


def sweep_or_error(catalog: Catalog) -> Sweep | BcnError:
    try:
        return catalog.sweep(Scope("shop"))
    except BcnError as error:
        return error


@pytest.mark.fault(21)
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("request_", [1, 2, 3, 6])
def test_a_sweep_hides_no_table(
    catalog: Catalog, place: ServedPlace, wire: Wire, fault: Fault, request_: int
) -> None:
    whole = place.bcn().sweep(Scope("shop"))
    wire.spoil(fault, Nth(request_))

    found = sweep_or_error(catalog)

    if not isinstance(found, BcnError):
        assert whole.databases == found.databases
        assert set(whole.pointers) == {*found.pointers, *found.unreadable}
        assert found.pointers.items() <= whole.pointers.items()


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("request_", [1, 2, 3])
def test_a_registration_is_done_or_not_and_the_table_beside_it_stands(
    catalog: Catalog, place: ServedPlace, wire: Wire, fault: Fault, request_: int
) -> None:
    before = place.bcn().pointer(ORDERS)
    assert before is not None
    wire.spoil(fault, Nth(request_))

    told = ""
    try:
        catalog.register(COPY, before)
    except BcnError as error:
        told = error.message

    assert place.bcn().pointer(COPY) in ((before,) if not told else (before, None))
    assert before == place.bcn().pointer(ORDERS)
