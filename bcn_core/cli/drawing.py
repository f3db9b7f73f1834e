"""Tables and lines for people, in one language: docs/reference/cli-output.md tells it to those who read the output.

Colour repeats what a word says already; who sees none misses nothing. No name is ever taken for a terminal's command.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal

import click

from bcn_core.cli.tables import Column, as_columns, as_records
from bcn_core.errors import BcnError

if TYPE_CHECKING:
    from rich.console import Console

Cell = str | int | None
Tone = Literal["", "good", "attention", "lost", "muted", "title"]
"""What a colour means; ``title`` only sets a heading off."""
_STYLES: dict[Tone, str] = {
    "": "",
    "good": "green",
    "attention": "yellow",
    "lost": "bold red",
    "muted": "dim",
    "title": "bold",
}
_WORDS: dict[Tone, tuple[str, ...]] = {
    "good": (
        "complete",
        "whole",
        "restores",
        "ACTIVE",
        "created",
        "replaced",
        "came back",
        "kept",
        "promote",
    ),
    "attention": ("partial", "CARRIED", "DELETED", "not tried", "waiting"),
    "lost": ("damaged", "FAILED", "refuse", "BROKEN"),
    "muted": ("UNCHANGED", "none", "there already", "skipped: it exists"),
}
"""The words that bear a tone where they fill a cell of a column of states."""
_STATES = frozenset({"STATUS", "RESULT", "ACTION", "WHAT"})
"""The columns of states: in any other, such a word is somebody's name."""
_TONES: dict[str, Tone] = {word: tone for tone, words in _WORDS.items() for word in words}
_STEP = 1024
_ROUNDED_UP = 1023.95
"""From here on a size would be shown as 1024.0 of its unit."""
_SHORT = 59.95
"""Seconds; from here on they would be shown as 60.0."""
_A_LONG_RUN = 72
"""Hours; from here on days say more."""
_UNITS = ("KiB", "MiB", "GiB", "TiB", "PiB")


def console() -> "Console":
    """Standard output. Names are never read as markup, emoji or anything to highlight."""
    from rich.console import Console

    return Console(markup=False, highlight=False, emoji=False)


def draw(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """A table; ``>`` marks headings of numbers, ``~`` those of words that may be folded. Nothing is cut.

    Headings with nothing below them are not shown.
    """
    table = [[shown(cell) for cell in row] for row in rows]
    if not table:
        return
    filled = [[*row, *[""] * (len(headings) - len(row))] for row in table]
    columns = [Column.of(heading, [row[place] for row in filled]) for place, heading in enumerate(headings)]
    screen = console()
    lines = as_columns(columns, screen.width)
    if lines is None:
        toned = (
            (cells, ["", _tone_in(cells[0].strip(), cells[1])] if cells else [])
            for cells in as_records(columns)
        )
        _print(screen, toned)
    else:
        _print(screen, [(lines[0], ["title"] * len(columns))])
        _print(screen, ((cells, list(map(_tone_in, headings, cells))) for cells in lines[1:]))


def _tone_in(heading: str, cell: str) -> Tone:
    return tone_of(cell.strip()) if heading.lstrip(">~").upper() in _STATES else ""


def _print(screen: "Console", lines: Iterable[tuple[Sequence[str], Sequence[Tone]]]) -> None:
    """Lines and tones of their cells: thousands are printed a hundred times faster than through objects of rich."""
    plain = screen.color_system is None or screen.no_color
    texts = []
    for cells, tones in lines:
        row = [*cells[:-1], *(cell.rstrip() for cell in cells[-1:])]
        texts.append("  ".join(row if plain else map(partial(_styled, screen), row, tones)))
    if texts:
        click.echo("\n".join(texts))


def _styled(screen: "Console", cell: str, tone: Tone) -> str:
    """A cell coloured as rich would."""
    from rich.console import COLOR_SYSTEMS
    from rich.style import Style

    style = _STYLES[tone]
    if not style or screen.color_system is None:
        return cell
    return Style.parse(style).render(cell, color_system=COLOR_SYSTEMS[screen.color_system])


def tone_of(word: str) -> Tone:
    """The tone that a word bears."""
    return _TONES.get(word, "")


def line(text: str = "", tone: Tone = "") -> None:
    """One line of text, below an empty one when it begins with a line's end.

    The terminal wraps it: a location that is cut into lines cannot be copied.
    """
    above = "\n" if text.startswith("\n") else ""
    console().print(above + printable(text.removeprefix("\n")), style=_STYLES[tone] or None, soft_wrap=True)


def warn(text: str) -> None:
    """Something to look at, though nothing failed."""
    line(f"warning: {text}", "attention")


def failed(what: object, why: str | BcnError, *, indent: str = "") -> None:
    """What failed or was refused, and the hint where the error has one."""
    message, hint = (why.message, why.hint) if isinstance(why, BcnError) else (why, "")
    line(f"{indent}{what} FAILED: {message}", "lost")
    if hint:
        line(f"{indent}HINT: {hint}")


def facts(pairs: Iterable[tuple[str, Cell]]) -> None:
    """Names and values, one pair on each line."""
    from rich.text import Text

    for name, value in pairs:
        text = shown(value)
        style = _STYLES[_tone_in(name, text)]
        console().print(Text.assemble(f"{name:<12} ", (text, style)), soft_wrap=True)


def shown(value: Cell) -> str:
    """A value in a cell: digits in groups, a dash for nothing."""
    if value is None or value == "":
        return "-"
    return f"{value:,}" if isinstance(value, int) else printable(value)


def printable(text: str) -> str:
    """A text whose control characters are spelled out: a table's name must not command the terminal, nor add lines."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def size(count: int | None) -> str:
    """Bytes for people: ``1.4 GiB``."""
    if count is None:
        return "-"
    if count < _STEP:
        return f"{count} B"
    power = min((count.bit_length() - 1) // 10, len(_UNITS))
    if count / _STEP**power >= _ROUNDED_UP and power < len(_UNITS):
        power += 1
    return f"{count / _STEP**power:.1f} {_UNITS[power - 1]}"


def duration(seconds: float) -> str:
    """A time span for people: ``4.2s``, ``1m52s``, ``3h05m``, ``12d06h``."""
    if seconds < _SHORT:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}m{rest:02d}s"
    hours = minutes // 60
    return f"{hours}h{minutes % 60:02d}m" if hours < _A_LONG_RUN else f"{hours // 24}d{hours % 24:02d}h"
