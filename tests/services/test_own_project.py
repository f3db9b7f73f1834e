"""A project of a user's own, under a real daemon and in a real browser: backfills in a single run, and a standby."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import dagster as dg
import pytest
from playwright.sync_api import Browser, Page
from pyiceberg.catalog import Catalog, load_catalog

from bcn_core.names import pit_id
from bcn_core.repository.repository import Repository
from bcn_core.storage.opening import Stores
from bcn_dagster.demo.place import Place as DemoPlace
from bcn_dagster.naming import Names
from tests.services.own_project import OwnProject
from tests.services.user_interface import ROOT, UserInterface, running_interface

NAMES = Names("shop")
ORDERS = dg.AssetKey(["shop", "sales", "orders"])


@dataclass(frozen=True, slots=True)
class Grown:
    """A project whose source went on after the first PIT: instants, and how many orders there were at each."""

    project: OwnProject
    rows: dict[str, int]

    @property
    def pits(self) -> list[str]:
        return list(self.rows)

    @property
    def repository(self) -> Repository:
        return Repository.open(Stores().at(str(self.project.demo / "repository")))

    def source(self) -> Catalog:
        place = DemoPlace(self.project.demo)
        return load_catalog("shop", **place.catalog_properties(place.source))


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Grown:
    folder = tmp_path_factory.mktemp("project")
    prepare = [sys.executable, "-m", "bcn_dagster.demo", "--prepare"]
    subprocess.run(prepare, cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=True)
    found = Grown(OwnProject.beside(folder / ".demo"), {})
    orders = found.source().load_table("sales.orders")
    for number in range(3):
        orders.delete(f"order_id > {5_000 - 1_000 * number}")
        found.rows[pit_id(datetime.now(UTC))] = orders.scan().to_arrow().num_rows
    found.project.back_up()
    found.project.replicate()
    return found


@pytest.fixture(scope="module")
def interface(grown: Grown) -> Iterator[UserInterface]:
    project = grown.project
    with running_interface(project.demo, project.workspace, "analytics", project.python_path) as found:
        yield found


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    found = browser.new_page(viewport={"width": 1600, "height": 1400})
    yield found
    found.close()


@pytest.fixture(scope="module")
def worked(grown: Grown, interface: UserInterface, page: Page) -> Grown:
    """By clicks the standby's sensor is on, and a backfill over the three instants is started; the daemon did both."""
    interface.switch_on(page, "dr_sync")
    interface.add_pits(*grown.pits)
    interface.choose_pits(page)
    assert "COMPLETED_SUCCESS" == interface.launch_backfill_and_wait(page)
    return grown


def test_one_run_of_the_daemon_takes_every_pit_of_the_range_as_it_was_then(worked: Grown) -> None:
    repository = worked.repository
    held = {pit: repository.tables(repository.pit(pit)) for pit in worked.pits}

    with worked.project.instance() as instance:
        runs = [one for one in instance.get_runs() if "dagster/backfill" in one.tags]
    assert 1 == len(runs)
    assert worked.rows == {
        pit: next(entry.rows for table, entry in tables.items() if str(table) == "sales.orders")
        for pit, tables in held.items()
    }


def test_every_pit_has_its_materialization_with_its_own_rows(worked: Grown) -> None:
    with worked.project.instance() as instance:
        records = instance.fetch_materializations(ORDERS, limit=10).records
    told = {one.partition_key: one.asset_materialization for one in records}

    assert worked.rows == {
        pit: told[pit].metadata["dagster/row_count"].value  # type: ignore[union-attr]
        for pit in worked.pits
    }


def test_every_pit_has_each_of_its_checks(worked: Grown) -> None:
    names = ("pit_complete", "no_unwanted_change", "row_counts", "verify_quick")
    with worked.project.instance() as instance:
        found = {
            (name, one.partition, one.event.dagster_event.asset_check_evaluation_data.passed)  # type: ignore[union-attr]
            for name in names
            for one in instance.event_log_storage.get_asset_check_execution_history(
                NAMES.check_of(name), limit=10
            )
        }

    assert {(name, pit, True) for name in names for pit in worked.pits} <= found


def test_the_page_of_a_table_shows_every_pit_as_materialized(
    worked: Grown, interface: UserInterface, page: Page
) -> None:
    assert set(worked.pits) <= set(interface.open_pits(page, "sales/orders"))

    page.get_by_text(worked.pits[1]).locator("visible=true").last.click()
    page.get_by_text("bcn/snapshot_id").wait_for()

    assert page.get_by_text("ACTIVE", exact=True).count()


def test_the_pages_of_the_run_tell_how_far_it_came(
    worked: Grown, interface: UserInterface, page: Page
) -> None:
    with worked.project.instance() as instance:
        [run] = [one for one in instance.get_runs() if "dagster/backfill" in one.tags]

    interface.open(page, f"/runs/{run.run_id}?logFileKey=&logs=is%20published", wait_for="1 of 3 of this run")

    assert page.get_by_text("2 of 3 of this run").count()


def test_a_standby_follows_when_its_sensor_is_switched_on_by_a_click(
    worked: Grown, interface: UserInterface, page: Page
) -> None:
    interface.wait_for_run("dr_sync")

    interface.open(page, "/assets/dr/sales/orders", wait_for="bcn/versions_behind")
    standby = load_catalog("standby", type="sql", uri=f"sqlite:///{worked.project.standby / 'catalog.db'}")
    rows = [one.load_table("sales.orders").scan().to_arrow().num_rows for one in (worked.source(), standby)]
    assert rows[0] == rows[1] > 0
