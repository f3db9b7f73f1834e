"""Tables for people, as they stand on a screen."""

import pytest

from bcn_core.cli.drawing import draw, duration, size


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


def test_headings_with_nothing_below_them_are_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    draw(("NAME", ">N"), [])

    assert "" == capsys.readouterr().out


@pytest.mark.parametrize(
    ("count", "shown"),
    [(1023, "1023 B"), (1024, "1.0 KiB"), (2**20 - 1, "1.0 MiB"), (2**60, "1024.0 PiB"), (None, "-")],
)
def test_a_size_is_below_1024_of_its_unit_while_there_is_a_greater_one(count: int | None, shown: str) -> None:
    assert shown == size(count)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (4.24, "4.2s"),
        (59.96, "1m00s"),
        (112, "1m52s"),
        (3599.6, "1h00m"),
        (71 * 3600, "71h00m"),
        (294 * 3600, "12d06h"),
    ],
)
def test_a_time_is_told_in_its_two_greatest_units(seconds: float, shown: str) -> None:
    assert shown == duration(seconds)
