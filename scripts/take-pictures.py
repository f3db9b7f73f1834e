"""Take the pictures of docs/images from a real browser: the demo's catalog in ``dagster dev``, on 127.0.0.1.

Needs Chromium (scripts/install-services.sh). Starts what it needs in a folder of its own and stops it in the end.
``scripts/take-pictures.py backfill`` takes that one alone.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Page  # noqa: E402

from bcn_core.names import pit_id  # noqa: E402
from tests.services.chromium import running_browser  # noqa: E402
from tests.services.own_project import OwnProject  # noqa: E402
from tests.services.user_interface import UserInterface, running_interface  # noqa: E402

Pictures = Mapping[str, Callable[[UserInterface, Page], None]]
Running = Callable[[Path], AbstractContextManager[UserInterface]]
IMAGES = ROOT / "docs/images"
LARGEST = 400_000


def main() -> None:
    """Take them all, or those that are named."""
    names = sys.argv[1:] or [*OF_THE_DEMO, *OF_A_PROJECT]
    with running_browser() as browser:
        page = browser.new_page()
        for pictures, running in ((OF_THE_DEMO, running_demo), (OF_A_PROJECT, running_project)):
            wanted = [name for name in names if name in pictures]
            if wanted:
                take(page, {name: pictures[name] for name in wanted}, running)


def take(page: Page, pictures: Pictures, running: Running) -> None:
    """Take pictures of one user interface."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as interface:
        for name, show in pictures.items():
            show(interface, page)
            save(page, name)


@contextmanager
def running_demo(folder: Path) -> Iterator[UserInterface]:
    """The demo after all of its story."""
    subprocess.run([sys.executable, "-m", "bcn_dagster.demo"], cwd=folder, env=environment(), check=True)
    with running_interface(folder / ".demo") as interface:
        yield interface


@contextmanager
def running_project(folder: Path) -> Iterator[UserInterface]:
    """A project of a user's own, with a standby of the demo's source."""
    prepare = [sys.executable, "-m", "bcn_dagster.demo", "--prepare"]
    subprocess.run(prepare, cwd=folder, env=environment(), check=True)
    project = OwnProject.beside(folder / ".demo")
    project.replicate()
    with running_interface(project.demo, project.workspace, "analytics", project.python_path) as interface:
        yield interface


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


def standby(interface: UserInterface, page: Page) -> None:
    """A table of a standby after its sensor has asked for a sync."""
    page.set_viewport_size({"width": 1280, "height": 900})
    interface.switch_on(page, "dr_sync")
    interface.wait_for_run("dr_sync")
    interface.open(page, "/assets/dr/sales/orders", wait_for="bcn/versions_behind")


def save(page: Page, name: str) -> None:
    """Write one picture, and say how large it is."""
    page.wait_for_timeout(4_000)
    path = IMAGES / f"{name}.png"
    page.screenshot(path=path)
    size = path.stat().st_size
    print(f"{path.relative_to(ROOT)}: {size:,} bytes")
    if size > LARGEST:
        sys.exit(f"{name} is larger than {LARGEST:,} bytes")


OF_THE_DEMO: Pictures = {
    "asset-graph": asset_graph,
    "pits-of-a-table": pits_of_a_table,
    "check-of-a-pit": check_of_a_pit,
    "launchpad": launchpad,
    "backfill": backfill,
}
OF_A_PROJECT: Pictures = {"standby": standby}

if __name__ == "__main__":
    main()
