"""What the command makes of a stdout and stderr that are not as it would like them: the work never depends on them."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.builders.command_line import CommandLine

ROOT = Path(__file__).parents[3]
ASCII = {"PYTHONIOENCODING": "ascii"}


def shell(line: CommandLine, typed: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A line of a shell in which ``bcn`` is the command."""
    script = f'bcn() {{ "{sys.executable}" -m bcn_core.cli "$@"; }}\n{typed}'
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", script],
        cwd=line.folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def pits(line: CommandLine) -> int:
    return len(line.on_repo("list", "--json").document["pits"])


def test_a_backup_whose_reader_leaves_is_done_all_the_same(backed_up: CommandLine) -> None:
    done = shell(backed_up, "bcn backup --repo repo | true")

    assert (0, "", 2) == (done.returncode, done.stderr, pits(backed_up))


def test_a_backup_without_a_stderr_is_done_all_the_same(backed_up: CommandLine) -> None:
    done = shell(backed_up, "bcn backup --repo repo 2>&-")

    assert (0, "status: complete", 2) == (done.returncode, done.stdout.splitlines()[-1], pits(backed_up))


def test_a_backup_at_a_terminal_that_knows_ascii_alone_is_done_all_the_same(backed_up: CommandLine) -> None:
    done = shell(backed_up, "bcn backup --repo repo", **ASCII)

    assert (0, "", True) == (done.returncode, done.stderr, r"unchanged \xb7 0 B copied" in done.stdout)


def test_a_document_for_an_ascii_terminal_is_json(empty: CommandLine) -> None:
    done = shell(empty, "bcn describe --repo 'größer' --json", **ASCII)

    assert "größer" in json.loads(done.stdout)["error"]["message"]


def test_an_error_that_nobody_hears_keeps_its_exit_code(empty: CommandLine) -> None:
    assert 3 == shell(empty, "bcn describe --repo nowhere 2>&-").returncode


def test_a_document_that_finds_no_room_is_a_failure_and_says_so(empty: CommandLine) -> None:
    done = shell(empty, "bcn describe --repo nowhere --json > /dev/full")

    assert (3, False) == (done.returncode, "Traceback" in done.stderr)
    assert "bcn: the document could not be written: No space left on device" in done.stderr
