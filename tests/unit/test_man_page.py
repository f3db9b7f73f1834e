"""The manual page that is installed with the command."""

import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from bcn_core.cli import tree
from bcn_core.cli.app import bcn
from scripts.man_page import escaped

PAGE = Path(__file__).parents[2] / "man/bcn.1"
REQUESTS = {"TH", "SH", "SS", "TP", "PP", "B", "nf", "fi"}


@pytest.mark.parametrize("context", list(tree.commands(bcn))[1:], ids=lambda one: one.command_path)
def test_the_page_has_every_command(context: click.Context) -> None:
    heading = f".SS {context.command_path}".replace("-", r"\-")

    assert any(line.partition(" [")[0].rstrip() == heading for line in PAGE.read_text().splitlines())


def test_every_request_of_the_page_is_one_of_the_macros() -> None:
    used = {
        line.split()[0].lstrip(".") for line in PAGE.read_text().splitlines() if line.startswith((".", "'"))
    }

    assert set() == used - REQUESTS


def test_the_page_is_set_without_a_warning() -> None:
    groff = shutil.which("groff")
    # Where no groff is, the macros above are what can be looked at.
    command = [groff, "-man", "-Tutf8", "-ww", "-z", str(PAGE)] if groff else ["true"]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (0, "") == (done.returncode, done.stderr)


def test_an_option_can_be_copied_from_the_page() -> None:
    assert r"\fB\-\-on\-conflict [fail|skip|replace]\fR" in PAGE.read_text()


@pytest.mark.parametrize(
    ("text", "set_as"), [(".toml", r"\&.toml"), ("'a'", r"\&'a'"), (r"a\b", r"a\eb"), ("a-b", r"a\-b")]
)
def test_a_text_is_shown_as_it_is(text: str, set_as: str) -> None:
    assert set_as == escaped(text)


def test_the_page_is_installed_where_man_looks() -> None:
    settings = (PAGE.parents[1] / "pyproject.toml").read_text()

    assert re.search(r'shared-data\]\n"man" = "share/man/man1"\n', settings)
