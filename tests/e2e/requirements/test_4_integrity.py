"""Requirement 2, group 4: what a repository covers is fixed, its PITs form a chain, and one backup works at a time."""

import json

import pytest

from bcn_core.backup import Backup, back_up, begin
from bcn_core.capture.claiming import next_pit
from bcn_core.errors import Conflict
from bcn_core.repository.encoding import sha256
from bcn_core.repository.flag_documents import Owner
from tests.builders.command_line import CommandLine
from tests.warehouse.runs import Lab
from tests.warehouse.source import append


def granularity(line: CommandLine) -> str:
    return str(json.loads((line.folder / "repo" / "manifest.json").read_text())["granularity"])


@pytest.fixture
def of_sales(lake: CommandLine) -> CommandLine:
    """A repository of the database ``sales``."""
    assert 0 == lake.on_repo("backup", "--catalog", "prod", "--database", "sales").code
    return lake


def test_repository_granularity_is_locked(of_sales: CommandLine) -> None:
    asked = (["--catalog", "prod"], ["--table", "sales.orders"], ["--database", "ops"])

    codes = [of_sales.on_repo("backup", *one).code for one in asked]

    assert ([2, 2, 2], "DATABASE") == (codes, granularity(of_sales))


def test_reject_broader_scope_on_existing_repo(of_sales: CommandLine) -> None:
    answer = of_sales.on_repo("backup", "--catalog", "prod")

    assert 2 == answer.code
    assert "covers DATABASE prod.sales, but CATALOG prod was asked for" in answer.err


def test_reject_narrower_scope_on_existing_repo(of_sales: CommandLine) -> None:
    answer = of_sales.on_repo("backup", "--catalog", "prod", "--database", "sales", "--table", "orders")

    assert 2 == answer.code
    assert "covers DATABASE prod.sales, but TABLE prod.sales.orders was asked for" in answer.err


def test_incremental_same_granularity_accepted(of_sales: CommandLine) -> None:
    named = of_sales.on_repo("backup", "--catalog", "prod", "--database", "sales")
    unnamed = of_sales.on_repo("backup")

    assert (0, 0) == (named.code, unnamed.code)
    assert 3 == len(of_sales.on_repo("list", "--json").document["pits"])


def test_manifest_integrity_across_pits(catalog_lab: Lab) -> None:
    for start in (10, 20, 30):
        append(catalog_lab.source.pyiceberg().load_table("sales.orders"), start)
        catalog_lab.take()

    repository = catalog_lab.repository
    pits = repository.pits()
    expected = [(pit, sha256(repository.pit_bytes(pit))) for pit in pits[:-1]]
    parents = [repository.pit(pit).parent_pit for pit in pits[1:]]
    assert expected == [(one.pit, one.sha256) for one in parents if one is not None]


def test_concurrent_backup_prevention(catalog_lab: Lab) -> None:
    repository = catalog_lab.repository
    begin(catalog_lab.backup(), next_pit(repository), None)
    other = Owner(name="bcn backup", host="another-machine")

    with pytest.raises(Conflict, match=r"the repository is busy: test on .* makes PIT"):
        back_up(Backup(repository, catalog_lab.source.bcn(), catalog_lab.stores, other))

    assert [] == repository.pits()
