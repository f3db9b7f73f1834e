"""A repository that holds dumps of the catalog's own database, where nothing says where that database is."""

import json

import pytest

from tests.builders.command_line import CommandLine

DUMP = "20261120T020000.000Z"


@pytest.fixture
def broken_dump(backed_up: CommandLine) -> CommandLine:
    folder = backed_up.folder / "repo/catalogs/prod/database_dumps" / DUMP
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text("{")
    return backed_up


def test_a_dump_that_cannot_be_read_is_a_fault(broken_dump: CommandLine) -> None:
    answer = broken_dump.on_repo("verify")

    assert (6, True) == (answer.code, f"FAULT dump {DUMP}" in answer.out)


def test_the_last_line_never_says_whole_when_a_dump_is_damaged(broken_dump: CommandLine) -> None:
    assert "1 fault" == broken_dump.on_repo("verify").out.strip().splitlines()[-1]


def test_the_document_says_damaged_when_a_dump_is(broken_dump: CommandLine) -> None:
    assert "damaged" == json.loads(broken_dump.on_repo("verify", "--json").out)["status"]


def test_the_dumps_are_listed_by_the_repository_alone(broken_dump: CommandLine) -> None:
    answer = broken_dump.bcn("catalog-database", "list", "--repo", "repo")

    assert (9, f"{DUMP}  damaged") == (answer.code, answer.out.splitlines()[1][:29])


def test_a_dump_that_nobody_took_is_not_found(backed_up: CommandLine) -> None:
    answer = backed_up.bcn("catalog-database", "describe", "--repo", "repo")

    assert (3, True) == (answer.code, "holds no dump yet" in answer.err)
