"""The jobs that look after a repository: verify, prune, hold, and compare."""

import json
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from tests.builders.dagster_location import Location
from tests.warehouse.source import append, make


def metadata(done: dg.ExecuteInProcessResult) -> dict[str, Any]:
    """The metadata of the output of a job's one step."""
    (event,) = [one for one in done.all_events if one.is_successful_output]
    return {name: value.value for name, value in event.step_output_data.metadata.items()}


def failure(done: dg.ExecuteInProcessResult) -> str:
    (event,) = [one for one in done.all_events if one.is_step_failure]
    assert event.step_failure_data.user_failure_data is not None
    return str(event.step_failure_data.user_failure_data.description)


@pytest.fixture
def twice(backed_up: Location) -> Location:
    """Two PITs: the second has more rows of a table, a new table, and lacks a dropped one."""
    append(backed_up.catalog.load_table("sales.orders"), 100)
    append(make(backed_up.catalog, "sales.returns"), 0)
    backed_up.catalog.drop_table("ops.audit")
    assert backed_up.back_up().is_green
    return backed_up


def test_a_prune_is_a_dry_run_unless_it_is_asked_for_more(twice: Location) -> None:
    before = twice.repository.pits()

    found = metadata(twice.run("prune", keep_last=1, grace_hours=0))

    assert (1, 1) == (found["bcn/keep"], found["bcn/remove"])
    assert f"| remove | {before[0]} |" in found["bcn/plan"]
    assert before == twice.repository.pits()


def test_a_prune_lets_go_of_what_no_rule_keeps(twice: Location) -> None:
    kept = twice.repository.pits()[-1]

    found = metadata(twice.run("prune", dry_run=False, keep_last=1, grace_hours=0))

    assert 1 == found["bcn/removed"]
    assert [kept] == twice.repository.pits()


def test_a_held_pit_is_kept_until_it_is_released(twice: Location) -> None:
    oldest = twice.repository.pits()[0]
    twice.run("hold", dry_run=False, pit=oldest, reason="audit of 2026")

    held = metadata(twice.run("prune", keep_last=1))
    twice.run("hold", dry_run=False, pit=oldest, action="release")
    free = metadata(twice.run("prune", keep_last=1))

    assert "audit of 2026" in held["bcn/plan"]
    assert (0, 1) == (held["bcn/remove"], free["bcn/remove"])


def test_a_pit_that_waits_is_called_back(twice: Location) -> None:
    oldest = twice.repository.pits()[0]
    twice.run("prune", dry_run=False, keep_last=1, grace_hours=24)

    done = twice.run("hold", dry_run=False, pit=oldest, action="undelete")

    assert "called back" in metadata(done)["bcn/said"]


def test_a_hold_without_a_reason_is_refused(backed_up: Location) -> None:
    assert "a hold needs a reason" in failure(backed_up.run("hold", dry_run=False, pit="latest"))


def test_a_hold_is_a_dry_run_unless_it_is_asked_for_more(backed_up: Location) -> None:
    done = backed_up.run("hold", pit="latest", reason="see what happens")

    assert "dry run" in metadata(done)["bcn/said"]
    assert not list((backed_up.folder / "repo").glob("holds/**/*.json"))


@pytest.mark.parametrize(("config", "level"), [({}, "quick"), ({"level": "part", "part": "1/1"}, "read all")])
def test_a_whole_repository_is_verified_as_people_ask(
    backed_up: Location, config: dict[str, str], level: str
) -> None:
    found = metadata(backed_up.run("verify", **config))

    assert (level, 0, 1) == (found["bcn/level"], found["bcn/faults"], found["bcn/whole_pits"])


def test_a_damaged_repository_makes_a_red_run(backed_up: Location) -> None:
    next((backed_up.folder / "repo").rglob("files/**/*.parquet")).unlink()

    assert "found 1 fault" in failure(backed_up.run("verify"))


def test_a_part_that_is_none_is_refused(backed_up: Location) -> None:
    assert "'8/7' is no slice" in failure(backed_up.run("verify", level="part", part="8/7"))


def test_some_tables_are_restored_for_a_trial(backed_up: Location) -> None:
    found = metadata(backed_up.run("verify", level="restore", tables=["sales.*"]))

    assert (2, 8) == (found["bcn/tables"], found["bcn/rows"])


def test_a_table_that_could_not_be_tried_makes_the_run_of_a_drill_red(location: Location) -> None:
    orders = location.catalog.load_table("sales.orders")
    pointer = Path(orders.metadata_location.removeprefix("file://"))
    keys = [{"key-id": "any", "encrypted-key-metadata": ""}]
    pointer.write_text(json.dumps(json.loads(pointer.read_text()) | {"encryption-keys": keys}))
    location.back_up()

    done = location.run("verify", level="restore")

    assert "1 table could not be tried" in failure(done)


def test_two_pits_are_compared_table_by_table(twice: Location) -> None:
    found = metadata(twice.run("compare_pits"))

    assert 3 == found["bcn/different"]
    assert "| sales.orders | data | +4 |" in found["bcn/differences"]
    assert "| sales.returns | new | +4 |" in found["bcn/differences"]
    assert "| ops.audit | gone | -4 |" in found["bcn/differences"]


def test_a_table_under_the_old_name_of_a_renamed_one_is_a_new_table(backed_up: Location) -> None:
    backed_up.catalog.rename_table("sales.orders", "sales.orders_2025")
    append(make(backed_up.catalog, "sales.orders"), 0)
    assert backed_up.back_up().is_green

    found = metadata(backed_up.run("compare_pits"))

    assert "| sales.orders | new | +4 |" in found["bcn/differences"]
    assert "| sales.orders_2025 | renamed from sales.orders |" in found["bcn/differences"]


def test_a_pit_that_does_not_exist_is_not_compared(backed_up: Location) -> None:
    assert "no PIT at or before" in failure(backed_up.run("compare_pits", before="1999-01-01"))
