"""Dagster's pages on the demo's catalog, seen by a real browser."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page
from pyiceberg.catalog import load_catalog

from bcn_core.names import pit_id
from bcn_core.repository.repository import Repository
from bcn_core.storage.opening import Stores
from bcn_dagster.demo.place import Place as DemoPlace
from tests.services.user_interface import ROOT, UserInterface, running_interface


@pytest.fixture(scope="module")
def interface(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UserInterface]:
    """``dagster dev`` on what ``python -m bcn_dagster.demo --prepare`` made."""
    folder = tmp_path_factory.mktemp("interface")
    prepare = [sys.executable, "-m", "bcn_dagster.demo", "--prepare"]
    subprocess.run(prepare, cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=True)
    with running_interface(folder / ".demo") as found:
        yield found


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    found = browser.new_page(viewport={"width": 1600, "height": 1400})
    yield found
    found.close()


def test_the_assets_stand_in_groups_by_database(interface: UserInterface, page: Page) -> None:
    interface.open(page, "/asset-groups", wait_for="shop_publish")

    shown = page.inner_text("body").split()

    assert {"sales", "staging", "web", "shop_begin", "shop_publish"} <= set(shown)


def test_every_table_is_an_asset(interface: UserInterface, page: Page) -> None:
    interface.open_asset_graph(page)

    missing = [
        table
        for table in ("orders", "customers", "returns", "countries", "imports", "page_views", "sessions")
        if not page.get_by_text(table, exact=True).count()
    ]

    assert [] == missing


def test_a_table_shows_the_pit_that_was_taken(interface: UserInterface, page: Page) -> None:
    [pit] = interface.open_pits(page, "sales/orders")

    page.get_by_text(pit).locator("visible=true").last.click()
    page.get_by_text("bcn/snapshot_id").wait_for()

    assert page.get_by_text("ACTIVE", exact=True).count()


def test_the_launchpad_offers_a_restore_with_help_and_a_dry_run_first(
    interface: UserInterface, page: Page
) -> None:
    interface.open_restore(page)
    page.get_by_text("Only show the plan.").first.wait_for()

    shown = page.inner_text("body")

    assert "dry_run: true" in " ".join(shown.split())
    assert "/* Globs of tables to leave out. */" in " ".join(shown.split())


def test_the_check_of_a_pit_shows_its_result(interface: UserInterface, page: Page) -> None:
    interface.open(page, "/assets/shop/pit?view=checks", wait_for="pit_complete")

    page.get_by_text("pit_complete").locator("visible=true").first.click()
    page.get_by_text("Every table of the sweep is in the PIT").locator("visible=true").first.wait_for()
    page.get_by_text("Passed", exact=True).locator("visible=true").first.wait_for(timeout=120_000)

    assert page.get_by_text("Every table of the sweep is in the PIT as it was at that time.").count()


def test_a_backfill_that_is_started_by_clicks_takes_every_chosen_pit(
    interface: UserInterface, page: Page
) -> None:
    now = datetime.now(UTC)
    chosen = [pit_id(now), pit_id(now + timedelta(milliseconds=5))]
    interface.add_pits(*chosen)
    interface.choose_pits(page)

    ended = interface.launch_backfill_and_wait(page)

    repository = Repository.open(Stores().at(str(interface.demo / "repository")))
    assert "COMPLETED_SUCCESS" == ended
    assert chosen == repository.pits()[-2:]
    assert ["complete", "complete"] == [repository.pit(one).status for one in chosen]


def test_a_restore_that_is_launched_by_clicks_brings_a_table_back_beside_the_one_that_is_there(
    interface: UserInterface, page: Page
) -> None:
    target = "{other_names: {database: sales_back}}"
    options = {"dry_run": "false", "tables": "[sales.orders]", "target": target}
    lines = ["ops:", "  shop_plan_restore:", "    config:", *(f"      {k}: {v}" for k, v in options.items())]
    interface.type_config(page, "\n".join(lines))

    interface.launch_and_wait(page)

    source = load_catalog("shop", **DemoPlace(interface.demo).catalog_properties(interface.demo / "source"))
    rows = [source.load_table(f"{one}.orders").scan().to_arrow().num_rows for one in ("sales", "sales_back")]
    assert rows[0] == rows[1] > 0
