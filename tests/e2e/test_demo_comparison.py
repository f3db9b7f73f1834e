"""The demo's own judgement: what it must call different."""

from pathlib import Path

import pytest
from pyiceberg.catalog.sql import SqlCatalog

from bcn_dagster.demo import warehouse
from bcn_dagster.demo.comparing import Comparison, compare_all
from bcn_dagster.demo.place import Place
from bcn_dagster.demo.reading import SecondReader, read_all


@pytest.fixture
def place(tmp_path: Path) -> Place:
    found = Place(tmp_path)
    warehouse.create(found)
    return found


@pytest.fixture
def catalog(place: Place) -> SqlCatalog:
    return warehouse.open_source(place)


def compared(catalog: SqlCatalog, name: str, other: str | None = None) -> Comparison:
    before = {name: read_all(catalog)[name]}
    [found] = compare_all(before, catalog, {name: other or name}, SecondReader())
    return found


def test_a_table_is_the_same_as_itself(catalog: SqlCatalog) -> None:
    assert compared(catalog, "sales.orders").is_same


def test_other_values_in_as_many_rows_are_told_apart(catalog: SqlCatalog) -> None:
    rows = catalog.load_table("sales.returns").scan().to_arrow()
    other = rows.set_column(0, "id", [[number + 1 for number in range(rows.num_rows)]])
    catalog.create_table("sales.other", rows.schema).append(other.cast(rows.schema))

    found = compared(catalog, "sales.returns", "sales.other")

    assert found.before == found.after
    assert not found.is_same


def test_a_lost_tag_is_told(catalog: SqlCatalog) -> None:
    before = read_all(catalog)
    catalog.load_table("sales.orders").manage_snapshots().remove_tag("first-day").commit()

    [found] = compare_all(
        {"sales.orders": before["sales.orders"]}, catalog, {"sales.orders": "sales.orders"}, SecondReader()
    )

    assert not found.is_same
