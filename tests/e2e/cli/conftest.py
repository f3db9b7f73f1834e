"""The command in an empty folder, and in one whose catalog has tables and a first PIT."""

from pathlib import Path

import pytest
from pyiceberg.types import LongType

from tests.builders.command_line import ROWS, CommandLine


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return CommandLine(tmp_path, capsys)


@pytest.fixture
def lake(empty: CommandLine) -> CommandLine:
    empty.tables("sales.orders", "sales.items", "ops.audit")
    return empty


@pytest.fixture
def backed_up(lake: CommandLine) -> CommandLine:
    assert lake.on_repo("backup", "--catalog", "prod").code == 0
    return lake


@pytest.fixture
def drifted(backed_up: CommandLine) -> CommandLine:
    """Since the first PIT one table grew by rows and a column, one was renamed, one dropped."""
    orders = backed_up.catalog.load_table("sales.orders")
    orders.append(ROWS)
    with orders.update_schema() as update:
        update.add_column("quantity", LongType())
    backed_up.catalog.rename_table("sales.items", "sales.articles")
    backed_up.catalog.drop_table("ops.audit")
    return backed_up


@pytest.fixture
def two_pits(drifted: CommandLine) -> CommandLine:
    assert drifted.on_repo("backup").code == 0
    return drifted
