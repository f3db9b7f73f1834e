"""Retention: which PITs stay, which wait to be removed, what a prune frees; and how to keep or call back a PIT.

Planning reads, carrying out writes. A PIT goes in two steps: a tombstone now, its data after a grace period.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bcn_core.copying import in_parallel
from bcn_core.errors import Conflict, DamagedRepository, NotFound
from bcn_core.pruning.choosing import choose
from bcn_core.pruning.condemning import condemn
from bcn_core.pruning.needs import Needed, check_left, needed_without
from bcn_core.pruning.policy import Policy
from bcn_core.pruning.removal import judged
from bcn_core.pruning.sweeping import Swept, sweep
from bcn_core.references import references
from bcn_core.repository.documents import PitManifest
from bcn_core.repository.flag_documents import Owner, Tombstone
from bcn_core.repository.flags import (
    call_back,
    condemned,
    drop_holds,
    has_flag,
    held,
    put_hold,
    read_tombstone,
)
from bcn_core.repository.looks import Look, look
from bcn_core.repository.repository import Repository

__all__ = [
    "Policy",
    "PrunePlan",
    "Pruned",
    "Rules",
    "apply_prune",
    "hold",
    "plan_prune",
    "release",
    "undelete",
]


_APART = "set apart as damaged"
_WHY_NOT = {"complete": "no rule keeps it", "partial": "partial: no rule counts it"}


@dataclass(frozen=True, slots=True)
class Rules:
    """What to keep, how long a condemned PIT waits, and how long what no PIT names is left alone.

    ``drop_isolated``: PITs that were set apart as damaged go as well; else they stay, with all that they may need.
    """

    policy: Policy
    grace: timedelta = timedelta(days=3)
    orphans_after: timedelta = timedelta(days=7)
    drop_isolated: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """A PIT that stays or goes, and why."""

    pit: str
    status: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A condemned PIT: since when, and until when ``bcn undelete`` calls it back for sure."""

    pit: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class PrunePlan:
    """Everything that a prune would do. ``bytes`` are freed when all of ``remove``, ``waiting`` and ``due`` is gone.

    ``orphans`` are objects that no PIT names, old enough to go, ``young_orphans`` those that are left alone as yet.
    """

    keep: tuple[Judged, ...]
    remove: tuple[Judged, ...]
    waiting: tuple[Waiting, ...]
    due: tuple[str, ...]
    bytes: int
    objects: int
    orphans: int
    orphan_bytes: int
    young_orphans: int
    rules: Rules


@dataclass(frozen=True, slots=True)
class Pruned:
    """What a prune did: PITs that wait now, and what was removed."""

    condemned: tuple[str, ...]
    spared: Mapping[str, str]
    swept: Swept


def plan_prune(repository: Repository, rules: Rules) -> PrunePlan:
    """Decide what would go; writes nothing.

    Raises:
        InvalidRequest: the policy keeps nothing.
        DamagedRepository: a PIT cannot be read: then nobody knows what is needed.
    """
    rules.policy.check()
    now, seen = repository.now(), look(repository)
    found, stones = references(repository, seen.shown), _stones(repository, rules, seen)
    keep, remove = _judged(repository, rules, found.manifests, stones.keys(), seen)
    going = frozenset({*(one.pit for one in remove), *stones})
    check_left(
        [one.status for pit, one in found.manifests.items() if pit in going],
        [one.status for pit, one in found.manifests.items() if pit not in going],
    )
    counts = needed_without(repository, seen, found, frozenset(), *([going] if going else []))
    named, needed = counts[0], counts[-1]
    freed, orphans, young = _freed(repository, going, (needed, named), now - rules.orphans_after)
    return PrunePlan(
        keep=keep,
        remove=remove,
        waiting=tuple(stone for stone in stones.values() if stone.until > now),
        due=tuple(pit for pit, stone in stones.items() if stone.until <= now),
        bytes=freed.bytes,
        objects=freed.objects,
        orphans=orphans.objects,
        orphan_bytes=orphans.bytes,
        young_orphans=young.objects,
        rules=rules,
    )


