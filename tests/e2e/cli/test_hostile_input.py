"""Names that would command a terminal, and documents that nobody would write: what a person sees of them."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders.command_line import ROWS, CommandLine

RED = "a\x1b[31mred\x07"
FORGED = "orders\n  database sales will be dropped"


@pytest.fixture
def odd(lake: CommandLine) -> CommandLine:
    """A lake with names that only an attacker gives, backed up."""
    for number, name in enumerate((RED, FORGED)):
        location = f"file://{lake.folder}/prod/odd{number}"
        lake.catalog.create_table(("sales", name), ROWS.schema, location=location).append(ROWS)
    assert 0 == lake.on_repo("backup", "--catalog", "prod").code
    return lake


def controls(text: str) -> set[str]:
    return {char for char in text if not char.isprintable()} - {"\n"}


def test_a_hint_that_offers_names_commands_no_terminal(odd: CommandLine) -> None:
    answer = odd.on_repo("restore", "--table", "sales.ared", "--dry-run")

    assert (3, True, set()) == (answer.code, "sales.a\\x1b[31mred\\x07" in answer.err, controls(answer.err))


def test_a_name_adds_no_line_to_a_plan(odd: CommandLine) -> None:
    answer = odd.on_repo("restore", "--target-catalog", "other", "--dry-run")

    assert (0, set()) == (answer.code, controls(answer.out))
    assert not [
        line for line in answer.out.splitlines() if line.startswith("  database sales will be dropped")
    ]


def test_a_traceback_commands_no_terminal(odd: CommandLine) -> None:
    answer = odd.on_repo("restore", "--table", f"{RED}.x", "--dry-run", "--debug")

    assert (True, set()) == ("Traceback" in answer.err, controls(answer.err))


@pytest.mark.parametrize("opening", ["[", '{"scope":'])
def test_a_document_that_is_nested_without_end_is_a_damaged_one(empty: CommandLine, opening: str) -> None:
    (empty.folder / "repo").mkdir()
    (empty.folder / "repo" / "manifest.json").write_text(opening * 200_000)

    answer = empty.on_repo("describe")

    assert (6, True) == (answer.code, "manifest.json is not readable as JSON" in answer.err)


def test_a_document_that_no_memory_holds_ends_the_command_with_what_to_do(tmp_path: Path) -> None:
    with (tmp_path / "manifest.json").open("wb") as file:
        file.truncate(64 << 30)
    limited = f"ulimit -v 8000000; exec {sys.executable} -m bcn_core.cli describe --repo {tmp_path}"

    done = subprocess.run(["bash", "-c", limited], capture_output=True, text=True, check=False)

    assert (1, True) == (
        done.returncode,
        done.stderr.startswith("bcn: there is not enough memory for this\nHINT:"),
    )
