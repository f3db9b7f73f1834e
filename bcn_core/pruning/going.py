"""The PITs that one sweep may remove: claimed by flags, then looked at for who uses them, and let go when one does."""

from collections.abc import Iterable

from bcn_core.copying import in_parallel
from bcn_core.errors import StorageRefused
from bcn_core.pruning.condemning import condemn, spared_of
from bcn_core.repository.flag_documents import Owner
from bcn_core.repository.flags import bury, drop_flag, raised_flags, take_flag
from bcn_core.repository.looks import Look
from bcn_core.repository.repository import Repository


class Going:
    """The PITs that this sweep may remove, and no other sweep meanwhile: their flags are up, and nobody uses them."""

    def __init__(self, repository: Repository, owner: Owner) -> None:
        self.repository = repository
        self.owner = owner
        self.published: set[str] = set()
        self.spared: dict[str, str] = {}
        self._all: set[str] = set()
        self._abandoned: set[str] = set()
        self._whole: set[str] = set()
        """PITs that bear a flag of this sweep, and of which nothing was removed: they can be let go again."""

    @property
    def pits(self) -> frozenset[str]:
        return frozenset(self._all)

    def claim(self, ready: Iterable[str], seen: Look) -> None:
        """Announce the sweep of condemned PITs, then look who uses them or calls them back.

        What another prune left half removed (a tombstone and no manifest) is finished too; unless that PIT was only
        being made, and exists by now.
        """
        due = set(ready)
        remains = seen.condemned.difference(seen.listing.sizes)
        wanted = sorted(due | remains)
        if not wanted:
            return
        taken = dict(in_parallel(lambda pit: (pit, self._announce(pit, seen)), wanted))
        # Each of these is read after the flags are up, and the PITs after the pins: a run takes its pin away only when
        # its PIT is there.
        used = spared_of(self.repository, wanted)
        flags = raised_flags(self.repository.store)
        there = set(self.repository.pits())
        self.spared = {pit: f"being removed by {who} already" for pit, who in taken.items() if who}
        self.spared |= used
        for pit in wanted:
            if "undelete" in flags.get(pit, ()) or "condemned" not in flags.get(pit, ()):
                self.spared[pit] = "called back" if pit in there else "removed by another prune meanwhile"
        for pit in remains.intersection(there) - due:
            self.spared[pit] = "published meanwhile"
        for pit in self.spared:
            if not taken[pit]:
                self._let_go(pit)
        self._all = set(wanted) - self.spared.keys()
        self.published = self._all & there

    def claim_abandoned(self, pits: Iterable[str]) -> None:
        """Runs that died long ago: what they left is kept for the next one, but not for ever."""
        marked = condemn(self.repository, self.owner, pits)
        there = set(self.repository.pits()) if marked.pits else set()
        for pit in marked.pits:
            if pit in there:
                bury(self.repository, pit)
            else:
                self._abandoned.add(pit)
        self._all |= self._abandoned

    def remove_manifests(self) -> bool:
        """Remove the manifests: from then on the PITs do not exist. Tell whether the store kept some (object lock)."""
        kept = {pit: why for pit, why in in_parallel(self._remove_manifest, sorted(self.published)) if why}
        for pit, why in kept.items():
            self.spared[pit] = f"the store keeps it: {why}"
            self._let_go(pit)
        self.published -= kept.keys()
        self._all -= kept.keys()
        return bool(kept)

    def withdraw(self) -> None:
        """Nothing more is removed: what is whole stays condemned, and can be called back.

        A PIT whose manifest is gone, or may be, keeps its flags: it must not be called back; the next prune ends it.
        """
        for pit in sorted(self._whole):
            self._let_go(pit)
        for pit in sorted(self._abandoned):
            drop_flag(self.repository, pit)

    def _announce(self, pit: str, seen: Look) -> str:
        """Raise the flag of a sweep; who else is at work on that PIT, if anybody."""
        other = take_flag(self.repository, pit, self.owner, "sweeping")
        if not other and pit in seen.listing.sizes:
            self._whole.add(pit)
        return other

    def _let_go(self, pit: str) -> None:
        drop_flag(self.repository, pit, "sweeping")
        self._whole.discard(pit)

    def _remove_manifest(self, pit: str) -> tuple[str, str]:
        self._whole.discard(pit)  # First: the store may do it and its answer be lost.
        try:
            self.repository.store.delete(self.repository.layout.pit_manifest(pit))
        except StorageRefused as error:
            return pit, error.message
        return pit, ""
