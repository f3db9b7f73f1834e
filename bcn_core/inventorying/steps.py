"""How far the inventory has come: each table's newest snapshot says which PITs its rows are of."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pyiceberg.table import Table

_PIT, _COUNT, _STATE = "bcn.pit", "bcn.pits", "bcn.state"
_MOST_APPENDS = 50
"""More PITs than this are written by one rebuild: thousands of commits cost more than reading all of it again."""


@dataclass(frozen=True, slots=True)
class Step:
    """What brings the inventory up to date: nothing, PITs one by one, fewer PITs, or all of it anew; and why."""

    kind: Literal["none", "append", "shrink", "rebuild"]
    why: str
    positions: Mapping[str, int]


def summary_of(pits: Sequence[str]) -> dict[str, str]:
    """What a snapshot says of the PITs that the table holds with it; the last one names the snapshot's own."""
    return {_PIT: pits[-1] if pits else "", _COUNT: str(len(pits)), _STATE: _digests(pits)[-1]}


def state_after(pits: Sequence[str]) -> str:
    """What :func:`state_of` says of a table that holds these PITs."""
    return _digests(pits)[-1]


def position(table: "Table | None", pits: Sequence[str]) -> int | None:
    """How many PITs of a row, from its beginning, a table holds; None when it holds others."""
    said = state_of(table)
    digests = _digests(pits)
    return digests.index(said) if said in digests else None


def next_step(tables: Mapping[str, "Table | None"], pits: Sequence[str], listed: Sequence[str]) -> Step:
    """Compare the tables with the PITs that exist; ``listed`` are those in the table of PITs."""
    if any(table is None for table in tables.values()):
        return Step("rebuild", "it was not made yet", {})
    found = {name: position(table, pits) for name, table in tables.items()}
    positions = {name: at for name, at in found.items() if at is not None}
    if len(positions) < len(tables):
        return _other_pits(tables, pits, listed)
    behind = len(pits) - min(positions.values())
    if behind > _MOST_APPENDS:
        return Step("rebuild", f"{behind} PITs are missing", {})
    return Step("append" if behind else "none", "", positions)


def _other_pits(tables: Mapping[str, "Table | None"], pits: Sequence[str], listed: Sequence[str]) -> Step:
    """PITs went: rows can be taken away. A PIT of the past came, or a writer died half way: only a rebuild is right."""
    left = [pit for pit in listed if pit in set(pits)]
    agreed = len({state_of(table) for table in tables.values()}) == 1 and _digests(listed)[-1] == state_of(
        tables["pits"]
    )
    if agreed and left and left == list(pits[: len(left)]):
        return Step("shrink", f"{len(listed) - len(left)} PITs are gone", dict.fromkeys(tables, len(left)))
    return Step("rebuild", "it is of other PITs than the repository", {})


def state_of(table: "Table | None") -> str | None:
    """Which PITs a table says that it is of, as a digest; None for a table that nobody wrote yet."""
    snapshot = table.current_snapshot() if table is not None else None
    summary = snapshot.summary if snapshot is not None else None
    return summary.additional_properties.get(_STATE) if summary is not None else None


def _digests(pits: Sequence[str]) -> list[str]:
    """A digest for each beginning of a row of PITs, the empty one first."""
    running = hashlib.sha256()
    found = [running.hexdigest()]
    for pit in pits:
        running.update(f"{pit}\n".encode())
        found.append(running.hexdigest())
    return found
