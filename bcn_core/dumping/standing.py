"""All dumps at one glance: what each holds, what waits or is held, how old the newest is, what the last drill took."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bcn_core.dumping.dumps import Dumps
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
class Standing:
    """The dumps, oldest first. ``age`` is what would be lost now (RPO), ``drill`` what a restore took (RTO)."""

    dumps: tuple[DumpSummary, ...]
    age: timedelta | None
    drill: CheckRecord | None
    look: CheckRecord | None


def standing_of(repository: Repository) -> Standing:
    """How the dumps stand. One that cannot be read is shown as damaged, not left out, and is nobody's newest."""
    dumps = tuple(_summary(repository, dump) for dump in Dumps(repository).ids())
    instants = [one.taken_at for one in dumps if one.taken_at is not None]
    age = repository.now() - max(instants) if instants else None
    return Standing(dumps, age, last_drill(repository), last_look(repository))


def _summary(repository: Repository, dump: str) -> DumpSummary:
    waits = "waits to be removed" if dump in condemned_dumps(repository.store) else ""
    holds = tuple(f'held: "{why}"' for why in held(repository).get(dump_flag(dump), ()))
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
