"""A repository manifest that names another catalog than the one whose PITs lie there."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bcn_core.describe import describe_repository, list_pits
from bcn_core.errors import DamagedRepository
from bcn_core.repair import Repair, apply_repair, open_to_repair, plan_repair
from bcn_core.repository.layout import REPOSITORY_MANIFEST
from bcn_core.repository.pins import this_process
from bcn_core.repository.repository import Repository
from bcn_core.verify import Slice, verify_repository
from tests.warehouse.runs import Lab, change, new_repository
from tests.warehouse.source import Place, append, make


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """One PIT of one table."""
    source = Place(tmp_path / "source")
    append(make(source.pyiceberg(), "sales.orders"), 0)
    lab = Lab.of(source)
    lab.take()
    return lab


@pytest.fixture
def misnamed(lab: Lab) -> Repository:
    """A repository whose manifest somebody made name another catalog."""
    held = json.loads(lab.repository.store.get(REPOSITORY_MANIFEST))
    held["scope"]["catalog"] = "other"
    change(lab.repository, REPOSITORY_MANIFEST, json.dumps(held).encode())
    return Repository.open(lab.repository.store)


@pytest.mark.parametrize(
    "ask",
    [
        list_pits,
        describe_repository,
        lambda repository: repository.select("latest"),
        lambda repository: verify_repository(repository, Slice(), lambda _: None),
    ],
    ids=["list", "describe", "select", "verify"],
)
def test_a_manifest_that_names_another_catalog_is_told_and_not_taken_for_an_empty_repository(
    misnamed: Repository, ask: Callable[[Repository], object]
) -> None:
    with pytest.raises(
        DamagedRepository, match="names the catalog 'other', and what lies there is of another"
    ):
        ask(misnamed)


def test_a_manifest_that_names_another_catalog_is_mended(lab: Lab, misnamed: Repository) -> None:
    repair = Repair(open_to_repair(misnamed.store), lab.stores, this_process("test"))

    apply_repair(repair, plan_repair(repair))

    assert lab.repository.pits() == Repository.open(misnamed.store).pits()


def test_a_new_repository_is_no_damaged_one(tmp_path: Path) -> None:
    source = Place(tmp_path / "source")
    source.pyiceberg().close()

    assert () == list_pits(new_repository(source))
