"""What the tests of requirement 2 stand on: a small lab for each, and a command line with a catalog.

Each of its test names exists here (group 7, which needs servers, in tests/services); ``names.txt`` is the list.
"""

from pathlib import Path

import pytest

from tests.builders.command_line import ROWS, CommandLine
from tests.e2e.cli.conftest import backed_up, drifted, empty, lake, two_pits
from tests.warehouse.runs import Lab
from tests.warehouse.source import Place, append, make

__all__ = ["ROWS", "CommandLine", "backed_up", "drifted", "empty", "lake", "two_pits"]


@pytest.fixture
def source(tmp_path: Path) -> Place:
    """The tables ``sales.orders``, ``sales.items`` and ``ops.audit``, with four rows each."""
    place = Place(tmp_path / "source")
    catalog = place.pyiceberg()
    for number, name in enumerate(("sales.orders", "sales.items", "ops.audit")):
        append(make(catalog, name), number * 100)
    return place


@pytest.fixture
def catalog_lab(source: Place) -> Lab:
    """A repository of the whole catalog, without a PIT."""
    return Lab.of(source)
