"""A very large table's files are copied by several steps ahead of its own."""

from pathlib import Path
from typing import cast

import dagster as dg
import pytest

from bcn_dagster.naming import Names
from tests.builders.dagster_location import PIT, PLAN, Location, Run, key
from tests.warehouse.source import append, make

ORDERS = key("sales.orders")
PARTS = [Names("shop").step(f"part_{number}_of_table_sales__orders") for number in range(3)]


@pytest.fixture
def location(tmp_path: Path) -> Location:
    """Six files of orders, of which a step copies two; returns has one file."""
    found = Location(tmp_path, {"files_per_step": 2, "executor": "project"})
    orders = make(found.catalog, "sales.orders")
    for number in range(6):
        append(orders, number * 10)
    append(make(found.catalog, "sales.returns"), 0)
    return found


def copied(run: Run) -> list[int]:
    """How many files each of the steps copied."""
    return [run.metadata[part.path[-1]]["bcn/files_new"] for part in PARTS]


def test_the_steps_of_a_very_large_table_copy_all_its_data_files_between_them(location: Location) -> None:
    run = location.back_up()

    assert run.is_green
    assert 6 == sum(copied(run))
    assert {"orders": "ACTIVE", "returns": "ACTIVE", "pit": "complete"} == run.statuses


def test_a_table_with_few_files_has_no_such_steps(location: Location) -> None:
    parts = [one for one in location.definitions.resolve_all_asset_keys() if "part" in one.path[-1]]

    assert sorted(PARTS) == sorted(parts)


def test_in_one_process_one_step_copies_all(location: Location) -> None:
    location.fields["executor"] = "in_process"

    assert not set(PARTS) & set(location.definitions.resolve_all_asset_keys())


def test_the_drift_sensor_asks_for_the_parts_of_what_changed(location: Location) -> None:
    location.back_up()
    append(location.catalog.load_table("sales.orders"), 100)

    [request] = cast(dg.SensorResult, location.tick("drift")).run_requests or ()
    run = location.run_request(request)

    assert set(PARTS) < set(request.asset_selection or ())
    assert 1 == sum(copied(run))


def test_a_run_without_those_steps_copies_all_the_same(location: Location) -> None:
    step = Names("shop").step("table_sales__orders")

    run = location.back_up(PLAN, ORDERS, step, PIT)

    assert run.is_green
    assert "ACTIVE" == run.statuses["orders"]


def test_what_the_steps_cannot_copy_makes_the_table_fail_and_not_them(location: Location) -> None:
    for file in (location.place.warehouse / "sales/orders").rglob("*.parquet"):
        file.unlink()

    run = location.back_up()

    assert not run.is_green
    assert [0, 0, 0] == copied(run)
    assert "damaged at its source" in run.observed["orders"]["bcn/reason"]
    assert "ACTIVE" == run.statuses["returns"]
