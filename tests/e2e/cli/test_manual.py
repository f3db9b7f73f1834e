"""``bcn docs``: the pages that are installed with the program."""

import re
from collections import Counter
from pathlib import Path

import pytest

from bcn_core.cli.docs import as_seen
from bcn_core.cli.manual import index, topics
from tests.builders.command_line import CommandLine

ROOT = Path(__file__).parents[3]
SOURCES = [path.read_text() for name in ("bcn_core", "bcn_dagster") for path in (ROOT / name).rglob("*.py")]
NAMED = re.compile(r"bcn docs ([a-z][\w-]+)")


def test_a_page_goes_into_a_pipe_as_it_was_written(empty: CommandLine) -> None:
    answer = empty.bcn("docs", "the-catalog-is-gone")

    assert (0, (ROOT / "docs/guides/the-catalog-is-gone.md").read_text()) == (answer.code, answer.out)


def test_every_page_of_the_index_is_listed(empty: CommandLine) -> None:
    listed = {line.split()[0] for line in empty.bcn("docs").out.splitlines() if line}

    assert {page.topic for page in index()} <= listed


@pytest.mark.usefixtures("empty")
@pytest.mark.parametrize("topic", [name for name in topics() if name[0].islower()])
def test_no_word_of_a_page_is_cut_on_a_screen(topic: str) -> None:
    text = topics()[topic].read_text()

    seen = as_seen(text)

    cells = [cell for line in text.splitlines() if line.startswith("| ") for cell in line.split("|")]
    words = {word for cell in cells for word in re.findall(r"^[A-Za-z_]+$", cell.strip().strip("`"))}
    assert set() == {word for word in words if word.upper() not in seen.upper()}


def test_the_list_fits_80_columns(empty: CommandLine) -> None:
    assert max(map(len, empty.bcn("docs").out.splitlines())) <= 80


def test_a_page_that_is_not_there_is_refused_with_the_nearest(empty: CommandLine) -> None:
    answer = empty.bcn("docs", "configuraton")

    assert (3, True) == (answer.code, "nearest: configuration" in answer.err)


def test_no_two_pages_share_a_name() -> None:
    count = Counter(path.stem for path in (ROOT / "docs").rglob("*.md"))

    assert [] == [name for name, times in count.items() if times > 1]


def test_what_the_program_says_names_pages_that_are_there() -> None:
    assert set() == {page for text in SOURCES for page in NAMED.findall(text)} - set(topics())


def test_no_hint_names_a_file_of_the_source() -> None:
    assert [] == [hint for text in SOURCES for hint in re.findall(r"hint=.*docs/\w+.*", text)]
