"""A repository of the shop whose inventory lies in a folder beside it."""

from pathlib import Path

import pytest

from tests.warehouse.inventories import Described
from tests.warehouse.source import append, make


@pytest.fixture
def described(tmp_path: Path) -> Described:
    """Two tables; a PIT before and a PIT after one of them changed and lost a file."""
    found = Described.of(tmp_path)
    catalog = found.lab.source.pyiceberg()
    append(make(catalog, "sales.orders", partition_spec=found.by_city), 0)
    append(make(catalog, "ops.log"), 50)
    found.take()
    orders = catalog.load_table("sales.orders")
    append(orders, 10)
    orders.delete("id < 4")
    found.take()
    return found
