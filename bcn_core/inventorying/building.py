"""The ways in which the three tables come to hold what the PITs hold: made anew, one more PIT, fewer PITs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from bcn_core.events import Report
from bcn_core.inventorying.columns import frame_schema
from bcn_core.inventorying.holdings import (
    Share,
    entries_by_pit,
    joined_shares,
    share_of,
    shrunk,
    with_facts,
)
from bcn_core.inventorying.place import TABLES
from bcn_core.inventorying.rows import Entries, pit_rows, table_rows
from bcn_core.inventorying.steps import state_after, summary_of
from bcn_core.inventorying.tables import Change, InventoryTables, crowded_days, is_in, rows_of
from bcn_core.names import pit_instant
from bcn_core.repository.repository import Repository

if TYPE_CHECKING:
    import polars as pl

_IN_ORDER = tuple(reversed(TABLES))
"""Of writing: ``pits`` last, since a PIT that it shows is in the others too."""


@dataclass(frozen=True, slots=True)
class Builder:
    """A repository and the tables that describe it."""

    repository: Repository
    tables: InventoryTables
    report: Report

    def rebuild(self, pits: Sequence[str]) -> None:
        """Remove the tables and make them anew, each in one commit."""
        import polars as pl

        for name in _IN_ORDER:
            self.tables.drop(name)
        rows = [pl.DataFrame(schema=frame_schema("tables"))]
        objects = joined_shares(self._shares(pits, rows))
        found = {"objects": objects, "tables": pl.concat(rows)}
        found["pits"] = pit_rows([self.repository.pit(pit) for pit in pits], self.repository.layout)
        for name, frame in found.items():
            self.tables.write(name, Change(frame, summary_of(pits)))

    def append(self, pits: Sequence[str], positions: Mapping[str, int]) -> None:
        """One commit for each PIT and table that does not hold it yet, oldest first."""
        start = min(positions.values())
        known = dict(entries_by_pit(self.repository, pits[max(0, start - 1) :]))
        for number in range(start, len(pits)):
            held = pits[: number + 1]
            before = pits[number - 1] if number else ""
            for name in _IN_ORDER:
                if positions[name] <= number:
                    change = self._change(name, held[-1], known[held[-1]], before, known.get(before, {}))
                    change = replace(change, summary=summary_of(held), expects=state_after(held[:-1]))
                    self.tables.write(name, change)
                    self.tables.tidy(name)

    def shrink(self, left: Sequence[str]) -> None:
        """Take the rows away that are of PITs which exist no more."""
        import polars as pl

        for name in _IN_ORDER:
            rows = rows_of(self.tables.open(name)).cast(frame_schema(name))  # type: ignore[arg-type]
            kept = (
                shrunk(rows, list(left))
                if name == "objects"
                else rows.filter(pl.col("pit").is_in(list(left)))
            )
            self.tables.replace(name, kept, summary_of(left))
            self.tables.tidy(name)

    def _shares(self, pits: Sequence[str], rows: list["pl.DataFrame"]) -> Iterator[Share]:
        """The share of each PIT; the rows of its tables are added on the way, so that each index is read once."""
        before: tuple[str, Entries] = ("", {})
        for pit, entries in entries_by_pit(self.repository, pits):
            rows.append(table_rows(self.repository.pit(pit), entries))
            share = share_of(self.repository, pit, entries, before[1], before[0])
            yield replace(share, begun=with_facts(self.repository, share.begun, self.report))
            before = (pit, entries)

    def _change(self, name: str, pit: str, entries: Entries, last: str, before: Entries) -> Change:
        """What a PIT means for one table. Days that are over get one file instead of one for each PIT."""
        today = pit_instant(pit).date()
        is_new_day = bool(last) and pit_instant(last).date() < today
        table = self.tables.find(name)
        days = crowded_days(table, today) if table is not None and is_new_day else frozenset()
        manifest = self.repository.pit(pit)
        if name == "pits":
            return Change(pit_rows([manifest], self.repository.layout), {}, days=days)
        if name == "tables":
            return Change(table_rows(manifest, entries), {}, days=days)
        share = share_of(self.repository, pit, entries, before, last)
        rows = with_facts(self.repository, share.begun, self.report)
        return Change(rows, {}, days=days | self._days_of(share), changed=_ending(share))

    def _days_of(self, share: Share) -> frozenset[date]:
        """The days in which the rows lie that end with a share."""
        table = self.tables.find("objects")
        if table is None or share.ended.is_empty():
            return frozenset()
        wanted = is_in("table_id", share.ended["table_id"].unique().to_list())
        rows = rows_of(table, columns=("day", "key", "table_id", "last_pit"), where=wanted)
        still_open = rows.filter(rows["last_pit"].is_null())
        return frozenset(still_open.join(share.ended, on=["table_id", "key"], how="semi")["day"].to_list())


def _ending(share: Share) -> "Callable[[pl.DataFrame], pl.DataFrame]":
    """Rows that a share ends get their last PIT; all others stay as they are."""
    import polars as pl

    def ended(rows: pl.DataFrame) -> pl.DataFrame:
        ends = share.ended.with_columns(pl.lit(share.last_pit).alias("end"))
        joined = rows.join(ends, on=["table_id", "key"], how="left")
        return joined.with_columns(pl.coalesce("last_pit", "end").alias("last_pit")).drop("end")

    return ended
