"""A code location whose source has three tables in two databases, and one that has a first PIT of them."""

from pathlib import Path

import pytest

from tests.builders.dagster_location import Location
from tests.warehouse.source import append, make


@pytest.fixture
def location(tmp_path: Path) -> Location:
    found = Location(tmp_path)
    for number, name in enumerate(("sales.orders", "sales.items", "ops.audit")):
        append(make(found.catalog, name), number * 10)
    return found


@pytest.fixture
def backed_up(location: Location) -> Location:
    assert location.back_up().is_green
    return location
