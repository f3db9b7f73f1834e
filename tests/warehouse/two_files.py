"""Fixtures: a table of two data files with ten rows each, which each test changes by hand."""

from pathlib import Path

import pytest

from tests.warehouse.commits import HandMade
from tests.warehouse.runs import Lab, table
from tests.warehouse.source import Place, append, make


@pytest.fixture
def source(tmp_path: Path) -> Place:
    place = Place(tmp_path / "source")
    catalog = place.pyiceberg()
    made = make(catalog, "sales.orders", properties={"format-version": "2"})
    append(made, 0, 10)
    append(made, 10, 10)
    catalog.close()
    return place


@pytest.fixture
def orders(source: Place) -> HandMade:
    return HandMade(source, table("sales.orders"))


@pytest.fixture
def lab(source: Place) -> Lab:
    return Lab.of(source)
