"""How the faults of a repository look, to those who check it and to those who mend it."""

from collections.abc import Mapping, Sequence

from bcn_core.cli.drawing import draw, line
from bcn_core.names import TableName
from bcn_core.verify import Fault

MOST_SHOWN = 50
_MOST_PITS = 3


def draw_faults(word: str, faults: Sequence[Fault]) -> None:
    """Each fault behind a word, with the tables and the PITs that it harms; a long list is cut, and says so."""
    for fault in faults[:MOST_SHOWN]:
        line(f"{word} {fault.key} {fault.problem}", "lost")
        line(f"{' ' * len(word)} {_harm(fault)}")
    draw_more(len(faults))


def draw_more(count: int) -> None:
    """That a list of so many is cut, where it is."""
    if count > MOST_SHOWN:
        line(f"and {count - MOST_SHOWN:,} more: --json tells them all")


def draw_still_whole(tables: Mapping[TableName, str | None], nowhere: str) -> None:
    """For each harmed table the newest PIT that has it whole."""
    if tables:
        draw(
            ("HARMED TABLE", "STILL WHOLE IN PIT"),
            [(str(table), pit or nowhere) for table, pit in tables.items()],
        )


def _harm(fault: Fault) -> str:
    if not fault.pits:
        return "no restore needs it"
    whose = ", ".join(map(str, fault.tables)) or "all tables"
    more = len(fault.pits) - _MOST_PITS
    return f"{whose} of PIT {', '.join(fault.pits[:_MOST_PITS])}" + (f" and {more} more" if more > 0 else "")
