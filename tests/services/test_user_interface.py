"""Dagster's pages on the demo's catalog, seen by a real browser."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

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
