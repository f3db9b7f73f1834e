"""Where the cells of a table go, so that 80 columns show it and nothing that is copied from it is broken.

Numbers, ids and names stay whole; words are folded at blanks. A name too long for its column stands on a line of its
own above the rest of its row. A table with more columns than fit becomes records: one value a line.
"""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

_GAP = 2
_NARROWEST = 24
"""A column of words needs this much at the most, whatever single word is longer."""

Line = list[str]
"""The cells of one printed line, each as wide as its column."""


@dataclass(frozen=True, slots=True)
class Column:
    """``>SIZE`` is a column of numbers, ``~WHAT`` one of words that may be folded; others hold names and ids."""

    heading: str
    is_number: bool
    is_words: bool
    cells: tuple[str, ...]

    @classmethod
    def of(cls, heading: str, cells: Sequence[str]) -> "Column":
        """From a heading with its mark."""
        in_one_line = (cell.replace("\n", "\\n") for cell in cells)
        return cls(heading.lstrip(">~"), heading.startswith(">"), heading.startswith("~"), tuple(in_one_line))

    @property
    def natural(self) -> int:
        """The width that shows every cell on one line."""
        return max(map(width_of, (self.heading, *self.cells)))

    @property
    def least(self) -> int:
        """The width below which something would be broken."""
        if not self.is_words:
            return self.natural
        longest = max((width_of(word) for cell in self.cells for word in cell.split()), default=0)
        return min(self.natural, max(width_of(self.heading), min(longest, _NARROWEST)))


def width_of(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def as_columns(columns: Sequence[Column], width: int) -> list[Line] | None:
    """The lines of a table, the headings first; None when its columns do not fit."""
    widths = _widths(columns, width)
    if widths is None:
        return None
    lines = [_padded([column.heading for column in columns], columns, widths)]
    for cells in zip(*(column.cells for column in columns), strict=True):
        lines.extend(_row(cells, columns, widths))
    return lines


def as_records(columns: Sequence[Column]) -> Iterator[Line]:
    """Each row as a block of lines: heading and value. An empty line parts the rows."""
    widest = max(width_of(column.heading) for column in columns)
    for number, cells in enumerate(zip(*(column.cells for column in columns), strict=True)):
        if number:
            yield []
        for column, cell in zip(columns, cells, strict=True):
            yield [_fill(column.heading, widest, right=False), cell]


def _widths(columns: Sequence[Column], width: int) -> list[int] | None:
    room = width - _GAP * (len(columns) - 1)
    first, others = columns[0], columns[1:]
    left = room - sum(column.least for column in others)
    least = first.least if first.is_words else width_of(first.heading)
    if least > left:
        return None
    fitting = [wide for cell in first.cells if not first.is_words and (wide := width_of(cell)) <= left]
    widths = [max(least, *fitting, 0), *(column.least for column in others)]
    return _grown(widths, columns, room)


def _grown(widths: list[int], columns: Sequence[Column], room: int) -> list[int]:
    """The room that is left goes to the columns of words, in equal parts where they want more than there is."""
    words = [place for place, column in enumerate(columns) if column.is_words]
    words.sort(key=lambda place: columns[place].natural - widths[place])
    for number, place in enumerate(words):
        share = (room - sum(widths)) // (len(words) - number)
        widths[place] = min(columns[place].natural, widths[place] + share)
    return widths


def _row(cells: Sequence[str], columns: Sequence[Column], widths: Sequence[int]) -> Iterator[Line]:
    if width_of(cells[0]) > widths[0] and not columns[0].is_words:
        yield [cells[0]]
        cells = ["", *cells[1:]]
    folded = [
        textwrap.wrap(cell, wide, break_long_words=False, break_on_hyphens=False)
        if column.is_words
        else [cell]
        for cell, column, wide in zip(cells, columns, widths, strict=True)
    ]
    for texts in zip_longest(*folded, fillvalue=""):
        yield _padded(texts, columns, widths)


def _padded(texts: Sequence[str], columns: Sequence[Column], widths: Sequence[int]) -> Line:
    return [
        _fill(text, wide, right=column.is_number)
        for text, column, wide in zip(texts, columns, widths, strict=True)
    ]


def _fill(text: str, wide: int, *, right: bool) -> str:
    blanks = " " * (wide - width_of(text))
    return blanks + text if right else text + blanks
