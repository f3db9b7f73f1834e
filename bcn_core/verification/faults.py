"""What a check found: which object, what is wrong with it, and whom that concerns."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from bcn_core.errors import BcnError
from bcn_core.names import TableName
from bcn_core.references import References, Standing


@dataclass(frozen=True, slots=True)
class Fault:
    """One damaged or missing object, the tables and the PITs that need it. No tables stands for all of its PITs."""

    key: str
    problem: str
    pits: tuple[str, ...]
    tables: tuple[TableName, ...] = ()


@dataclass(slots=True)
class Faults:
    """Faults by object: several captures may need the same one."""

    found: dict[tuple[str, str], Fault] = field(default_factory=dict)

    def add(self, key: str, problem: str, pits: Iterable[str], table: TableName | None = None) -> None:
        """Note a fault, or that it concerns more than was known."""
        before = self.found.get((key, problem), Fault(key, problem, ()))
        tables = {*before.tables, *([table] if table else [])}
        self.found[key, problem] = Fault(
            key, problem, tuple(sorted({*before.pits, *pits})), tuple(sorted(tables))
        )

    def of_document(self, key: str, error: BcnError, found: References) -> None:
        """Note a manifest, an index or a capture that cannot be read."""
        if key in found.indexes:
            self.add(key, error.message, found.pits_of_index(key))
            return
        standing = found.captures.get(key.rpartition("/")[0])
        if standing is not None:
            self.of_capture(key, error.message, found, standing)
        else:
            self.add(key, error.message, (key.rpartition("/")[0].rpartition("/")[2],))

    def of_capture(self, key: str, problem: str, found: References, standing: Standing) -> None:
        """Note an object that a capture needs."""
        self.add(key, problem, found.pits_of(standing), standing.table)

    @property
    def all(self) -> tuple[Fault, ...]:
        return tuple(self.found[one] for one in sorted(self.found))


def still_whole(found: References, faults: Iterable[Fault]) -> dict[TableName, str | None]:
    """For each table that a fault concerns: the newest PIT that holds it unharmed, None when there is none."""
    harmed: dict[TableName, set[str]] = {}
    unreadable = {pit for fault in faults if not fault.tables for pit in fault.pits}
    for fault in faults:
        for table in fault.tables:
            harmed.setdefault(table, set()).update(fault.pits)
    holding: dict[TableName, set[str]] = {table: set() for table in harmed}
    for standing in found.captures.values():
        if standing.table in holding:
            holding[standing.table].update(found.pits_of(standing))
    return {
        table: max(holding[table] - pits - unreadable, default=None) for table, pits in sorted(harmed.items())
    }
