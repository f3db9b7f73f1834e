"""The contract of catalogs (tests/conformance/test_catalogs.py) on a real Hive Metastore, and what is Hive's own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bcn_core.catalogs.catalog import Catalog
from bcn_core.errors import Conflict, InvalidRequest
from bcn_core.names import Scope, TableName
from tests.conformance import test_catalogs as contract
from tests.conformance.test_catalogs import *  # noqa: F403
from tests.services.catalog_seeds import seeded
from tests.services.catalog_servers import ServedPlace
from tests.warehouse.source import make

# Hive knows one level, lower case and few signs; what it does instead is tested below.
del test_odd_names_are_swept_as_they_are, test_nested_namespaces_are_swept  # noqa: F821
# The metastore gives every database a place of its own.
del test_a_new_table_goes_below_the_warehouse  # noqa: F821


@pytest.fixture
def place(hive: dict[str, str], tmp_path: Path) -> ServedPlace:
    return seeded(ServedPlace(tmp_path / "source", served=hive))


@pytest.fixture
def catalog(place: ServedPlace) -> Catalog:
    return place.bcn()


@pytest.fixture
def stale_lock(place: ServedPlace) -> Iterator[None]:
    from hive_metastore.ttypes import UnlockRequest

    client = place.pyiceberg()
    with client._client as held:
        lock = held.lock(client._create_lock_request("sales", "orders"))
        yield
        held.unlock(UnlockRequest(lockid=lock.lockid))


def test_a_new_table_goes_below_its_database(catalog: Catalog) -> None:
    place = catalog.default_location(contract.COPY)

    assert place is not None
    assert place.endswith("/sales.db/copy")


@pytest.mark.usefixtures("stale_lock")
def test_a_locked_table_is_not_replaced_and_its_holder_is_told(catalog: Catalog, place: ServedPlace) -> None:
    before = catalog.pointer(contract.ORDERS)
    assert before is not None

    with pytest.raises(Conflict, match=r"sales.orders is locked in the metastore by .+@.+ since 20"):
        catalog.replace(contract.ORDERS, before, contract.pointer(place, "ops.log"))

    assert before == catalog.pointer(contract.ORDERS)


def test_a_refused_replacement_leaves_no_lock_behind(catalog: Catalog, place: ServedPlace) -> None:
    before, other = catalog.pointer(contract.ORDERS), contract.pointer(place, "ops.log")
    assert before is not None
    with pytest.raises(Conflict):
        catalog.replace(contract.ORDERS, other, other)

    catalog.replace(contract.ORDERS, before, other)

    assert other == catalog.pointer(contract.ORDERS)


@pytest.fixture
def plain_table(place: ServedPlace) -> Iterator[TableName]:
    client: Any = place.pyiceberg()
    with client._client as held:
        table = held.get_table("ops", "log")
        table.tableName, table.parameters = "plain", {}
        held.create_table(table)
        yield TableName(("ops",), "plain")
        held.drop_table("ops", "plain", deleteData=False)


def test_tables_of_hive_itself_are_left_alone(catalog: Catalog, plain_table: TableName) -> None:
    assert plain_table not in catalog.sweep(Scope("shop")).pointers


def test_names_are_spelled_in_lower_case(catalog: Catalog) -> None:
    assert TableName(("ops",), "log") == catalog.spelled(TableName(("Ops",), "LOG"))


def test_a_nested_namespace_is_refused(catalog: Catalog) -> None:
    with pytest.raises(InvalidRequest, match="Hive knows one"):
        catalog.spelled(TableName(("europe", "sales"), "orders"))


def test_a_sweep_of_many_tables_takes_few_calls(
    catalog: Catalog, place: ServedPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hive_metastore.ThriftHiveMetastore import Client

    for number in range(20):
        make(place.pyiceberg(), f"sales.t{number}")
    calls: list[str] = []
    for name in (
        "get_all_databases",
        "get_database",
        "get_all_tables",
        "get_table_objects_by_name",
        "get_table",
    ):
        _count(monkeypatch, Client, name, calls)

    found = catalog.sweep(Scope("shop", "sales"))

    assert 21 == len(found.pointers)
    assert ["get_all_databases", "get_database", "get_all_tables", "get_table_objects_by_name"] == calls


def _count(monkeypatch: pytest.MonkeyPatch, client: Any, name: str, calls: list[str]) -> None:
    original = getattr(client, name)

    def counted(*given: Any, **named: Any) -> Any:
        calls.append(name)
        return original(*given, **named)

    monkeypatch.setattr(client, name, counted)
