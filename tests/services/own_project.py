"""A Dagster project of a user's own: both of BCN's components on a demo's catalog, their fields in defs.yaml."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

from tests.services.user_interface import ROOT

_FILES = {
    "pyproject.toml": """\
[tool.dg]
directory_type = "project"

[tool.dg.project]
root_module = "analytics"
code_location_name = "analytics"
""",
    "analytics/__init__.py": "",
    "analytics/definitions.py": """\
from pathlib import Path

import dagster as dg


@dg.definitions
def defs() -> dg.Definitions:
    return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
""",
    "analytics/defs/__init__.py": "",
    "analytics/defs/backups/defs.yaml": """\
type: bcn_dagster.components.IcebergCatalogBackups
attributes:
  backfill: single_run
  nightly_cron: null
""",
    "analytics/defs/standby/defs.yaml": """\
type: bcn_dagster.components.IcebergStandby
attributes:
  standby: dr
  interval_seconds: 30
""",
    "workspace.yaml": """\
load_from:
  - python_module:
      module_name: analytics.definitions
      location_name: analytics
""",
}
_STANDBY = """
[catalogs.standby]
type = "sql"
uri = "sqlite:///{place}/catalog.db"
warehouse = "file://{place}"

[standby.dr]
catalog = "standby"
marker = "{place}/DONE"

[standby.dr.prefixes]
"file://{source}" = "file://{place}/warehouse"
"""


@dataclass(frozen=True, slots=True)
class OwnProject:
    """The project's folder, and the demo that it is about."""

    folder: Path
    demo: Path

    @classmethod
    def beside(cls, demo: Path) -> "OwnProject":
        """Write it, and the standby into the demo's bcn.toml."""
        found = cls(demo.parent / "project", demo)
        for name, text in _FILES.items():
            path = found.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        found.standby.mkdir()
        said = _STANDBY.format(place=found.standby, source=demo / "source/warehouse")
        settings = demo / "bcn.toml"
        settings.write_text(settings.read_text() + said)
        return found

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace.yaml"

    @property
    def python_path(self) -> str:
        return f"{self.folder}:{ROOT}"

    @property
    def standby(self) -> Path:
        """Where the replicator brings the source's files to."""
        return self.demo / "standby"

    def replicate(self) -> None:
        """What a replicator does: all files over, then its marker."""
        shutil.copytree(self.demo / "source/warehouse", self.standby / "warehouse", dirs_exist_ok=True)
        (self.standby / "DONE").write_text(str(len(list(self.standby.rglob("*")))))

    def back_up(self) -> None:
        """Take a PIT at the command line, as somebody does who starts with BCN today."""
        command = [sys.executable, "-m", "bcn_core.cli", "backup", "--config", str(self.demo / "bcn.toml")]
        subprocess.run(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=True)

    def instance(self) -> dg.DagsterInstance:
        return dg.DagsterInstance.from_config(str(self.demo / "dagster"))
