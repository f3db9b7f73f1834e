"""A very large table comes back by several steps: parts of its files, then the table itself."""

import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from tests.builders.dagster_location import BACK, Location, restore_job
from tests.warehouse.readers import rows
from tests.warehouse.source import append, make


@pytest.fixture
def location(tmp_path: Path) -> Location:
    """Six large files of orders, of which a step copies four; returns has one file. Both are backed up."""
    found = Location(tmp_path, {"files_per_step": 16, "executor": "project"})
    orders = make(found.catalog, "sales.orders")
    for number in range(6):
        append(orders, number * 20_000, 20_000)
    append(make(found.catalog, "sales.returns"), 0)
    assert found.back_up().is_green
    found.back.folder.mkdir()
    return found


def steps(events: Sequence[dg.DagsterEvent], what: str) -> list[str]:
    return sorted(str(one.step_key) for one in events if one.is_step_success and what in str(one.step_key))


def metadata_of(done: dg.ExecuteInProcessResult, what: str) -> list[dict[str, Any]]:
    events = [one for one in done.all_events if one.is_successful_output and what in str(one.step_key)]
    return [{name: one.value for name, one in e.step_output_data.metadata.items()} for e in events]


def test_its_files_are_copied_by_steps_of_their_own_and_the_others_by_one(location: Location) -> None:
    done = location.restore(dry_run=False, target=BACK)

    assert done.success
    assert 2 == len(steps(done.all_events, "restore_part["))
    assert 1 == len(steps(done.all_events, "restore_large_table["))
    assert 1 == len(steps(done.all_events, "restore_table["))
    assert 6 == sum(one["bcn/files"] for one in metadata_of(done, "restore_part["))
    assert 2 == metadata_of(done, "restore_report")[0]["bcn/restored"]


def test_it_comes_back_as_it_was(location: Location) -> None:
    location.restore(dry_run=False, target=BACK)

    pointers = [
        one.load_table("sales.orders").metadata_location
        for one in (location.catalog, location.back.pyiceberg())
    ]
    assert rows(pointers[0]) == rows(pointers[1])


def test_a_dry_run_copies_nothing(location: Location) -> None:
    done = location.restore(target=BACK)

    assert [] == steps(done.all_events, "restore_part[")
    assert [] == list(location.back.folder.iterdir())


def test_a_part_that_cannot_be_copied_makes_the_table_fail_and_the_others_come_back(
    location: Location,
) -> None:
    lost = next(one for one in (location.folder / "repo").rglob("files/**/*.parquet") if "orders" in str(one))
    lost.write_bytes(b"x" * lost.stat().st_size)

    done = location.restore(dry_run=False, target=BACK)

    assert not done.success
    (failure,) = [one for one in done.all_events if one.is_step_failure]
    assert failure.step_failure_data.user_failure_data is not None
    assert "sales.orders" in str(failure.step_failure_data.user_failure_data.description)
    assert "returns" in {name for _, name in location.back.pyiceberg().list_tables("sales")}


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.instance_for_test() as found:
        yield found


def kill_a_part(instance: dg.DagsterInstance) -> None:
    """Kill the process of the first part as soon as it is at work."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        time.sleep(0.1)
        for run in instance.get_runs():
            for entry in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_START):
                event = entry.get_dagster_event()
                if "restore_part[" in str(event.step_key) and event.pid is not None:
                    os.kill(event.pid, signal.SIGKILL)
                    return


def test_a_worker_that_is_killed_has_its_part_copied_by_another(
    location: Location, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BCN_CONFIG", str(location.settings))
    config = {
        "dry_run": False,
        "target": BACK,
        "limit_bytes_per_second": 200_000,
        "tables": ["sales.orders"],
    }
    killer = threading.Thread(target=kill_a_part, args=[instance])
    killer.start()

    with dg.execute_job(
        dg.reconstructable(restore_job), instance, run_config=location.config("shop_restore", **config)
    ) as done:
        events = list(done.all_events)

    killer.join()
    retried = [str(one.step_key) for one in events if one.is_step_up_for_retry]
    assert done.success
    assert 1 == len(retried)
    assert set(retried) < set(steps(events, "restore_part["))
    assert rows(location.catalog.load_table("sales.orders").metadata_location) == rows(
        location.back.pyiceberg().load_table("sales.orders").metadata_location
    )
