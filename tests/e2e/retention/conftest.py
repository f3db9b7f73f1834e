"""A repository in which time passes as a test wants it."""

from pathlib import Path

import pytest

from tests.warehouse.source import append, make
from tests.warehouse.years import Years


@pytest.fixture
def years(tmp_path: Path) -> Years:
    """A source with one table, no PIT yet."""
    found = Years.of(tmp_path)
    append(make(found.lab.source.pyiceberg(), "sales.orders"), 0)
    return found


@pytest.fixture
def grown(years: Years) -> Years:
    """Three PITs, an hour apart; the table grew before each of them."""
    table = years.lab.source.pyiceberg().load_table("sales.orders")
    for start in (10, 20, 30):
        append(table, start)
        years.take(hours=1)
    return years
