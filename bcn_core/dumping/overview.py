"""All dumps at one glance: what each holds, what waits or is held, how old the newest is, what the last drill took."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bcn_core.dumping.dumps import SAFETY, Dumps
from bcn_core.dumping.records import last_drill, last_look
from bcn_core.errors import DamagedRepository, UnsupportedFormat
from bcn_core.repository.checks import CheckRecord
from bcn_core.repository.flags import condemned_dumps, held
from bcn_core.repository.layout import dump_flag
from bcn_core.repository.repository import Repository


@dataclass(frozen=True, slots=True)
class DumpSummary:
    """One dump; ``waits`` says that it is to be removed, ``problem`` that its manifest cannot be read."""

    dump: str
    taken_at: datetime | None = None
    kind: str | None = None
    tables: int | None = None
    rows: int | None = None
    bytes: int | None = None
    pit: str | None = None
    reason: str = ""
    waits: str = ""
    held: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class DumpOverview:
    """The dumps, oldest first. ``age`` is what would be lost now (RPO), ``drill`` what a restore took (RTO).

    A safety dump does not count as young: it shows what somebody wanted to be rid of.
    """

    dumps: tuple[DumpSummary, ...]
    age: timedelta | None
    drill: CheckRecord | None
    look: CheckRecord | None


def overview_of(repository: Repository) -> DumpOverview:
    """How the dumps stand. One that cannot be read is shown as damaged, not left out, and is nobody's newest."""
    going, holds = condemned_dumps(repository.store), held(repository)
    dumps = tuple(
        _summary(
            repository, dump, "waits to be removed" if dump in going else "", holds.get(dump_flag(dump), ())
        )
        for dump in Dumps(repository).ids()
    )
    instants = [one.taken_at for one in dumps if one.taken_at and not one.reason.startswith(SAFETY)]
    age = repository.now() - max(instants) if instants else None
    return DumpOverview(dumps, age, last_drill(repository), last_look(repository))


def _summary(repository: Repository, dump: str, waits: str, reasons: Iterable[str]) -> DumpSummary:
    holds = tuple(f'held: "{why}"' for why in reasons)
    try:
        found = Dumps(repository).manifest(dump)
    except (DamagedRepository, UnsupportedFormat) as error:
        return DumpSummary(dump, waits=waits, held=holds, problem=error.message)
    return DumpSummary(
        dump,
        found.taken_at,
        found.state.kind,
        len(found.tables),
        sum(table.rows for table in found.tables),
        found.bytes,
        found.tie.pit.pit if found.tie else None,
        found.reason,
        waits,
        holds,
    )
