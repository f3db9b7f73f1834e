"""How the command speaks whatever it does: help, usage, errors as text and as documents."""

import subprocess
import sys

import pytest

from bcn_core.cli.app import COMMANDS
from tests.builders.command_line import CommandLine

HEAVY = ("pydantic", "rich", "polars", "pyarrow", "pyiceberg", "sqlalchemy", "fastavro")


def test_help_loads_nothing_heavy() -> None:
    script = f"""
import sys
from bcn_core.cli.app import run
run(["--help"])
print([name for name in {HEAVY} if name in sys.modules])
"""

    answer = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)

    assert "[]" == answer.stdout.splitlines()[-1]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(empty: CommandLine, command: str) -> None:
    answer = empty.bcn(command, "--help")

    assert (0, True) == (answer.code, f"Usage: bcn {command}" in answer.out)


def test_the_help_of_the_group_lists_every_command(empty: CommandLine) -> None:
    answer = empty.bcn("--help")

    assert set(COMMANDS) <= {line.split()[0] for line in answer.out.splitlines() if line.startswith("  ")}


@pytest.mark.parametrize(
    "arguments", [["bakcup"], ["list", "--no-such-option"], ["restore", "--on-conflict", "x"]]
)
def test_wrong_usage_exits_with_2_and_names_the_help(empty: CommandLine, arguments: list[str]) -> None:
    answer = empty.bcn(*arguments)

    assert (2, True) == (answer.code, "--help" in answer.err)


def test_an_option_without_its_value_names_the_help_of_its_command(empty: CommandLine) -> None:
    answer = empty.bcn("restore", "--pit")

    assert "bcn: option '--pit' requires an argument\nHINT: see: bcn restore --help\n" == answer.err


def test_help_has_its_short_name_everywhere(empty: CommandLine) -> None:
    assert empty.bcn("list", "--help").out == empty.bcn("list", "-h").out


def test_wrong_usage_is_told_on_one_line(empty: CommandLine) -> None:
    assert 2 == len(empty.bcn("completion").err.splitlines())


@pytest.mark.parametrize("group", [[], ["estimate"], ["inventory"], ["catalog-database"]])
def test_a_group_that_is_told_nothing_shows_its_help_and_exits_with_2(
    empty: CommandLine, group: list[str]
) -> None:
    answer = empty.bcn(*group)

    assert (2, "", empty.bcn(*group, "--help").out) == (answer.code, answer.out, answer.err)


def test_an_error_is_a_message_and_a_hint_on_stderr(backed_up: CommandLine) -> None:
    answer = backed_up.on_repo("list", "--pit", "tuesday")

    assert ("", 2) == (answer.out, len(answer.err.splitlines()))


def test_an_error_is_also_a_document(backed_up: CommandLine) -> None:
    document = backed_up.on_repo("list", "--pit", "2001-01-01", "--json").document

    assert ("NotFound", 3, True) == (
        document["error"]["kind"],
        document["error"]["code"],
        document["error"]["hint"].startswith("the first one is"),
    )


def test_wrong_usage_is_also_a_document(empty: CommandLine) -> None:
    document = empty.bcn("list", "--no-such-option", "--json").document

    assert "Usage" == document["error"]["kind"]


def test_what_nobody_expected_is_one_line_without_a_traceback(empty: CommandLine) -> None:
    # A repository on a name that no file system takes makes Python itself complain.
    answer = empty.bcn("describe", "--repo", "nul\0byte")

    assert (1, False, True) == (answer.code, "Traceback" in answer.err, "--debug" in answer.err)


def test_debug_shows_the_traceback(empty: CommandLine) -> None:
    answer = empty.bcn("describe", "--repo", "nul\0byte", "--debug")

    assert "Traceback" in answer.err


def test_an_unknown_key_in_bcn_toml_is_refused(empty: CommandLine) -> None:
    (empty.folder / "bcn.toml").write_text('[repository]\nurll = "x"\n')

    answer = empty.bcn("describe")

    assert (2, True) == (answer.code, "urll" in answer.err)


def test_verbose_tells_every_step_on_stderr_alone(lake: CommandLine) -> None:
    answer = lake.on_repo("backup", "--catalog", "prod", "-v", "--json")

    assert (True, "complete") == ("is published: complete" in answer.err, answer.document["status"])


def test_the_first_pit_is_told_to_stand_on_nothing(lake: CommandLine) -> None:
    assert " on nothing: 3 to capture" in lake.on_repo("backup", "--catalog", "prod", "-v").err


def test_a_reader_that_leaves_early_sees_no_traceback(two_pits: CommandLine) -> None:
    process = two_pits.start("describe", "--repo", "repo", "--json")
    assert process.stdout is not None
    process.stdout.close()

    assert process.stderr is not None
    said = process.stderr.read()
    process.wait()

    assert "" == said


def test_wrong_usage_is_told_in_the_form_of_every_other_error(empty: CommandLine) -> None:
    answer = empty.bcn("frobnicate")

    assert ["bcn: no such command 'frobnicate'", "HINT: see: bcn --help"] == answer.err.splitlines()


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [(["bakcup"], "backup"), (["estimate", "bakup"], "backup"), (["list", "--pitt"], "--pit")],
    ids=["command", "command of a group", "option"],
)
def test_a_name_that_is_nearly_right_is_answered_with_the_nearest(
    empty: CommandLine, typed: list[str], nearest: str
) -> None:
    assert f"HINT: nearest: {nearest}; see: " in empty.bcn(*typed).err


def test_a_command_without_a_document_is_refused_with_the_nearest(empty: CommandLine) -> None:
    assert "HINT: nearest: restore," in empty.bcn("schema", "restor").err
