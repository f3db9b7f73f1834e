"""Take the pictures of docs/images from a real browser: the demo's catalog in ``dagster dev``, on 127.0.0.1.

Needs Chromium (scripts/install-services.sh). Starts what it needs in a folder of its own and stops it in the end.
``scripts/take-pictures.py backfill`` takes that one alone.
"""

import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Page  # noqa: E402

from bcn_core.names import pit_id  # noqa: E402
from tests.services.chromium import running_browser  # noqa: E402
from tests.services.user_interface import UserInterface, running_interface  # noqa: E402

IMAGES = ROOT / "docs/images"
LARGEST = 400_000


def main() -> None:
    """Take them all, or those that are named."""
    wanted = {name: PICTURES[name] for name in sys.argv[1:] or PICTURES}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "bcn_dagster.demo"], cwd=folder, env=environment(), check=True)
        with running_interface(Path(folder) / ".demo") as interface, running_browser() as browser:
            page = browser.new_page()
            for name, take in wanted.items():
                take(interface, page)
                save(page, name)


def environment() -> dict[str, str]:
    """The demo finds this project, wherever it is run."""
    return os.environ | {"PYTHONPATH": str(ROOT)}


def asset_graph(interface: UserInterface, page: Page) -> None:
    """All assets, every group opened, small enough to be seen at once."""
    page.set_viewport_size({"width": 1280, "height": 1180})
    interface.open_asset_graph(page)
    page.get_by_text("Hide navigation").click()
    page.reload()
    page.get_by_text("page_views").locator("visible=true").first.wait_for()
    page.wait_for_timeout(3_000)
    for _ in range(3):
        page.get_by_label("zoom_out").first.click()


def pits_of_a_table(interface: UserInterface, page: Page) -> None:
    """One table: its PITs, and what the newest one says of it."""
    page.set_viewport_size({"width": 1280, "height": 900})
    newest = interface.open_pits(page, "sales/orders")[-1]
    page.get_by_text(newest).locator("visible=true").last.click()


def launchpad(interface: UserInterface, page: Page) -> None:
    """The restore job, its options with help."""
    page.set_viewport_size({"width": 1440, "height": 810})
    interface.open_restore(page)
    page.mouse.move(900, 560)


def check_of_a_pit(interface: UserInterface, page: Page) -> None:
    """The check that a PIT is complete: its result, and what failed over time."""
    page.set_viewport_size({"width": 1280, "height": 810})
    interface.open(page, "/assets/shop/pit?view=checks", wait_for="Passed")


def backfill(interface: UserInterface, page: Page) -> None:
    """The dialog that starts a backfill of PITs."""
    page.set_viewport_size({"width": 1280, "height": 810})
    now = datetime.now(UTC)
    interface.add_pits(pit_id(now), pit_id(now + timedelta(milliseconds=5)))
    interface.choose_pits(page)


def save(page: Page, name: str) -> None:
    """Write one picture, and say how large it is."""
    page.wait_for_timeout(4_000)
    path = IMAGES / f"{name}.png"
    page.screenshot(path=path)
    size = path.stat().st_size
    print(f"{path.relative_to(ROOT)}: {size:,} bytes")
    if size > LARGEST:
        sys.exit(f"{name} is larger than {LARGEST:,} bytes")


PICTURES = {
    "asset-graph": asset_graph,
    "pits-of-a-table": pits_of_a_table,
    "check-of-a-pit": check_of_a_pit,
    "launchpad": launchpad,
    "backfill": backfill,
}

if __name__ == "__main__":
    main()
