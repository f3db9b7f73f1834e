"""What runs that died have copied already. It is found in the store itself, never in a note that a dead run left.

The lists of parts (parts.py) are of the PIT at hand: they spare reading what its own steps copied and hashed.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from bcn_core.capture.parts import copied_in_parts
from bcn_core.copying import Copied, digest_of
from bcn_core.names import TableName
from bcn_core.repository.documents import Plan, PlannedCapture
from bcn_core.repository.layout import capture_record, is_part_list, stored_file
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
        # One listing for each folder: its record, its files, and the lists of its parts.
        listed = {folder: list(self._store.list(folder)) for folder, _ in self._folders}
        self._sizes = {found.key: found.size for held in listed.values() for found in held}
        mine = [folder for folder, pit in self._folders if pit == own]
        self.has_record = any(capture_record(folder) in self._sizes for folder in mine)
        self._hashed = copied_in_parts(
            repository,
            [found.key for folder in mine for found in listed[folder] if is_part_list(folder, found.key)],
        )

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
