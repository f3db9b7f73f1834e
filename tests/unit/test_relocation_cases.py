"""The page that maps cases to tests names tests that exist."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs/reference/relocation-cases.md"
NAMED = re.findall(r"`([\w/]+\.py)` `(test_\w+)`", PAGE.read_text())


def test_every_case_names_a_test() -> None:
    rows = re.findall(r"^\| (\d+) \|.*\|$", PAGE.read_text(), re.MULTILINE)

    assert [*range(1, 84)] == [int(number) for number in rows]


def test_every_test_that_the_page_names_exists() -> None:
    missing = [name for file, name in NAMED if f"def {name}(" not in (TESTS / file).read_text()]

    assert [] == missing
