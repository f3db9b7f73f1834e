"""What ``--json`` prints is of the form that is published; reading any ``document`` of a test checks it as well."""

import json

import pytest
from jsonschema import Draft202012Validator, ValidationError

from bcn_core.cli.app import bcn
from bcn_core.cli.manner import document_id
from bcn_core.cli.schema import answers
from tests.builders.command_line import CommandLine
from tests.builders.documents import SCHEMAS, document_of, schema_file

LINES = [
    "init --repo another --catalog prod",
    "backup --repo repo --inventory",
    "describe --repo repo",
    "describe --repo repo --pit latest",
    "describe --repo repo --table sales.orders",
    "list --repo repo",
    "list --repo repo --pit latest",
    "changes --repo repo",
    "estimate backup --repo repo",
    "estimate restore --repo repo --target-catalog other",
    "estimate verify --repo repo",
    "estimate prune --repo repo --keep-last 1",
    "restore --repo repo --target-catalog other --yes",
    "prune --repo repo --keep-last 1 --apply",
    "hold --repo repo latest --reason audit",
    "release --repo repo latest",
    "verify --repo repo",
    "verify --repo repo --restore",
    "verify --table-location prod/sales/orders",
    "repair --repo repo --apply",
    "inventory rebuild --repo repo",
    "inventory status --repo repo",
    "check-store a-place",
]
ELSEWHERE = {
    "undelete",
    "query",
    "sync",
    "promote",
    "failback",
    "adopt",
    *(
        f"catalog-database {one}"
        for one in ("backup", "list", "describe", "verify", "restore", "reset", "drill")
    ),
    "error",
}
"""Commands whose documents are read by tests of their own: below tests/e2e, and with a server in tests/services."""


@pytest.mark.parametrize("line", LINES)
def test_a_document_is_of_the_form_that_is_published(two_pits: CommandLine, line: str) -> None:
    two_pits.on_repo("hold", "latest", "--reason", "audit")

    answer = two_pits.bcn(*line.split(), "--json")

    assert (0, "") == (answer.code, answer.err)
    assert answer.document["format"] in {document_id(name) for name, _ in answers(bcn)}


def test_no_command_prints_a_document_that_no_test_reads() -> None:
    read = {line.partition(" --")[0].removesuffix(" a-place") for line in LINES} | ELSEWHERE

    assert read == {name.removeprefix("bcn ") for name, _ in answers(bcn)}


def test_a_document_of_a_query_is_of_the_form_that_is_published(two_pits: CommandLine) -> None:
    two_pits.on_repo("backup", "--inventory")

    document = two_pits.on_repo("query", "SELECT pit FROM pits ORDER BY pit LIMIT 1", "--json").document

    assert ["pit"] == document["columns"]


def test_a_document_of_an_undelete_is_of_the_form_that_is_published(two_pits: CommandLine) -> None:
    two_pits.on_repo("prune", "--keep-last", "1", "--apply")
    [waiting] = two_pits.on_repo("describe", "--json").document["condemned"]

    assert waiting == two_pits.on_repo("undelete", waiting, "--json").document["undeleted"]


@pytest.mark.parametrize(("name", "answer"), answers(bcn), ids=[name for name, _ in answers(bcn)])
def test_a_schema_is_one_that_validators_take(name: str, answer: object) -> None:
    Draft202012Validator.check_schema(json.loads(schema_file(document_id(name)).read_text()))

    assert answer is not None


def test_the_program_prints_the_schema_that_is_published(empty: CommandLine) -> None:
    assert (SCHEMAS / "hold.schema.json").read_text() == empty.bcn("schema", "hold").out


def test_the_program_lists_the_commands_that_print_a_document(empty: CommandLine) -> None:
    assert "inventory status" in empty.bcn("schema").out.splitlines()


def test_a_command_without_a_document_has_no_schema(empty: CommandLine) -> None:
    answer = empty.bcn("schema", "completion")

    assert (3, True) == (answer.code, "; to list them: bcn schema" in answer.err)


def test_a_failure_bears_the_form_of_its_command(backed_up: CommandLine) -> None:
    document = backed_up.on_repo("list", "--pit", "2001-01-01", "--json").document

    assert ("urn:bcn:list:1", "NotFound") == (document["format"], document["error"]["kind"])


def test_a_failure_before_the_command_is_known_has_a_form_of_its_own(empty: CommandLine) -> None:
    assert "urn:bcn:error:1" == empty.bcn("bakcup", "--json").document["format"]


@pytest.mark.parametrize(
    "text",
    [
        '{"format": "urn:bcn:hold:1", "held": "a PIT", "unheard": "of"}',
        '{"format": "urn:bcn:hold:1", "held": 5}',
        '{"format": "urn:bcn:hold:1"}',
        '{"format": "urn:bcn:hold:1", "error": {"kind": "NotFound"}}',
    ],
    ids=["a field that is not published", "another type", "a field is missing", "half an error"],
)
def test_a_document_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        document_of(text)
