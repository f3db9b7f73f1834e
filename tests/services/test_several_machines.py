"""One PIT made by Celery workers on separate hosts, which share the repository and nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from bcn_core.names import pit_id
from tests.services.fleet import Fleet, running_fleet, running_workers
from tests.services.fleet_lake import TABLES


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with running_fleet(tmp_path_factory.mktemp("fleet")) as found:
        found.make_lake()
        yield found


@dataclass(frozen=True, slots=True)
class Story:
    """A PIT that the fleet began, what another deployment's run met meanwhile, and the run that made the PIT."""

    pit: str
    refused: dict[str, Any]
    made: dict[str, Any]


@pytest.fixture(scope="module")
def story(fleet: Fleet) -> Story:
    pit = pit_id(datetime.now(UTC))
    assert fleet.back_up(fleet.hub, "alone", pit, "pit_plan")["success"]
    refused = fleet.back_up(fleet.stranger, "alone", pit_id(datetime.now(UTC)))
    with running_workers(fleet):
        return Story(pit, refused, fleet.back_up(fleet.hub, "celery", pit))


def test_steps_on_several_hosts_publish_one_pit(fleet: Fleet, story: Story) -> None:
    with fleet.hub.entered():
        pits = fleet.repository.pits()
        manifest = fleet.repository.pit(story.pit)

    assert story.made["success"]
    assert [story.pit] == pits
    assert ("complete", len(TABLES)) == (manifest.status, manifest.counts.captured)


def test_each_worker_host_ran_steps_and_the_hub_ran_none(story: Story) -> None:
    hosts = story.made["hosts"]

    assert {"worker-1", "worker-2"} == set(hosts.values())
    assert {f"shop_tables_{number}" for number in range(len(TABLES) - 1)} <= set(hosts)


def test_the_files_of_a_very_large_table_are_copied_by_several_steps(fleet: Fleet, story: Story) -> None:
    with fleet.hub.entered():
        lists = [found.key for found in fleet.repository.store.list("") if "/parts/" in found.key]

    assert {"0-of-2.parquet", "1-of-2.parquet"} == {key.rpartition("/")[2] for key in lists}
    assert {f"shop__captured_part_{number}_of_table_ops__events" for number in range(2)} <= set(
        story.made["hosts"]
    )


def test_another_deployment_is_refused_and_told_who_is_at_work(story: Story) -> None:
    [said] = story.refused["failures"]

    assert not story.refused["success"]
    assert "the repository is busy: dagster/shop (deployment " in said
    assert f"makes PIT {story.pit}" in said
