"""What a PIT, published or not, says of the tables of a step: captured, standing, carried, absent or failed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from bcn_core.errors import BcnError
from bcn_core.names import TableName
from bcn_core.repository.documents import PitManifest, Plan, TableEntry
from bcn_core.repository.repository import Repository
from bcn_dagster.assets.metadata import Held

_EXISTS = "the PIT exists already: nothing was done"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Tables that a PIT holds, tables that are not in it and why, and tables that failed with their errors' texts."""

    held: dict[TableName, Held] = field(default_factory=dict)
    absent: dict[TableName, str] = field(default_factory=dict)
    failed: dict[TableName, str] = field(default_factory=dict)
    may_pass: bool = False


def outcome_of(
    repository: Repository, plan: Plan, tables: Iterable[TableName], errors: Mapping[TableName, BcnError]
) -> Outcome:
    """The outcome of capturing a plan's tables; ``errors`` are those of the captures that failed."""
    failed = {one.table.table(): one.reason for one in plan.unreadable}
    failed |= {table: str(error) for table, error in errors.items()}
    retryable = any(error.retryable for error in errors.values())
    standing = _Standing(repository, plan)
    outcome = Outcome(may_pass=retryable)
    for table in tables:
        if table in failed:
            outcome.failed[table] = failed[table]
            continue
        held = standing.find(table)
        if held is None:
            outcome.absent[table] = standing.why_absent(table)
        else:
            outcome.held[table] = held
    return outcome


def outcome_in(repository: Repository, manifest: PitManifest, tables: Iterable[TableName]) -> Outcome:
    """What a PIT that exists already holds of the tables."""
    entries = repository.tables(manifest)
    carried = {ref.table() for ref in manifest.carried}
    failed = {one.table.table() for one in manifest.failed}
    outcome = Outcome()
    for table in tables:
        if table in entries and table not in failed:
            outcome.held[table] = held_in(
                repository, manifest.pit, table, entries[table], carried, note=_EXISTS
            )
        else:
            outcome.absent[table] = "it failed then" if table in failed else "the PIT does not have it"
    return outcome


def outcome_made(repository: Repository, manifest: PitManifest, tables: Iterable[TableName]) -> Outcome:
    """What a PIT holds that another step of the run made whole, in the words of the step that would have captured."""
    plan = repository.plan(manifest.pit)
    parent = manifest.parent_pit.pit if manifest.parent_pit else None
    if plan is None or (parent and parent not in repository.pits()):
        return outcome_in(
            repository, manifest, tables
        )  # It is older than the run: what it stood on is pruned.
    failed = {one.table.table(): one.reason for one in manifest.failed}
    asked = set(tables)
    outcome = outcome_of(repository, plan, asked - failed.keys(), {})
    return replace(outcome, failed={table: failed[table] for table in asked & failed.keys()})


def held_in(
    repository: Repository,
    pit: str,
    table: TableName,
    entry: TableEntry,
    carried: Iterable[TableName],
    note: str = "",
) -> Held:
    """A table of a PIT that exists."""
    if entry.capture_pit == pit:
        return Held(table, pit, "ACTIVE", record=repository.capture(entry), note=note)
    return Held(table, pit, "CARRIED" if table in carried else "UNCHANGED", entry=entry, note=note)


class _Standing:
    """The tables of a plan, and of the PIT that it stands on."""

    def __init__(self, repository: Repository, plan: Plan) -> None:
        self._repository = repository
        self._plan = plan
        parent = repository.pit(plan.parent.pit) if plan.parent else None
        self._before = repository.tables(parent) if parent else {}
        self._captures = {one.table.table() for one in plan.captures}
        self._carried = {ref.table() for ref in plan.carried}
        self._renamed = {one.after.table(): one.before.table() for one in plan.renamed}
        self._gone = {ref.table() for ref in plan.dropped} | set(self._renamed.values())

    def find(self, table: TableName) -> Held | None:
        pit = self._plan.pit
        if table in self._captures:
            found = self._repository.find_capture(table, pit)
            return Held(table, pit, "ACTIVE", record=found[1]) if found else None
        if table in self._carried:
            return Held(table, pit, "CARRIED", entry=self._before[table])
        if table in self._renamed:
            before = self._renamed[table]
            return Held(table, pit, "UNCHANGED", entry=self._before[before], note=f"renamed from {before}")
        stands = self._plan.consistency.mode != "as_of" and table not in self._gone
        entry = self._before.get(table) if stands else None
        return Held(table, pit, "UNCHANGED", entry=entry) if entry else None

    def why_absent(self, table: TableName) -> str:
        """In words for a person."""
        if table in {ref.table() for ref in self._plan.not_yet_created}:
            return f"it did not exist at {self._plan.pit}"
        for after, before in self._renamed.items():
            if before == table:
                return f"it is now {after}"
        if table in self._gone:
            return "it was dropped at the source; earlier PITs hold it"
        return "the catalog has no such table"
