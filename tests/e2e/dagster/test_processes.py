"""A run whose steps are processes of their own: they share the repository and nothing else."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from bcn_dagster.components import IcebergCatalogBackups
from bcn_dagster.definitions import defs
from tests.builders.dagster_location import PARTITIONS, Location, backup_job, key
from tests.warehouse.source import append

ROOT = Path(__file__).parents[3]


def test_the_location_is_valid_for_dagster_itself(location: Location) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dagster", "definitions", "validate", "-m", "bcn_dagster.definitions"],
        cwd=ROOT,
        env={**os.environ, "BCN_CONFIG": str(location.settings)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Validation successful" in done.stdout + done.stderr


def test_an_instance_keeps_the_listing_for_every_process(
    location: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BCN_CONFIG", str(location.settings))
    with dg.instance_for_test():
        asyncio.run(IcebergCatalogBackups().refresh_state(ROOT))
        location.catalog.close()
        location.place.lose()

        found = {one.key for one in defs().resolve_all_asset_specs()}

    assert key("sales.orders") in found


def test_steps_in_processes_of_their_own_make_one_pit(
    location: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BCN_CONFIG", str(location.settings))
    pit = location.add_pit()
    with dg.instance_for_test() as instance:
        instance.add_dynamic_partitions(PARTITIONS, [pit])

        with dg.execute_job(
            dg.reconstructable(backup_job), instance, tags={"dagster/partition": pit}
        ) as done:
            steps = {one.step_key for one in done.all_events if one.is_step_success}
            processes = processes_of(instance, done.run_id)

    assert {"shop_tables_0", "shop_tables_1", "shop_tables_2"} <= steps
    assert [pit] == location.repository.pits()
    assert 3 == location.newest.counts.captured
    assert len(processes) >= len(steps)


def test_a_run_of_few_changes_is_carried_out_in_one_process(
    backed_up: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BCN_CONFIG", str(backed_up.settings))
    backed_up.fields |= {"executor": "multiprocess", "tables_per_step": 1}
    del backed_up.definitions
    append(backed_up.catalog.load_table("sales.orders"), 100)
    answer = backed_up.tick("drift")
    assert isinstance(answer, dg.SensorResult)
    [request] = answer.run_requests or ()

    with dg.instance_for_test() as instance:
        pit = str(request.partition_key)
        instance.add_dynamic_partitions(PARTITIONS, [pit])
        with dg.execute_job(
            dg.reconstructable(backup_job),
            instance,
            run_config=request.run_config,
            asset_selection=request.asset_selection,
            tags={**request.tags, "dagster/partition": pit},
        ) as done:
            processes = processes_of(instance, done.run_id)

    assert {os.getpid()} == processes
    assert 1 == backed_up.newest.counts.captured


def test_a_run_of_many_changes_keeps_its_processes(backed_up: Location) -> None:
    backed_up.fields |= {"executor": "multiprocess", "tables_per_step": 1}
    del backed_up.definitions
    for table in ("sales.orders", "ops.audit"):
        append(backed_up.catalog.load_table(table), 100)

    answer = backed_up.tick("drift")

    assert isinstance(answer, dg.SensorResult)
    assert [{}] == [one.run_config for one in answer.run_requests or ()]


def processes_of(instance: dg.DagsterInstance, run: str) -> set[int]:
    """The processes that said anything of a step in a run."""
    events = [one.dagster_event for one in instance.all_logs(run) if one.dagster_event is not None]
    return {one.pid for one in events if one.is_step_start and one.pid is not None}
