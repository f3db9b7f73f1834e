"""The component in a Dagster project that is not BCN's, as docs/guides/use-in-your-dagster-project.md shows it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders.dagster_location import Location

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs/guides/use-in-your-dagster-project.md").read_text()

DEFINITIONS = """
from pathlib import Path

import dagster as dg


@dg.definitions
def defs() -> dg.Definitions:
    return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
"""
REPORT = """
import dagster as dg


@dg.asset(deps=[dg.AssetKey(["shop", "pit"])])
def morning_report() -> None:
    "An asset of the project's own, after the PIT."
"""
SETTINGS = """
[tool.dg]
directory_type = "project"

[tool.dg.project]
root_module = "analytics"
"""
ASK = """
from analytics.definitions import defs
found = defs()
print(sorted(key.to_user_string() for key in found.resolve_all_asset_keys()))
print(sorted(one.name for one in found.resolve_all_job_defs()))
print(sorted(one.name for one in found.sensors or ()))
"""


@pytest.fixture
def project(tmp_path: Path, location: Location) -> Path:
    """A project with an asset of its own, and the guide's defs.yaml for the location's catalog and repository."""
    [shown] = re.findall(r"```yaml\n(# defs/backups/defs\.yaml\n.*?)```", GUIDE, re.DOTALL)
    text = shown.replace("/etc/bcn/bcn.toml", str(location.settings))
    text = text.replace("/backups/shop", str(location.folder / "repo"))
    files = {
        "pyproject.toml": SETTINGS,
        "analytics/__init__.py": "",
        "analytics/definitions.py": DEFINITIONS,
        "analytics/defs/__init__.py": "",
        "analytics/defs/report.py": REPORT,
        "analytics/defs/backups/defs.yaml": text,
    }
    for name, content in files.items():
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return tmp_path / "project"


def python(project: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("BCN_", "DAGSTER_"))}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=project,
        env={**kept, "PYTHONPATH": f"{project}:{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_backups_stand_beside_the_projects_own_assets(project: Path) -> None:
    done = python(project, "-c", ASK)

    assert done.returncode == 0, done.stderr
    assets, jobs, sensors = done.stdout.splitlines()
    assert "'morning_report'" in assets
    assert "'shop/pit'" in assets
    assert "'shop_back_up'" in jobs
    assert "'shop_restore'" in jobs
    assert "'shop_drift'" in sensors


def test_dagster_takes_the_project_for_valid(project: Path) -> None:
    done = python(project, "-m", "dagster", "definitions", "validate", "-m", "analytics.definitions")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Validation successful" in done.stdout + done.stderr


def test_a_mistyped_field_is_named(project: Path) -> None:
    component = project / "analytics/defs/backups/defs.yaml"
    component.write_text(component.read_text().replace("nightly_cron", "nigthly_cron"))

    done = python(project, "-m", "dagster", "definitions", "validate", "-m", "analytics.definitions")

    assert done.returncode != 0
    assert "nigthly_cron" in done.stdout + done.stderr
