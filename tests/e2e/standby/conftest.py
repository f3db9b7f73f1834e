"""Two sites with the shop's tables, and with a table that each test changes by hand."""

from pathlib import Path

import pytest

from tests.builders.standby_line import StandbyLine
from tests.warehouse.shop import build_shop
from tests.warehouse.source import Place
from tests.warehouse.standby import Sites
from tests.warehouse.two_files import orders, source

__all__ = ["orders", "shop", "sites", "source", "terminal"]


@pytest.fixture
def sites(source: Place) -> Sites:
    return Sites.of(source)


@pytest.fixture(scope="session")
def filled_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built once; its absolute paths bind it to its folder, so each test replicates from here and changes nothing."""
    folder = tmp_path_factory.mktemp("shop")
    build_shop(folder)
    return folder


@pytest.fixture
def shop(filled_shop: Path, tmp_path: Path) -> Sites:
    """The shop's source, replicated to a standby of the test's own."""
    standby = Place(tmp_path / "standby", "standby")
    standby.pyiceberg().close()
    return Sites(Place(filled_shop / "source"), standby)


@pytest.fixture
def terminal(
    sites: Sites, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> StandbyLine:
    """One replicated table, and a person at the standby."""
    line = StandbyLine(sites, capsys)
    line.configure()
    sites.replicate()
    monkeypatch.chdir(line.folder)
    monkeypatch.setenv("COLUMNS", "160")
    return line
