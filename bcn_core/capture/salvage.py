"""What runs that died have copied already. It is found in the store itself, never in a note that a dead run left.

The lists of parts (parts.py) are of the PIT at hand: they spare reading what its own steps copied and hashed.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from bcn_core.capture.parts import copied_in_parts
from bcn_core.copying import Copied, digest_of
from bcn_core.names import TableName
from bcn_core.repository.documents import Plan, PlannedCapture
from bcn_core.repository.layout import stored_file, stored_files
from bcn_core.repository.repository import Repository


@dataclass(frozen=True, slots=True)
class Salvaged:
    """A whole object that an unpublished PIT left."""

    key: str
    pit: str
    copied: Copied


class Salvage:
    """The objects that unpublished PITs hold of one table.

    They appear whole or not at all, so path and size tell that one is what it seems.
    """

    def __init__(self, repository: Repository, table: TableName, pits: list[str], own: str) -> None:
        self._store = repository.store
        self._folders = [
            (repository.layout.capture(table, pit, full=full), pit)
            for pit in reversed(pits)
            for full in (True, False)
        ]
        self._sizes = {
            found.key: found.size
            for folder, _ in self._folders
            for found in self._store.list(stored_files(folder))
        }
        self._hashed = {
            key: copied
            for folder, pit in self._folders
            if pit == own
            for key, copied in copied_in_parts(repository, folder).items()
        }

    def holds(self, key: str, copied: Copied) -> bool:
        """Whether a part of this PIT stored these very bytes under a key, and says so in its list."""
        return key in self._sizes and self._hashed.get(key) == copied

    def find(self, root: str, relative: str, size: int | None) -> Salvaged | None:
        """A file of the given size that is there already; its bytes are read once, where no step has hashed them."""
        for folder, pit in self._folders:
            key = stored_file(folder, root, relative)
            if size is not None and self._sizes.get(key) == size:
                return Salvaged(key, pit, self._hashed.get(key) or digest_of(self._store, key))
        return None


def salvage_for(repository: Repository, planned: PlannedCapture, plans: Iterable[Plan], own: str) -> Salvage:
    """What there is to salvage for a table: from those plans that were to capture this very table."""
    pits = [
        plan.pit
        for plan in plans
        if any(one.table == planned.table and one.uuid == planned.uuid for one in plan.captures)
    ]
    return Salvage(repository, planned.table.table(), pits, own)
