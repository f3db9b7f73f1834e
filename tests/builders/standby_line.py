"""A person at the standby's terminal: a bcn.toml that names the standby's catalog and the prefixes, and the command."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from bcn_core.cli.app import run
from tests.builders.command_line import Answer
from tests.warehouse.standby import Sites


@dataclass(frozen=True)
class StandbyLine:
    """``bcn`` in the folder above the two sites."""

    sites: Sites
    capture: pytest.CaptureFixture[str]

    @property
    def folder(self) -> Path:
        return self.sites.standby.folder.parent

    def configure(self, more: str = "") -> None:
        """Write bcn.toml; ``more`` is added to the section of the standby ``dr``."""
        catalogs = "".join(
            f'[catalogs.{place.name}]\ntype = "sql"\nuri = "{place.uri}"\nwarehouse = "file://{place.warehouse}"\n'
            for place in (self.sites.source, self.sites.standby)
        )
        (source, standby), *_ = self.sites.mapping
        roots = f'roots = ["{self.sites.standby.warehouse}"]\n'
        section = f'[standby.dr]\ncatalog = "standby"\n{roots}{more}[standby.dr.prefixes]\n"{source}" = "{standby}"\n'
        (self.folder / "bcn.toml").write_text(catalogs + section)

    def bcn(self, *arguments: str) -> Answer:
        """Run the command in this process."""
        self.capture.readouterr()
        code = run(arguments)
        out, err = self.capture.readouterr()
        return Answer(code, out, err)
