"""``bcn verify`` of a repository that holds dumps of the catalog's own database."""

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
