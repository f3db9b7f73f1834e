"""The contract of catalogs/catalog.py, for the SQL catalog's own statements and for PyIceberg's public interface."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bcn_core.catalogs.catalog import Catalog
from bcn_core.catalogs.pyiceberg_catalog import PyIcebergCatalog
from bcn_core.catalogs.sql import SqlPointers
from bcn_core.errors import Conflict, NotFound
from bcn_core.names import Scope, TableName
from tests.warehouse.shop import ODD_NAMES
from tests.warehouse.source import Place, append, make

KINDS: dict[str, Callable[[Place], Catalog]] = {
    "sql": lambda place: SqlPointers(place.pyiceberg()),
    "pyiceberg": lambda place: PyIcebergCatalog(place.pyiceberg(), "sql"),
}
ORDERS, COPY = TableName(("sales",), "orders"), TableName(("sales",), "copy")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    found = Place(tmp_path / "source")
    catalog = found.pyiceberg()
    append(make(catalog, "sales.orders"), 0, 1)
    make(catalog, "ops.log")
    catalog.create_namespace("empty", {"owner": "nobody"})
    return found


@pytest.fixture(params=list(KINDS.values()), ids=list(KINDS))
def catalog(request: pytest.FixtureRequest, place: Place) -> Catalog:
    made: Catalog = request.param(place)
    return made


def pointer(place: Place, name: str) -> str:
    return place.pyiceberg().load_table(name).metadata_location


def test_a_sweep_finds_the_pointer_of_every_table(catalog: Catalog, place: Place) -> None:
    found = {str(table): location for table, location in catalog.sweep(Scope("shop")).pointers.items()}

    assert {name: pointer(place, name) for name in ("sales.orders", "ops.log")} == found


def test_a_sweep_finds_databases_without_tables(catalog: Catalog) -> None:
    found = catalog.sweep(Scope("shop")).databases

    assert "nobody" == found[("empty",)]["owner"]


def test_a_sweep_of_a_database_holds_that_database_alone(catalog: Catalog) -> None:
    found = catalog.sweep(Scope("shop", "sales"))

    assert ([("sales",)], [ORDERS]) == (list(found.databases), list(found.pointers))


def test_a_sweep_of_a_table_holds_that_table_alone(catalog: Catalog, place: Place) -> None:
    make(place.pyiceberg(), "sales.other")

    assert [ORDERS] == list(catalog.sweep(Scope("shop", "sales", "orders")).pointers)


def test_a_sweep_of_an_unknown_database_is_empty(catalog: Catalog) -> None:
    found = catalog.sweep(Scope("shop", "nowhere"))

    assert ({}, {}) == (dict(found.databases), dict(found.pointers))


def test_two_sweeps_of_a_resting_catalog_are_equal(catalog: Catalog) -> None:
    assert catalog.sweep(Scope("shop")) == catalog.sweep(Scope("shop"))


def test_a_sweep_after_a_commit_is_another_one(catalog: Catalog, place: Place) -> None:
    before = catalog.sweep(Scope("shop"))

    append(place.pyiceberg().load_table("sales.orders"), 10, 1)

    assert before != catalog.sweep(Scope("shop"))


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_are_swept_as_they_are(catalog: Catalog, place: Place, name: str) -> None:
    make(place.pyiceberg(), ("odd", name))

    assert TableName(("odd",), name) in catalog.sweep(Scope("shop")).pointers


def test_nested_namespaces_are_swept(catalog: Catalog, place: Place) -> None:
    place.pyiceberg().create_namespace(("europe", "sales"))
    make(place.pyiceberg(), ("europe", "sales", "orders"))

    found = catalog.sweep(Scope("shop"))

    assert TableName(("europe", "sales"), "orders") in found.pointers
    assert ("europe", "sales") in found.databases


def test_the_pointer_of_a_table_is_told(catalog: Catalog, place: Place) -> None:
    assert pointer(place, "sales.orders") == catalog.pointer(ORDERS)


@pytest.mark.parametrize("table", [TableName(("sales",), "none"), TableName(("nowhere",), "orders")])
def test_a_table_that_is_not_there_has_no_pointer(catalog: Catalog, table: TableName) -> None:
    assert catalog.pointer(table) is None


def test_a_table_is_registered(catalog: Catalog, place: Place) -> None:
    catalog.register(COPY, pointer(place, "sales.orders"))

    assert pointer(place, "sales.orders") == catalog.pointer(COPY)


def test_a_taken_name_is_not_registered_again(catalog: Catalog, place: Place) -> None:
    before = pointer(place, "sales.orders")

    with pytest.raises(Conflict):
        catalog.register(ORDERS, pointer(place, "ops.log"))

    assert before == catalog.pointer(ORDERS)


def test_a_table_of_a_missing_database_is_not_registered(catalog: Catalog, place: Place) -> None:
    with pytest.raises(NotFound):
        catalog.register(TableName(("nowhere",), "orders"), pointer(place, "sales.orders"))


def test_a_table_is_replaced(catalog: Catalog, place: Place) -> None:
    catalog.replace(ORDERS, pointer(place, "sales.orders"), pointer(place, "ops.log"))

    assert pointer(place, "ops.log") == catalog.pointer(ORDERS)


def test_a_replaced_table_leaves_no_second_name(catalog: Catalog, place: Place) -> None:
    catalog.replace(ORDERS, pointer(place, "sales.orders"), pointer(place, "ops.log"))

    assert 2 == len(catalog.sweep(Scope("shop")).pointers)


def test_a_table_that_moved_meanwhile_is_not_replaced(catalog: Catalog, place: Place) -> None:
    expected = pointer(place, "sales.orders")
    append(place.pyiceberg().load_table("sales.orders"), 10, 1)
    moved = pointer(place, "sales.orders")

    with pytest.raises(Conflict):
        catalog.replace(ORDERS, expected, pointer(place, "ops.log"))

    assert moved == catalog.pointer(ORDERS)


def test_a_table_dropped_meanwhile_is_not_replaced(catalog: Catalog, place: Place) -> None:
    expected = pointer(place, "sales.orders")
    place.pyiceberg().drop_table("sales.orders")

    with pytest.raises(Conflict):
        catalog.replace(ORDERS, expected, pointer(place, "ops.log"))


def test_a_database_is_made_with_its_properties(catalog: Catalog) -> None:
    catalog.create_database(("new",), {"owner": "me"})

    assert "me" == catalog.sweep(Scope("shop")).databases[("new",)]["owner"]


def test_a_database_without_properties_is_made(catalog: Catalog) -> None:
    catalog.create_database(("new",), {})

    assert ("new",) in catalog.sweep(Scope("shop")).databases


def test_a_database_that_is_there_stays_as_it_is(catalog: Catalog) -> None:
    catalog.create_database(("empty",), {"owner": "somebody"})

    assert "nobody" == catalog.sweep(Scope("shop")).databases[("empty",)]["owner"]


def test_a_new_table_goes_below_the_warehouse(catalog: Catalog, place: Place) -> None:
    assert f"file://{place.warehouse}/sales/copy" == catalog.default_location(COPY)


def test_a_new_table_goes_to_the_place_of_its_database(catalog: Catalog, place: Place) -> None:
    place.pyiceberg().create_namespace("own", {"location": "file:///own/place/"})

    assert "file:///own/place/copy" == catalog.default_location(TableName(("own",), "copy"))
