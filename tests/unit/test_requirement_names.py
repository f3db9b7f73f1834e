"""The test names that requirement 2 lists, and no others, stand in the files that answer it, each once."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
NAMES = (TESTS / "e2e" / "requirements" / "names.txt").read_text().split()
FILES = [
    *(TESTS / "e2e" / "requirements").glob("test_*.py"),
    TESTS / "services" / "test_requirement_7_stacks.py",
]


def test_every_test_that_the_requirement_names_exists_once() -> None:
    found = [
        name for file in FILES for name in re.findall(r"^def (test_\w+)", file.read_text(), re.MULTILINE)
    ]

    assert sorted(NAMES) == sorted(found)


def test_the_list_holds_all_sixty_six_names() -> None:
    assert (66, 66) == (len(NAMES), len(set(NAMES)))
