"""Dagster's user interface on a demo's catalog: ``dagster dev`` on a free port of 127.0.0.1."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
from dagster._core.execution.backfill import BulkActionStatus
from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]
START_SECONDS = 240
_WORKSPACE = ROOT / "workspace.yaml"


@dataclass(frozen=True, slots=True)
class UserInterface:
    """A running web server."""

    url: str
    demo: Path
    location: str = "/locations/bcn"

    def open(self, page: Page, path: str, wait_for: str) -> None:
        """Show a page and wait until a text is on it."""
        page.goto(f"{self.url}{path}")
        page.get_by_text(wait_for).locator("visible=true").first.wait_for(timeout=120_000)

    def open_asset_graph(self, page: Page) -> None:
        """Show all assets, every group of them opened."""
        self.open(page, "/asset-groups", wait_for="shop_publish")
        page.wait_for_timeout(3_000)
        page.mouse.click(700, 200, button="right")
        page.get_by_role("menuitem", name="Expand all groups").click()
        page.get_by_text("page_views").locator("visible=true").first.wait_for(timeout=120_000)

    def open_pits(self, page: Page, table: str) -> list[str]:
        """Show a table's partitions; their names."""
        self.open(page, f"/assets/shop/{table}?view=partitions", wait_for="Partitions Selected")
        shown = page.get_by_text(re.compile(r"^\d{8}T\d{6}\.\d{3}Z$")).locator("visible=true")
        shown.first.wait_for(timeout=120_000)
        return list(dict.fromkeys(shown.all_inner_texts()))

    def add_pits(self, *pits: str) -> None:
        """Partitions that are not materialized yet, as a schedule or ``bcn`` elsewhere would add them."""
        with dg.DagsterInstance.from_config(str(self.demo / "dagster")) as instance:
            instance.add_dynamic_partitions("bcn/shop/pit", list(pits))

    def choose_pits(self, page: Page, which: str = "Missing") -> None:
        """The backup job's dialog; every PIT chosen that some asset lacks, or that the button says which is named."""
        self.open(page, f"{self.location}/jobs/shop_back_up", wait_for="Materialize all")
        page.get_by_role("button", name="Materialize all").first.click()
        page.get_by_role("button", name=which, exact=True).click()
        # Each asset's PITs are asked for one after another before there is a number.
        page.get_by_text(re.compile(r"^[1-9]\d* partitions?$")).wait_for(timeout=START_SECONDS * 1000)

    def launch_backfill_and_wait(self, page: Page) -> str:
        """Click on what launches the backfill, and let the daemon bring it to its end; how it ended."""
        page.get_by_role("button", name="Launch backfill").click()
        page.get_by_text("Created backfill").wait_for(timeout=120_000)
        until = time.monotonic() + START_SECONDS
        with dg.DagsterInstance.from_config(str(self.demo / "dagster")) as instance:
            [backfill] = instance.get_backfills(limit=1)
            while backfill.status == BulkActionStatus.REQUESTED and time.monotonic() < until:
                time.sleep(1)
                [backfill] = instance.get_backfills(limit=1)
        return backfill.status.value

    def switch_on(self, page: Page, sensor: str) -> None:
        """Click on a sensor's switch."""
        self.open(page, f"{self.location}/sensors/{sensor}", wait_for="Sensor has never run")
        page.locator("label:has(input[type=checkbox])").first.click()
        page.locator("input[type=checkbox]:checked").first.wait_for(state="attached", timeout=120_000)

    def wait_for_run(self, job: str) -> None:
        """Wait until a run of a job has ended well."""
        done = dg.RunsFilter(job_name=job, statuses=[dg.DagsterRunStatus.SUCCESS])
        until = time.monotonic() + START_SECONDS
        with dg.DagsterInstance.from_config(str(self.demo / "dagster")) as instance:
            while not instance.get_runs(done) and time.monotonic() < until:
                time.sleep(1)

    def type_config(self, page: Page, config: str) -> None:
        """The launchpad of the restore job, its config replaced by another one that it accepts."""
        self.open_restore(page)
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(config)
        page.get_by_text("No errors").wait_for(timeout=120_000)

    def launch_and_wait(self, page: Page) -> None:
        """Click on what launches the run, and see it end well."""
        page.get_by_role("button", name="Launch run").click()
        page.get_by_text("Success", exact=True).locator("visible=true").first.wait_for(timeout=180_000)

    def open_restore(self, page: Page) -> None:
        """Show the launchpad of the restore job, the help of its options beside them."""
        self.open(page, f"{self.location}/jobs/shop_restore/playground", wait_for="dry_run")
        page.get_by_text("dry_run").first.click()
        page.keyboard.press("End")


@contextmanager
def running_interface(
    demo: Path, workspace: Path = _WORKSPACE, location: str = "bcn", python_path: str = str(ROOT)
) -> Iterator[UserInterface]:
    """``dagster dev`` on a demo, with its daemon and code server; all of it is stopped in the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with (demo / "dagster-dev.log").open("wb") as log:
        server = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "dagster",
                "dev",
                "-w",
                str(workspace),
                "-h",
                "127.0.0.1",
                "-p",
                str(port),
            ],
            cwd=demo.parent,
            env=_environment(demo) | {"BCN_WEBSERVER": url, "PYTHONPATH": python_path},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _wait(server, url, demo / "dagster-dev.log")
        yield UserInterface(url, demo, f"/locations/{location}")
    finally:
        _stop(server)


def _environment(demo: Path) -> dict[str, str]:
    foreign = ("BCN_", "DAGSTER_", "PYICEBERG_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    named = {
        "DAGSTER_HOME": str(demo / "dagster"),
        "BCN_CONFIG": str(demo / "bcn.toml"),
    }
    return kept | named


def _wait(server: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if server.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"{url}/server_info", timeout=5).close()
        except OSError:
            time.sleep(0.5)
        else:
            return
    message = f"dagster dev does not answer at {url}:\n{log.read_text()[-4000:]}"
    raise RuntimeError(message)


def _stop(server: "subprocess.Popen[bytes]") -> None:
    """The whole session: dagster dev starts a web server, a daemon and code servers of its own.

    Their instance is thrown away, so nobody waits for the daemon to end its rounds.
    """
    os.killpg(server.pid, signal.SIGINT)
    try:
        server.wait(timeout=5)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
