"""What a check found: which object, what is wrong with it, and whom that concerns."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from bcn_core.errors import BcnError
from bcn_core.names import TableName
from bcn_core.references import NamedCapture, NamedView, References
from bcn_core.repository.layout import capture_record, folder_of


@dataclass(frozen=True, slots=True)
class Original:
    """What an object must be: its SHA-256, empty where nobody knows, and the source's file that it was copied from."""

    sha256: str = ""
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """One damaged or missing object, the tables and the PITs that need it.

    No tables stands for all of the PITs; no PITs: no restore needs the object, and yet it is not what was written.
    """

    key: str
    problem: str
    pits: tuple[str, ...]
    tables: tuple[TableName, ...] = ()
    original: Original = Original()


@dataclass(slots=True)
class Faults:
    """Faults by object: several captures may need the same one."""

    found: dict[tuple[str, str], Fault] = field(default_factory=dict)

    def add(
        self,
        key: str,
        problem: str,
        pits: Iterable[str],
        table: TableName | None = None,
        original: Original | None = None,
    ) -> None:
        """Note a fault, or that it concerns more than was known."""
        before = self.found.get((key, problem), Fault(key, problem, ()))
        tables = {*before.tables, *([table] if table else [])}
        self.found[key, problem] = Fault(
            key,
            problem,
            tuple(sorted({*before.pits, *pits})),
            tuple(sorted(tables)),
            original or before.original,
        )

    def of_document(self, key: str, error: BcnError, found: References) -> None:
        """Note a manifest, an index or a capture that cannot be read."""
        if key in found.indexes:
            self.add(
                key,
                error.message,
                found.pits_of_index(key),
                original=Original(found.indexes[key].sha256),
            )
            return
        named = found.captures.get(folder_of(key))
        if named is not None:
            original = Original(_digest_of(key, found, named))
            self.of_capture(key, error.message, found, named, original)
        else:
            pit = folder_of(key).rpartition("/")[2]
            self.add(key, error.message, (pit,), original=Original(_known_by_child(pit, found)))

    def of_capture(
        self, key: str, problem: str, found: References, named: NamedCapture, original: Original | None = None
    ) -> None:
        """Note an object that a capture needs."""
        self.add(key, problem, found.pits_of(named), named.table, original)

    def of_view(self, named: NamedView, problem: str, found: References) -> None:
        """Note a view's metadata file."""
        original = Original(named.view.sha256, named.view.pointer)
        self.add(named.view.object, problem, found.pits_of(named), named.name, original)

    @property
    def all(self) -> tuple[Fault, ...]:
        return tuple(self.found[one] for one in sorted(self.found))


def _digest_of(key: str, found: References, named: NamedCapture) -> str:
    """The digest that a capture's document must have: the record's stands in the index, the list's in the record."""
    if key == capture_record(named.entry.capture):
        return named.entry.capture_digest
    try:
        return found.repository.capture(named.entry).files_sha256
    except BcnError:
        return ""


def _known_by_child(pit: str, found: References) -> str:
    """The digest of a PIT's manifest, as the PIT that was made on it remembers."""
    parents = (manifest.parent_pit for manifest in found.manifests.values())
    return next((parent.sha256 for parent in parents if parent is not None and parent.pit == pit), "")


def whole_pits(pits: Iterable[str], faults: Iterable[Fault]) -> tuple[str, ...]:
    """The PITs that no fault concerns."""
    harmed = {pit for fault in faults for pit in fault.pits}
    return tuple(pit for pit in pits if pit not in harmed)


def still_whole(found: References, faults: Iterable[Fault]) -> dict[TableName, str | None]:
    """For each table that a fault concerns: the newest PIT that holds it unharmed, None when there is none."""
    harmed: dict[TableName, set[str]] = {}
    unreadable = {pit for fault in faults if not fault.tables for pit in fault.pits}
    for fault in faults:
        for table in fault.tables:
            harmed.setdefault(table, set()).update(fault.pits)
    holding: dict[TableName, set[str]] = {table: set() for table in harmed}
    for named in found.captures.values():
        if named.table in holding:
            holding[named.table].update(found.pits_of(named))
    for view in found.views.values():
        if view.name in holding:
            holding[view.name].update(found.pits_of(view))
    return {
        table: max(holding[table] - pits - unreadable, default=None) for table, pits in sorted(harmed.items())
    }
