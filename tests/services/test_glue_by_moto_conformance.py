"""The contract of catalogs on Glue as moto imitates it: no real Glue runs outside of AWS."""

from pathlib import Path

import pytest

from bcn_core.catalogs.catalog import Catalog
from bcn_core.catalogs.opening import open_catalog
from bcn_core.errors import Conflict, InvalidRequest
from bcn_core.names import Scope, TableName
from bcn_core.settings import Settings
from bcn_core.storage.opening import open_stores
from tests.conformance import test_catalogs as contract
from tests.conformance.test_catalogs import *  # noqa: F403
from tests.services.catalog_seeds import seeded
from tests.services.catalog_servers import ServedPlace
from tests.services.object_servers import ObjectServer
from tests.warehouse.source import append, make

# Glue knows one level, lower case and few signs; what it does instead is tested below.
del test_odd_names_are_swept_as_they_are, test_nested_namespaces_are_swept  # noqa: F821


@pytest.fixture
def place(glue_by_moto: dict[str, str], tmp_path: Path) -> ServedPlace:
    return seeded(ServedPlace(tmp_path / "source", served=glue_by_moto))


@pytest.fixture
def catalog(place: ServedPlace) -> Catalog:
    return place.bcn()


def test_a_nested_namespace_is_refused(catalog: Catalog) -> None:
    with pytest.raises(InvalidRequest, match="Glue knows one"):
        catalog.spelled(TableName(("europe", "sales"), "orders"))


def test_a_database_of_another_place_gets_none_of_its_own(catalog: Catalog) -> None:
    catalog.create_database(("moved",), {"location": "s3://source/moved", "owner": "me"})

    assert {"owner": "me"} == dict(catalog.sweep(Scope("shop", "moved")).databases[("moved",)])


def test_a_sweep_of_more_tables_than_a_page_is_whole(catalog: Catalog, place: ServedPlace) -> None:
    for number in range(105):
        make(place.pyiceberg(), f"many.t{number:03}")

    assert 105 == len(catalog.sweep(Scope("shop", "many")).pointers)


def test_a_commit_of_somebody_else_is_told(catalog: Catalog, place: ServedPlace) -> None:
    before, other = catalog.pointer(contract.ORDERS), contract.pointer(place, "ops.log")
    assert before is not None
    append(place.pyiceberg().load_table("sales.orders"), 10, 1)

    with pytest.raises(Conflict):
        catalog.replace(contract.ORDERS, before, other)


def test_a_table_in_a_store_is_registered_by_what_storage_says_of_the_warehouse(
    glue_by_moto: dict[str, str], place: ServedPlace, s3: ObjectServer
) -> None:
    catalogs = {"shop": {**glue_by_moto, "warehouse": "s3://lake"}}
    settings = Settings(catalogs=catalogs, storage={"s3://lake": s3.properties})
    stores, metadata = open_stores(settings), contract.pointer(place, "sales.orders")
    stores.at("s3://lake/registered").put_new("v1.metadata.json", [stores.read(metadata)])

    catalog = open_catalog("shop", settings.catalog_properties("shop"))
    catalog.register(contract.COPY, "s3://lake/registered/v1.metadata.json")

    assert "s3://lake/registered/v1.metadata.json" == catalog.pointer(contract.COPY)
