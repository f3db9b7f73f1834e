"""What a shell is offered after the tabulator."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from bcn_core.cli.app import COMMANDS, bcn
from tests.builders.command_line import CommandLine


def offered(line: str) -> list[str]:
    """The values that are offered for the last word of a line."""
    *words, incomplete = line.split(" ")[1:]
    return [
        item.value
        for item in ShellComplete(bcn, {}, "bcn", "_BCN_COMPLETE").get_completions(words, incomplete)
    ]


def pits(line: CommandLine) -> list[str]:
    return [one["pit"] for one in line.on_repo("list", "--json").document["pits"]]


def test_commands_are_offered() -> None:
    assert ["restore", "release", "repair"] == [name for name in COMMANDS if name in offered("bcn re")]


def test_offering_the_commands_loads_none_of_them() -> None:
    asked = {"_BCN_COMPLETE": "bash_complete", "COMP_WORDS": "bcn re", "COMP_CWORD": "1"}
    # The completion ends the process by itself.
    script = """
import atexit, sys
from bcn_core.cli.app import run
atexit.register(lambda: print("pydantic" in sys.modules))
run([])
"""

    answer = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, env=os.environ | asked
    )

    assert ["plain,restore", "plain,release", "plain,repair", "False"] == answer.stdout.split()


def test_options_are_offered() -> None:
    assert {"--on-conflict", "--dry-run"} <= set(offered("bcn restore --"))


def test_choices_are_offered() -> None:
    assert ["skip"] == offered("bcn restore --on-conflict s")


def test_pits_are_offered_the_newest_first(two_pits: CommandLine) -> None:
    assert ["latest", *reversed(pits(two_pits))] == offered("bcn hold --repo repo ")


def test_a_pit_is_offered_by_its_beginning(two_pits: CommandLine) -> None:
    assert list(reversed(pits(two_pits))) == offered("bcn list --repo repo --pit 2")


def test_tables_of_the_pit_on_the_line_are_offered(two_pits: CommandLine) -> None:
    first, _ = pits(two_pits)

    assert ["sales.items", "sales.orders"] == offered(f"bcn restore --repo repo --pit {first} --table sales.")


@pytest.mark.usefixtures("two_pits")
def test_databases_are_offered() -> None:
    assert ["sales"] == offered("bcn list --repo repo --pit latest --database s")


@pytest.mark.usefixtures("empty")
def test_catalogs_of_the_configuration_are_offered() -> None:
    assert ["other", "prod"] == offered("bcn restore --target-catalog ")


def test_pages_of_the_documentation_are_offered() -> None:
    assert ["the-catalog-is-gone", "the-compose-stack", "the-region-is-gone"] == offered("bcn docs the-")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("bcn schema re", {"release", "repair", "restore"}),
        ("bcn schema catalog-database d", {"describe", "drill"}),
        ("bcn schema restore ", set()),
    ],
)
def test_a_schema_is_offered_of_commands_that_have_one(line: str, words: set[str]) -> None:
    assert words == set(offered(line))


@pytest.mark.usefixtures("two_pits")
def test_where_a_dump_is_meant_no_pit_is_offered() -> None:
    assert ["latest"] == offered("bcn hold --repo repo --catalog-database ")


@pytest.mark.parametrize(
    "line",
    ["bcn restore --target-catalog ", "bcn list --repo repo --pit ", "bcn restore --repo repo --table "],
)
def test_a_broken_configuration_offers_nothing_and_says_nothing(backed_up: CommandLine, line: str) -> None:
    (backed_up.folder / "bcn.toml").write_text("[repository\n")

    assert [] == offered(line)


@pytest.mark.parametrize("place", ["nowhere", "s3://a-bucket/backups"])
def test_a_repository_that_is_no_folder_here_is_not_asked(empty: CommandLine, place: str) -> None:
    assert [] == offered(f"bcn list --repo {place} --pit ")
    assert not (empty.folder / place).exists()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_script(empty: CommandLine, shell: str) -> None:
    answer = empty.bcn("completion", shell)

    assert (0, True) == (answer.code, f"_BCN_COMPLETE={shell}_complete" in answer.out)


def test_a_shell_that_is_not_known_is_refused(empty: CommandLine) -> None:
    answer = empty.bcn("completion", "csh")

    assert (2, True) == (answer.code, "'csh' is not one of 'bash', 'zsh', 'fish'" in answer.err)


def test_a_real_bash_completes_a_pit(two_pits: CommandLine) -> None:
    typed = """
        eval "$(bcn completion bash)"
        COMP_WORDS=(bcn list --repo repo --pit 2) COMP_CWORD=5
        _bcn_completion bcn
        printf '%s\\n' "${COMPREPLY[@]}"
    """
    bash = shutil.which("bash")
    assert bash is not None

    answer = subprocess.run(
        [bash, "-c", typed],
        cwd=two_pits.folder,
        env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        check=True,
        capture_output=True,
        text=True,
    )

    assert list(reversed(pits(two_pits))) == answer.stdout.split()
