"""Removing objects: those of PITs that go, and old ones that nothing names."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from bcn_core.copying import in_parallel
from bcn_core.pruning.condemning import condemn
from bcn_core.pruning.leftovers import is_record, writer_of
from bcn_core.pruning.loose import Loose, Written, batched
from bcn_core.pruning.needs import Needed
from bcn_core.repository.flag_documents import Owner
from bcn_core.repository.flags import bury, drop_flag
from bcn_core.repository.layout import folder_of, table_folder
from bcn_core.repository.pit_listing import PitListing
from bcn_core.repository.repository import Repository
from bcn_core.storage.deleting import delete_all
from bcn_core.storage.store import ObjectStat

_BATCH = 1000
_JUDGED_AT_ONCE = 10_000


class Removal:
    """Removing every object that is not needed: those of PITs that go, and old ones that nothing names.

    ``tables``: the folders of tables of which captures went; ``apart``: those of the captures that were set apart;
    ``orphans``: how many of the ``objects`` no PIT named.
    """

    def __init__(
        self,
        repository: Repository,
        owner: Owner,
        going: frozenset[str],
        needed: Needed,
        safe: datetime,
    ) -> None:
        self.repository = repository
        self.owner = owner
        self.going = going
        self.needed = needed
        self.safe = safe.timestamp()
        self.objects = self.bytes = self.orphans = 0
        self.refused: list[str] = []
        self.tables: set[str] = set()
        self.apart: set[str] = set()

    def run(self) -> None:
        """Records of captures first: what is half removed must not be taken for whole."""
        needed = self.needed
        with Loose() as loose:
            old = set()
            for pit, found in unneeded(self.repository, needed):
                loose.add(pit, found)
                if self._is_old(pit, found):
                    old.add(pit)
            marked = self._claim_leftovers(old - needed.pits - set(needed.seen.listing.unfinished))
            leftover = marked | (old & needed.pits)
            for records in (True, False):
                chosen = (
                    one for one in loose if is_record(one[1].key) is records and self._goes(one, leftover)
                )
                for batch, refused in in_parallel(self._delete, batched(chosen, _BATCH)):
                    self._count(batch, refused)
        for pit in marked:
            bury(self.repository, pit)

    def _goes(self, one: Written, leftover: set[str]) -> bool:
        pit, found = one
        return pit in self.going or (pit in leftover and found.modified < self.safe)

    def _is_old(self, pit: str, found: ObjectStat) -> bool:
        return pit not in self.going and found.modified < self.safe

    def _claim_leftovers(self, pits: set[str]) -> set[str]:
        """PITs that neither exist nor are being made, and whose old loose objects may go.

        They could be begun anew at any moment, under the very same id: so they get a tombstone first, and only then it
        is looked whether they were.
        """
        marked = set(condemn(self.repository, self.owner, sorted(pits)).pits)
        now = self.repository.listed() if marked else PitListing({})
        begun = marked.intersection([*now.pits, *now.unfinished])
        for pit in begun:
            drop_flag(self.repository, pit)
        return marked - begun

    def _delete(self, batch: Sequence[Written]) -> tuple[Sequence[Written], frozenset[str]]:
        return batch, delete_all(self.repository.store, [found.key for _, found in batch])

    def _count(self, batch: Sequence[Written], refused: frozenset[str]) -> None:
        self.refused.extend(sorted(refused))
        for pit, found in batch:
            if found.key in refused:
                continue
            if is_record(found.key):
                folder = folder_of(found.key)
                self.tables.add(table_folder(folder))
                self.apart.update([folder] if self.needed.seen.is_apart(folder) else [])
            self.objects += 1
            self.bytes += found.size
            self.orphans += pit not in self.going


def unneeded(repository: Repository, needed: Needed) -> Iterator[Written]:
    """Every object that nothing needs, with the PIT that wrote it. What BCN did not write is not listed."""
    return (one for one, (kept,) in judged(repository, needed) if not kept)


def judged(repository: Repository, *needed: Needed) -> Iterator[tuple[Written, tuple[bool, ...]]]:
    """Every object that a PIT wrote, and whether it must stay by each of several counts of what is needed."""
    folder = repository.layout.folder
    listed = ((writer_of(folder, one.key), one) for one in repository.store.list(f"{folder}/databases"))
    written = ((pit, one) for pit, one in listed if pit is not None)
    for batch in batched(written, _JUDGED_AT_ONCE):
        yield from zip(batch, zip(*(one.kept(batch) for one in needed), strict=True), strict=True)
