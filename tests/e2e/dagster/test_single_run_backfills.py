"""Several PITs in one run: each whole, oldest first, and told in Dagster as runs of their own would tell them."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from bcn_core.backup import begin
from bcn_core.names import pit_id
from bcn_core.repository.pins import read_pin
from bcn_dagster.assets.share import owner
from bcn_dagster.automation.release import release_pit
from tests.builders.dagster_location import (
    PARTITIONS,
    PIT,
    PLAN,
    STEP,
    Location,
    Run,
    at_the_command_line,
    key,
)
from tests.warehouse.source import NAME, append, make

# How long a capture took is its own.
OWN = {"bcn/duration_s"}


@dataclass
class History:
    """A catalog in which ``sales.orders`` grew three times and ``sales.late`` came last; the PITs between."""

    location: Location
    pits: list[str]

    def backfill(self, *selected: dg.AssetKey) -> Run:
        return self.location.back_up_range(self.pits[0], self.pits[-1], *selected)


@pytest.fixture
def history(tmp_path: Path) -> History:
    location = Location(tmp_path, {"backfill": "single_run"})
    append(make(location.catalog, "sales.items"), 0)
    orders, pits = make(location.catalog, "sales.orders"), []
    for number in range(3):
        append(orders, number * 10)
        pits.append(pit_id(datetime.now(UTC)))
    append(make(location.catalog, "sales.late"), 0)
    assert location.back_up().is_green
    location.instance.add_dynamic_partitions(PARTITIONS, pits)
    return History(location, pits)


def by_pit(run: Run, asset: dg.AssetKey) -> dict[str | None, dict[str, Any]]:
    """What a run says of an asset, by PIT; the test fails when it says something twice."""
    found = [one for one in run.result.get_asset_materialization_events() if one.asset_key == asset]
    told = {one.partition: dict(one.materialization.metadata) for one in found}
    assert len(found) == len(told)
    return told


def rows(run: Run, table: str) -> dict[str | None, object]:
    return {pit: one["dagster/row_count"].value for pit, one in by_pit(run, key(table)).items()}


def test_one_run_makes_every_pit_of_its_range_as_it_was_then(history: History) -> None:
    run = history.backfill()

    assert run.is_green, run.failures
    assert history.pits == history.location.repository.pits()[:-1]
    assert dict(zip(history.pits, (4, 8, 12), strict=True)) == rows(run, "sales.orders")


def test_each_pit_stands_on_the_one_before(history: History) -> None:
    history.backfill()

    parents = [history.location.repository.pit(pit).parent_pit for pit in history.pits]
    assert [None, *history.pits[:-1]] == [one and one.pit for one in parents]


def test_the_run_says_of_each_pit_what_a_run_of_its_own_says(history: History, tmp_path: Path) -> None:
    assets = [PLAN, STEP, PIT, key("sales.orders"), key("sales.items")]
    location, run = history.location, history.backfill()

    location.fields["repository"] = str(tmp_path / "other")
    del location.definitions
    location.back_up()
    alone = {pit: location.back_up(pit=pit) for pit in history.pits}

    for asset in assets:
        assert {pit: without_own(by_pit(one, asset)[pit]) for pit, one in alone.items()} == {
            pit: without_own(told) for pit, told in by_pit(run, asset).items()
        }


def without_own(told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if name not in OWN}


def test_a_table_that_did_not_exist_yet_is_observed_in_each_pit(history: History) -> None:
    run = history.backfill()

    found = [
        one.asset_observation_data.asset_observation for one in run.result.get_asset_observation_events()
    ]
    assert [(pit, f"it did not exist at {pit}") for pit in history.pits] == sorted(
        (one.partition, one.description) for one in found if one.asset_key == key("sales.late")
    )
    assert {} == by_pit(run, key("sales.late"))


def test_a_table_that_came_within_the_range_is_materialized_from_then_on(history: History) -> None:
    location = history.location
    append(make(location.catalog, "sales.young"), 0)
    pit = location.add_pit()
    del location.definitions

    run = location.back_up_range(history.pits[-1], pit)

    assert run.is_green, run.failures
    assert {pit} == by_pit(run, key("sales.young")).keys()


def test_every_pit_of_the_run_has_its_checks(history: History) -> None:
    run = history.backfill()

    checks = [(one.partition, one.check_name) for one in run.result.get_asset_check_evaluations()]
    assert {
        (pit, name)
        for pit in history.pits
        for name in ("pit_complete", "no_unwanted_change", "row_counts", "verify_quick")
    } <= set(checks)


def test_a_repository_that_is_damaged_fails_the_check_of_every_pit_of_the_run(history: History) -> None:
    lost = next((history.location.folder / "repo").rglob("files/**/*.parquet"))
    lost.unlink()

    run = history.backfill()

    checks = [one for one in run.result.get_asset_check_evaluations() if one.check_name == "verify_quick"]
    assert not run.is_green
    assert [(pit, False) for pit in history.pits] == [(one.partition, one.passed) for one in checks]


def test_the_inventory_is_brought_up_to_date_once_in_the_end(history: History) -> None:
    location = history.location
    location.fields["inventory"] = True
    del location.definitions

    run = history.backfill()

    assert run.is_green, run.failures
    rows = {
        one["dagster/row_count"].value for one in by_pit(run, dg.AssetKey([NAME, "inventory_pits"])).values()
    }
    assert {len(history.pits) + 1} == rows


def test_a_run_of_one_table_makes_the_pits_of_that_table(history: History) -> None:
    run = history.backfill(key("sales.orders"))

    assert run.is_green, run.failures
    assert set(history.pits) == by_pit(run, key("sales.orders")).keys() == by_pit(run, PIT).keys()


def test_pits_that_exist_stay_and_the_plan_says_so(history: History) -> None:
    location, first = history.location, history.pits[0]
    location.back_up(pit=first)
    before = location.repository.pit_bytes(first)

    run = history.backfill()

    assert before == location.repository.pit_bytes(first)
    assert "the PIT exists already: nothing was done" == by_pit(run, PLAN)[first]["bcn/note"].value
    assert history.pits == location.repository.pits()[:-1]


def test_the_run_says_how_far_it_is_whenever_a_pit_is_published(history: History) -> None:
    run = history.backfill()

    said = [one.asset_observation_data.asset_observation for one in run.result.get_asset_observation_events()]
    assert [
        f"PIT {history.pits[0]} is published, 1 of 3 of this run",
        f"PIT {history.pits[1]} is published, 2 of 3 of this run",
    ] == [one.description for one in said if one.asset_key == PLAN]


def test_a_run_of_pits_that_all_exist_writes_nothing_and_says_so_of_each(history: History) -> None:
    history.backfill()
    pits = {pit: history.location.repository.pit_bytes(pit) for pit in history.location.repository.pits()}
    files = {one: one.stat().st_mtime_ns for one in (history.location.folder / "repo").rglob("files/**/*")}

    run = history.backfill()

    assert run.is_green, run.failures
    for asset in (PLAN, key("sales.orders")):
        said = {pit: one["bcn/note"].value for pit, one in by_pit(run, asset).items()}
        assert dict.fromkeys(history.pits, "the PIT exists already: nothing was done") == said
    assert pits == {pit: history.location.repository.pit_bytes(pit) for pit in pits}
    assert files == {
        one: one.stat().st_mtime_ns for one in (history.location.folder / "repo").rglob("files/**/*")
    }


def test_a_pit_that_fails_keeps_those_before_it_and_stops_those_after(history: History) -> None:
    location = history.location
    location.instance.add_dynamic_partitions(PARTITIONS, ["20991231T000000.000Z", "20991232T000000.000Z"])

    run = location.back_up_range(history.pits[0], "20991232T000000.000Z")

    assert not run.is_green
    assert history.pits == location.repository.pits()[: len(history.pits)]
    assert "lies in the future" in run.failures[0]


def test_another_writer_at_the_repository_fails_the_run_before_any_pit(history: History) -> None:
    location = history.location
    begin(at_the_command_line(location), pit_id(datetime.now(UTC)))

    run = history.backfill()

    assert any("bcn backup" in said for said in run.failures)
    assert [] == [pit for pit in history.pits if pit in location.repository.pits()]


def test_a_pin_is_kept_while_a_run_of_several_pits_is_at_work_on_one_between(history: History) -> None:
    location, pit = history.location, history.pits[1]
    site, instance = location.component.site(()), location.instance
    job = location.definitions.resolve_job_def(f"{NAME}_back_up")
    ends = {"start": history.pits[0], "end": history.pits[-1]}
    tags = {"bcn/writer": NAME} | {f"dagster/asset_partition_range_{end}": one for end, one in ends.items()}
    instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED, tags=tags)
    begin(replace(at_the_command_line(location), owner=owner(site, instance)), pit)

    release_pit(site, instance, pit)

    repository = location.repository
    assert owner(site, instance) == read_pin(repository.store, repository.layout.pin(pit)).owner


@pytest.mark.parametrize(("backfill", "runs"), [("multi_run", 1), ("single_run", None)])
def test_the_field_says_how_many_pits_a_run_of_a_backfill_has(
    tmp_path: Path, backfill: str, runs: int | None
) -> None:
    location = Location(tmp_path, {"backfill": backfill})
    make(location.catalog, "sales.orders")

    policy = location.definitions.resolve_job_def(f"{NAME}_back_up").backfill_policy

    assert runs == policy.max_partitions_per_run
