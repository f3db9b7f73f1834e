"""The contract of catalogs (tests/conformance/test_catalogs.py) on Iceberg's REST reference server."""

from pathlib import Path

import pytest

from bcn_core.catalogs.catalog import Catalog
from bcn_core.names import TableName
from tests.conformance.test_catalogs import *  # noqa: F403
from tests.services.catalog_seeds import seeded
from tests.services.catalog_servers import ServedPlace

# The server says where tables go.
del test_a_new_table_goes_below_the_warehouse  # noqa: F821


@pytest.fixture
def place(rest: dict[str, str], tmp_path: Path) -> ServedPlace:
    return seeded(ServedPlace(tmp_path / "source", served=rest))


@pytest.fixture
def catalog(place: ServedPlace) -> Catalog:
    return place.bcn()


def test_a_new_table_goes_below_the_warehouse_of_the_server(catalog: Catalog) -> None:
    place = catalog.default_location(TableName(("ops",), "copy"))

    assert place is not None
    assert place.endswith("/rest/ops/copy")
