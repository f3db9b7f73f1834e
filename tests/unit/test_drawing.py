"""Tables for people, as they stand on a screen."""

import pytest

from bcn_core.cli.drawing import draw


def test_numbers_stand_right_and_names_left(capsys: pytest.CaptureFixture[str]) -> None:
    draw(("NAME", ">ROWS"), [("a", 1000), ("longer", 7)])

    assert ["NAME     ROWS", "a       1,000", "longer      7"] == capsys.readouterr().out.splitlines()


def test_a_name_of_wide_characters_takes_two_places_for_each(capsys: pytest.CaptureFixture[str]) -> None:
    draw(("T", ">N"), [("漢字", 1), ("abcd", 2)])

    assert ["T     N", "漢字  1", "abcd  2"] == capsys.readouterr().out.splitlines()


def test_a_row_that_ends_early_is_drawn_with_blanks(capsys: pytest.CaptureFixture[str]) -> None:
    draw(("A", "B"), [("x",), ("y", "z")])

    assert ["A  B", "x", "y  z"] == [line.rstrip() for line in capsys.readouterr().out.splitlines()]


def test_a_name_wider_than_the_screen_is_folded_and_never_cut(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")

    draw(("NAME", ">N"), [("n" * 40, 1)])

    assert 40 == capsys.readouterr().out.count("n")
