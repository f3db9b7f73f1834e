"""Listing PITs by the views of their months: the manifests that are there decide, whatever a view says."""

from pathlib import Path

import pytest

from bcn_core.describe import list_pits
from bcn_core.events import silent
from bcn_core.repository.repository import Repository
from bcn_core.verify import EVERYTHING, verify_repository
from tests.builders.many_pits import ManyPits
from tests.warehouse.runs import change

MONTH = "202601"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return ManyPits(tmp_path).make(2, 4)


def test_a_list_says_what_the_manifests_say(repository: Repository) -> None:
    told = [(one.pit, one.status, one.parent, one.counts) for one in list_pits(repository)]

    manifests = [repository.pit(pit) for pit in repository.pits()]
    parents = [one.parent_pit.pit if one.parent_pit else None for one in manifests]
    assert [
        (one.pit, one.status, parent, one.counts) for one, parent in zip(manifests, parents, strict=True)
    ] == told


def test_a_view_that_is_gone_or_garbled_changes_nothing(repository: Repository) -> None:
    told = list_pits(repository)

    for data in (None, b"{", b'{"pits": [{"pit": 1}]}', b"[]"):
        change(repository, repository.layout.pit_summaries(MONTH), data)
        assert told == list_pits(repository)


def test_a_pit_of_the_view_that_is_not_there_is_not_listed(repository: Repository) -> None:
    gone = repository.pits()[1]

    change(repository, repository.layout.pit_manifest(gone), None)

    assert gone not in [one.pit for one in list_pits(repository)]


def test_a_manifest_of_another_size_than_the_view_knows_is_read_and_found_damaged(
    repository: Repository,
) -> None:
    hurt = repository.pits()[1]
    data = repository.pit_bytes(hurt)

    change(repository, repository.layout.pit_manifest(hurt), data[:-5])

    statuses = [one.status for one in list_pits(repository)]
    assert ["complete", "damaged", "complete", "complete"] == statuses


def test_a_repository_of_repeated_pits_is_whole(repository: Repository) -> None:
    found = verify_repository(repository, EVERYTHING, silent)

    assert ((), ()) == (found.faults, found.notes)
