"""Where the demo lives: everything lies below one folder, so that starting afresh is removing it."""

import os
from dataclasses import dataclass
from pathlib import Path

from bcn_core.settings import FILE_VARIABLE

CATALOG = "shop"
RECOVERED = "recovered"

_SETTINGS = """\
# The demo's configuration. The same file serves the command line and Dagster.
[repository]
url = "{repository}"
catalog = "{catalog}"

[catalogs.{catalog}]
type = "sql"
uri = "{source}"
warehouse = "file://{warehouse}"

# Where the demo restores to: another catalog, another place.
[catalogs.{recovered}]
type = "sql"
uri = "{target}"
warehouse = "file://{restored}"
"""


@dataclass(frozen=True, slots=True)
class Place:
    """The folders of one demo."""

    home: Path

    @classmethod
    def of_environment(cls) -> "Place":
        """``.demo`` in the working folder, or beside a ``DAGSTER_HOME`` that is set."""
        dagster_home = os.environ.get("DAGSTER_HOME")
        return cls(Path(dagster_home).absolute().parent if dagster_home else Path.cwd() / ".demo")

    @property
    def source(self) -> Path:
        """The folder of the source: its catalog and its files."""
        return self.home / "source"

    @property
    def repository(self) -> Path:
        return self.home / "repository"

    @property
    def recovered(self) -> Path:
        return self.home / "recovered"

    @property
    def dagster(self) -> Path:
        return self.home / "dagster"

    @property
    def settings(self) -> Path:
        return self.home / "bcn.toml"

    def catalog_properties(self, folder: Path) -> dict[str, str]:
        """PyIceberg's properties of a catalog in a folder of the demo."""
        return {
            "type": "sql",
            "uri": f"sqlite:///{folder / 'catalog.db'}",
            "warehouse": f"file://{folder / 'warehouse'}",
        }

    def write_settings(self) -> None:
        """Write ``bcn.toml``, and make it the one that this process reads."""
        self.home.mkdir(parents=True, exist_ok=True)
        source, target = (self.catalog_properties(one) for one in (self.source, self.recovered))
        self.settings.write_text(
            _SETTINGS.format(
                repository=self.repository,
                catalog=CATALOG,
                source=source["uri"],
                warehouse=self.source / "warehouse",
                recovered=RECOVERED,
                target=target["uri"],
                restored=self.recovered / "warehouse",
            )
        )
        os.environ[FILE_VARIABLE] = str(self.settings)
