"""The second half of prune: manifests of condemned PITs go first, then every object that no other PIT needs."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bcn_core.copying import in_parallel
from bcn_core.errors import Conflict, DamagedRepository, StorageRefused, UnsupportedFormat
from bcn_core.events import silent
from bcn_core.pruning.condemning import condemn, spared_of
from bcn_core.pruning.leftovers import is_record, writer_of
from bcn_core.pruning.loose import Loose, Written, batched
from bcn_core.pruning.unfinished import Unfinished, discard_left
from bcn_core.references import References, add_capture, needed_keys, references
from bcn_core.repository.documents import CaptureRecord, Plan
from bcn_core.repository.flag_documents import Owner
from bcn_core.repository.flags import (
    bury,
    drop_flag,
    put_flag,
    raised_flags,
    readmit,
)
from bcn_core.repository.key_sets import KeySet
from bcn_core.repository.layout import folder_of, table_folder
from bcn_core.repository.looks import Look, look
from bcn_core.repository.pit_listing import PitListing
from bcn_core.repository.repository import Repository
from bcn_core.storage.deleting import delete_all
from bcn_core.storage.store import ObjectStat
from bcn_core.views import refresh_months, refresh_tables

_DELETES_AT_ONCE = 8
_BATCH = 1000
_JUDGED_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Swept:
    """PITs that are gone, PITs that were spared and why, and what was freed; orphans were named by no PIT at all.

    ``unfinished``: what killed writers had left, which no listing shows and which is counted nowhere else.
    """

    pits: tuple[str, ...]
    spared: dict[str, str]
    objects: int
    bytes: int
    orphans: int
    refused: tuple[str, ...] = ()
    unfinished: Unfinished = field(default_factory=Unfinished)


def sweep(
    repository: Repository, owner: Owner, ready: Iterable[str], safe: datetime, seen: Look | None = None
) -> Swept:
    """Remove condemned PITs, and orphans that nobody touched since ``safe``; ``seen``: what there was just now.

    Raises:
        BcnError: anything that is kept cannot be read: then nothing is removed (restic#4612).
    """
    seen, going = seen or look(repository), _Going(repository, owner)
    try:
        going.claim(ready, seen)
        going.claim_abandoned(seen.listing.untouched_since(safe.timestamp()))
        needed = still_needed(repository, going.pits)
        if going.remove_manifests():
            needed = still_needed(repository, going.pits)
    except BaseException:
        going.withdraw()
        raise
    removed = _Removal(repository, owner, going.pits, safe)
    removed.run(needed)
    refresh_tables(needed.found, removed.tables, silent)
    if going.published:
        # Removing took its time: a PIT that was published meanwhile must not drop out of its month's view.
        sizes, apart = repository.manifest_sizes(), needed.seen.isolated
        shown = {pit: size for pit, size in sizes.items() if pit not in apart}
        refresh_months(repository, going.published, silent, shown, needed.found.manifests)
    for _ in in_parallel(
        lambda pit: _remove_traces(repository, pit, needed.seen, removed.refused),
        sorted(going.pits),
        _DELETES_AT_ONCE,
    ):
        pass
    return Swept(
        pits=tuple(sorted(going.published)),
        spared=going.spared,
        objects=removed.objects,
        bytes=removed.bytes,
        orphans=removed.orphans,
        refused=tuple(removed.refused),
        unfinished=discard_left(repository, seen, safe),
    )


@dataclass(frozen=True, slots=True)
class Needed:
    """The keys that must stay, and the PITs that existed when they were counted, with what they name.

    ``guarded``: what these PITs and all before them wrote stays too, since a PIT that was set apart may need it.
    """

    keys: KeySet
    found: References
    seen: Look
    guarded: str = ""

    def kept(self, objects: Sequence[Written]) -> list[bool]:
        """Which of some objects must stay, by the PITs that wrote them and by their keys."""
        named = self.keys.has([found.key for _, found in objects])
        return [held or pit <= self.guarded for held, (pit, _) in zip(named, objects, strict=True)]

    @property
    def pits(self) -> frozenset[str]:
        return frozenset(self.found.manifests)


def still_needed(repository: Repository, going: frozenset[str]) -> Needed:
    """What everything needs that stays: PITs, and captures of PITs that are unfinished and may still be.

    It takes a look of its own, once all flags are up: a PIT may have been published since, whose pin is gone, and that
    names objects of an abandoned one that goes.

    Raises:
        BcnError: something of it cannot be read.
        Conflict: no complete PIT would stay.
    """
    seen = look(repository)
    found = references(repository, [pit for pit in seen.shown if pit not in going])
    leaving = (repository.pit(pit).status for pit in sorted(going & seen.shown.keys()))
    check_left(leaving, (one.status for one in found.manifests.values()))
    (needed,) = needed_without(repository, seen, found, going)
    return needed


def check_left(leaving: Iterable[str], staying: Iterable[str]) -> None:
    """Refuse to remove the last complete PIT.

    Raises:
        Conflict: no complete PIT would stay.
    """
    if "complete" in leaving and "complete" not in staying:
        raise Conflict("no complete PIT would be left: nothing was removed", hint="take a backup first")


def needed_without(
    repository: Repository, seen: Look, found: References, *goings: frozenset[str]
) -> list[Needed]:
    """What is needed when some PITs go, for several choices of them; ``found``: what all the others name.

    Raises:
        BcnError: something of it cannot be read.
    """
    parts = [found.without(going) for going in goings]
    lost = [_without_lost(seen, part) for part in (found, *parts)][1:]
    sets = needed_keys(found, *parts)
    for pit, folder, record in _unfinished(repository, seen, frozenset.intersection(*goings)):
        objects = repository.objects(record)
        for keys, going in zip(sets, goings, strict=True):
            if pit not in going:
                add_capture(keys, folder, record, objects)
    apart = [seen.isolated.intersection(seen.listing.sizes) - going for going in goings]
    guards = [{*some, *more} for some, more in zip(apart, lost, strict=True)]
    reach = {pit: _reach(repository, pit) for pit in set().union(*guards)}
    return [
        Needed(keys, part, seen, max((reach[pit] for pit in guarded), default=""))
        for keys, part, guarded in zip(sets, parts, guards, strict=True)
    ]


def _unfinished(
    repository: Repository, seen: Look, going: frozenset[str]
) -> Iterator[tuple[str, str, CaptureRecord]]:
    """Captures of PITs that may still be published."""
    for pit in seen.listing.unfinished:
        plan = _readable_plan(repository, pit) if pit not in going else None
        for planned in plan.captures if plan else ():
            capture = repository.find_capture(planned.table.table(), pit)
            if capture is not None:
                yield pit, *capture[:2]


def _without_lost(seen: Look, found: References) -> set[str]:
    """Leave out the captures that were set apart, whose documents may be unreadable; the PITs that made them."""
    folders = [folder for folder in found.captures if seen.is_apart(folder)]
    return {found.captures.pop(folder).entry.capture_pit for folder in folders}


def _reach(repository: Repository, pit: str) -> str:
    """The last PIT of whose objects a PIT that cannot be read may need some.

    A PIT stands on earlier ones. One of the past also on the newest of its time, so that any may be needed.
    """
    plan = _readable_plan(repository, pit)
    return pit if plan is not None and plan.consistency.mode != "as_of" else "~"


def _readable_plan(repository: Repository, pit: str) -> Plan | None:
    """A PIT whose plan cannot be read can never be published."""
    try:
        return repository.plan(pit)
    except (DamagedRepository, UnsupportedFormat):
        return None


class _Going:
    """The PITs that this sweep may remove: their flags are up, and nobody uses them."""

    def __init__(self, repository: Repository, owner: Owner) -> None:
        self.repository = repository
        self.owner = owner
        self.published: set[str] = set()
        self.spared: dict[str, str] = {}
        self._all: set[str] = set()
        self._raised: set[str] = set()

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
        raised = in_parallel(lambda pit: (pit, self._announce(pit)), wanted, _DELETES_AT_ONCE)
        self._raised = {pit for pit, is_new in raised if is_new}
        # Each of these is read after the flags are up, and the PITs after the pins: a run takes its pin away only when
        # its PIT is there.
        self.spared = spared_of(self.repository, wanted)
        flags = raised_flags(self.repository.store)
        there = set(self.repository.pits())
        for pit in wanted:
            if "undelete" in flags.get(pit, ()) or "condemned" not in flags.get(pit, ()):
                self.spared[pit] = "called back"
        for pit in remains.intersection(there) - due:
            self.spared[pit] = "published meanwhile"
        for pit in self._raised & self.spared.keys():
            drop_flag(self.repository, pit, "sweeping")
        self._all = set(wanted) - self.spared.keys()
        self.published = self._all & there

    def _announce(self, pit: str) -> bool:
        return put_flag(self.repository, pit, self.owner, "sweeping")

    def remove_manifests(self) -> bool:
        """Remove the manifests: from then on the PITs do not exist. Tell whether the store kept some (object lock)."""
        kept = {
            pit: why
            for pit, why in in_parallel(self._remove_manifest, sorted(self.published), _DELETES_AT_ONCE)
            if why
        }
        for pit, why in kept.items():
            self.spared[pit] = f"the store keeps it: {why}"
            drop_flag(self.repository, pit, "sweeping")
        self.published -= kept.keys()
        self._all -= kept.keys()
        return bool(kept)

    def _remove_manifest(self, pit: str) -> tuple[str, str]:
        try:
            self.repository.store.delete(self.repository.layout.pit_manifest(pit))
        except StorageRefused as error:
            return pit, error.message
        return pit, ""

    def claim_abandoned(self, pits: Iterable[str]) -> None:
        """Runs that died long ago: what they left is kept for the next one, but not for ever."""
        marked = condemn(self.repository, self.owner, pits)
        there = set(self.repository.pits()) if marked.pits else set()
        for pit in marked.pits:
            if pit in there:
                bury(self.repository, pit)
            else:
                self._all.add(pit)

    def withdraw(self) -> None:
        """Nothing is removed after all; condemned PITs stay condemned, and can be called back."""
        for pit in self._raised:
            drop_flag(self.repository, pit, "sweeping")
        for pit in self._all - self.published - self._raised:
            drop_flag(self.repository, pit)


class _Removal:
    """Removing every object that is not needed: those of PITs that go, and old ones that nothing names."""

    def __init__(self, repository: Repository, owner: Owner, going: frozenset[str], safe: datetime) -> None:
        self.repository = repository
        self.owner = owner
        self.going = going
        self.safe = safe.timestamp()
        self.objects = self.bytes = self.orphans = 0
        self.refused: list[str] = []
        self.tables: set[str] = set()

    def run(self, needed: Needed) -> None:
        """Records of captures first: what is half removed must not be taken for whole."""
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
                for batch, refused in in_parallel(self._delete, batched(chosen, _BATCH), _DELETES_AT_ONCE):
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
                self.tables.add(table_folder(folder_of(found.key)))
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


def _remove_traces(repository: Repository, pit: str, seen: Look, refused: list[str]) -> None:
    """What is left in the PIT's own folder, then its flags; they stay while an object could not be removed."""
    for key in seen.listing.keys_of(pit):
        if key != repository.layout.pit_manifest(pit):
            repository.store.delete(key)
    if seen.is_isolated(pit):
        readmit(repository, pit)
    if not any(f"/{pit}" in key for key in refused):
        bury(repository, pit)
