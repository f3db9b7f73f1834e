"""A run whose steps are processes of their own: they share the repository and nothing else."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from bcn_dagster.definitions import defs
from tests.builders.dagster_location import PARTITIONS, Location, backup_job, key

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
        asyncio.run(location.component.refresh_state(ROOT))
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

    assert {"shop_tables_0", "shop_tables_1", "shop_tables_2"} <= steps
    assert [pit] == location.repository.pits()
    assert 3 == location.newest.counts.captured
