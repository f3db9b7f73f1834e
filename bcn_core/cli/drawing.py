"""Tables and lines for people: 80 columns, sizes that can be read, no name that the terminal takes for a command."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console

Cell = str | int | None
_STYLES = {
    "complete": "green",
    "partial": "yellow",
    "damaged": "red",
    "ACTIVE": "green",
    "CARRIED": "yellow",
    "DELETED": "magenta",
    "FAILED": "bold red",
    "refuse": "bold red",
}
_STEP = 1024
_UNITS = ("KiB", "MiB", "GiB", "TiB", "PiB")


def console() -> "Console":
    """Standard output. Names are never read as markup, emoji or anything to highlight."""
    from rich.console import Console

    return Console(markup=False, highlight=False, emoji=False)


def draw(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """A table; headings that start with ``>`` are of columns of numbers. Long names are folded, never cut."""
    names = [heading.removeprefix(">") for heading in headings]
    right = [heading.startswith(">") for heading in headings]
    texts = [[*(shown(cell) for cell in row), *[""] * (len(names) - len(row))] for row in rows]
    target = console()
    widths = _widths([names, *texts])
    if sum(widths) + 2 * (len(widths) - 1) > target.width:
        _draw_folded(target, headings, texts)
        return
    # Thousands of rows that need no folding are drawn a hundred times faster without rich's tables.
    lines = [_joined(names, widths, right, lambda text, _plain: _styled(target, text, "bold"))]
    lines += [
        _joined(row, widths, right, lambda text, plain: _styled(target, text, _STYLES.get(plain)))
        for row in texts
    ]
    click.echo("\n".join(lines))


def _widths(rows: Iterable[Sequence[str]]) -> list[int]:
    """How wide the columns are on a screen, where some characters take two places."""
    from rich.cells import cell_len

    return [max(map(cell_len, column)) for column in zip(*rows, strict=True)]


def _joined(
    row: Sequence[str], widths: Sequence[int], right: Sequence[bool], styled: Callable[[str, str], str]
) -> str:
    from rich.cells import cell_len

    cells = []
    for text, width, is_right in zip(row, widths, right, strict=True):
        blank = " " * (width - cell_len(text))
        cells.append(styled(f"{blank}{text}" if is_right else f"{text}{blank}", text))
    return "  ".join(cells)


def _styled(target: "Console", text: str, style: str | None) -> str:
    """Coloured as rich would, where the output is a terminal that shows colours."""
    if style is None or target.color_system is None or target.no_color:
        return text
    from rich.console import COLOR_SYSTEMS
    from rich.style import Style

    return Style.parse(style).render(text, color_system=COLOR_SYSTEMS[target.color_system])


def _draw_folded(target: "Console", headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """By rich, which finds widths for columns that do not fit side by side, and folds what is longer."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in headings:
        right = heading.startswith(">")
        table.add_column(heading.removeprefix(">"), justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(text, style=_STYLES.get(text, "")) for text in row))
    target.print(table)


def line(text: str = "", style: str = "") -> None:
    """One line of text. The terminal wraps it: a location that is cut into lines cannot be copied."""
    console().print(printable(text), style=style or None, soft_wrap=True)


def facts(pairs: Iterable[tuple[str, Cell]]) -> None:
    """Names and values, one pair on each line."""
    for name, value in pairs:
        line(f"{name:<12} {shown(value)}")


def shown(value: Cell) -> str:
    """A value in a cell: digits in groups, a dash for nothing."""
    if value is None or value == "":
        return "-"
    return f"{value:,}" if isinstance(value, int) else printable(value)


def printable(text: str) -> str:
    """A text whose control characters are spelled out: a table's name must not command the terminal."""
    return "".join(char if char.isprintable() or char == "\n" else repr(char)[1:-1] for char in text)


def size(count: int | None) -> str:
    """Bytes for people: ``1.4 GiB``."""
    if count is None:
        return "-"
    if count < _STEP:
        return f"{count} B"
    power = min((count.bit_length() - 1) // 10, len(_UNITS))
    return f"{count / _STEP**power:.1f} {_UNITS[power - 1]}"


def duration(seconds: float) -> str:
    """A time span for people: ``1m52s``."""
    whole = int(seconds)
    if whole < 60:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes}m{rest:02d}s" if minutes < 60 else f"{minutes // 60}h{minutes % 60:02d}m"
