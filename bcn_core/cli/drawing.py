"""Tables and lines for people: 80 columns, sizes that can be read, no name that the terminal takes for a command."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

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
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in headings:
        right = heading.startswith(">")
        table.add_column(heading.removeprefix(">"), justify="right" if right else "left", overflow="fold")
    for row in rows:
        texts = [shown(cell) for cell in row]
        table.add_row(*(Text(text, style=_STYLES.get(text, "")) for text in texts))
    console().print(table)


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