def apply_prune(repository: Repository, plan: PrunePlan, owner: Owner) -> Pruned:
    """Carry a plan out: condemn what is to go, then sweep what has waited long enough, and old orphans.

    Raises:
        Conflict: clocks differ, or no complete PIT would be left.
        DamagedRepository: a PIT that stays cannot be read; nothing was removed.
    """
    marked = condemn(repository, owner, [one.pit for one in plan.remove])
    # The plan may be of yesterday, and others may have called PITs back since.
    seen, now = look(repository), repository.now()
    due = [pit for pit, stone in _stones(repository, plan.rules, seen).items() if stone.until <= now]
    swept = sweep(repository, owner, due, now - plan.rules.orphans_after, seen)
    return Pruned(marked.pits, marked.spared | swept.spared, swept)


def undelete(repository: Repository, pit: str, owner: Owner) -> None:
    """Call a condemned PIT back.

    Raises:
        NotFound: it is not condemned.
        Conflict: its data is being removed already.
    """
    if pit not in condemned(repository.store):
        raise NotFound(
            f"PIT {pit} is not waiting to be removed", hint="see: bcn prune, which shows all that wait"
        )
    # A prune that was killed, or that met a fault, may have removed the manifest: then there is nothing to come back.
    if pit not in repository.pits() or not call_back(repository, pit, owner):
        raise Conflict(
            f"PIT {pit} cannot be called back: its data is being removed",
            hint="bcn prune --apply finishes that",
        )


def hold(repository: Repository, pit: str, owner: Owner, reason: str) -> None:
    """Keep a PIT whatever the policy says, until it is released.

    Raises:
        NotFound: there is no such PIT.
        Conflict: it is being removed.
    """
    if put_hold(repository, pit, owner, reason, lambda: pit in repository.pits()):
        return
    if has_flag(repository, pit):
        raise Conflict(f"PIT {pit} cannot be held: it is being removed", hint="see: bcn describe")
    raise NotFound(f"there is no PIT {pit} in {repository.store.url}", hint="see: bcn describe")


def release(repository: Repository, pit: str) -> int:
    """Take back all holds of a PIT; how many there were.

    Raises:
        NotFound: nobody holds it.
    """
    count = drop_holds(repository, pit)
    if not count:
        raise NotFound(f"nobody holds PIT {pit}", hint="bcn prune shows what is held")
    return count


def _stones(repository: Repository, rules: Rules, seen: Look) -> dict[str, Waiting]:
    """Every condemned PIT that still exists."""

    def read(pit: str) -> tuple[str, Tombstone | None]:
        try:
            return pit, read_tombstone(repository, pit)
        except DamagedRepository as error:
            raise DamagedRepository(error.message, hint=f"bcn undelete {pit} takes it away") from error

    there = sorted(seen.condemned.intersection(seen.listing.sizes))
    found = in_parallel(read, there)
    return {pit: Waiting(pit, one.since, one.since + rules.grace) for pit, one in found if one is not None}


def _judged(
    repository: Repository,
    rules: Rules,
    manifests: Mapping[str, PitManifest],
    waiting: Collection[str],
    seen: Look,
) -> tuple[tuple[Judged, ...], tuple[Judged, ...]]:
    """The PITs that stay, and those that go, of all that do not wait already."""
    status = {pit: one.status for pit, one in manifests.items() if pit not in waiting}
    choice = choose(status, held(repository), rules.policy, repository.now())
    apart = [pit for pit in seen.listing.pits if seen.is_isolated(pit) and pit not in waiting]
    damaged = tuple(Judged(pit, "damaged", (_APART,)) for pit in apart)
    keep = tuple(Judged(pit, status[pit], why) for pit, why in choice.keep.items())
    remove = tuple(Judged(pit, status[pit], (_WHY_NOT[status[pit]],)) for pit in choice.remove)
    return (keep, remove + damaged) if rules.drop_isolated else (keep + damaged, remove)


@dataclass(slots=True)
class _Tally:
    """So many objects of so many bytes."""

    objects: int = 0
    bytes: int = 0

    def add(self, size: int) -> None:
        self.objects += 1
        self.bytes += size


def _freed(
    repository: Repository, going: frozenset[str], counts: tuple[Needed, Needed], safe: datetime
) -> tuple[_Tally, _Tally, _Tally]:
    """What the PITs that go leave behind, old orphans, and young ones; ``counts``: what is needed then, and now."""
    freed, orphans, young = _Tally(), _Tally(), _Tally()
    for (pit, found), (stays, is_named) in judged(repository, *counts):
        if stays:
            continue
        if pit in going or is_named:
            freed.add(found.size)
        else:
            (orphans if found.modified < safe.timestamp() else young).add(found.size)
    return freed, orphans, young
