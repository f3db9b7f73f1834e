"""The contract of catalogs (tests/conformance/test_catalogs.py) for the SQL catalog on a real PostgreSQL."""

from pathlib import Path

import pytest

from bcn_core.catalogs.catalog import Catalog
from tests.conformance.test_catalogs import *  # noqa: F403
from tests.services.catalog_seeds import seeded
from tests.services.catalog_servers import ServedPlace


@pytest.fixture
def place(postgres_uri: str, tmp_path: Path) -> ServedPlace:
    return seeded(ServedPlace(tmp_path / "source", served={"type": "sql", "uri": postgres_uri}))


@pytest.fixture
def catalog(place: ServedPlace) -> Catalog:
    return place.bcn()
