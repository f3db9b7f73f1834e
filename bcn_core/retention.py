"""Retention: which PITs stay, which wait to be removed, what a prune frees; and how to keep or call back a PIT.

Planning reads, carrying out writes. A PIT goes in two steps: a tombstone now, its data after a grace period.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bcn_core.errors import Conflict, DamagedRepository, NotFound
from bcn_core.pruning.choosing import choose
from bcn_core.pruning.condemning import condemn
from bcn_core.pruning.policy import Policy
from bcn_core.pruning.sweeping import Needed, Swept, judged, still_needed, sweep
from bcn_core.repository.flag_documents import Owner
from bcn_core.repository.flags import (
    call_back,
    condemned,
    drop_holds,
    has_flag,
    held,
    put_hold,
    read_tombstone,
)
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
    now, named, stones = repository.now(), still_needed(repository, frozenset()), _stones(repository, rules)
    keep, remove = _judged(repository, rules, named, stones)
    going = frozenset({*(one.pit for one in remove), *stones})
    needed = still_needed(repository, going) if going else named
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
    stones = _stones(repository, plan.rules)
    now = repository.now()
    due = [pit for pit, stone in stones.items() if stone.until <= now]
    swept = sweep(repository, owner, due, now - plan.rules.orphans_after)
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
    if not call_back(repository, pit, owner):
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


def _stones(repository: Repository, rules: Rules) -> dict[str, Waiting]:
    """Every condemned PIT that still exists."""
    found: dict[str, Waiting] = {}
    for pit in sorted(condemned(repository.store).intersection(repository.pits())):
        try:
            stone = read_tombstone(repository, pit)
        except DamagedRepository as error:
            raise DamagedRepository(error.message, hint=f"bcn undelete {pit} takes it away") from error
        if stone is not None:
            found[pit] = Waiting(pit, stone.since, stone.since + rules.grace)
    return found


def _judged(
    repository: Repository, rules: Rules, named: Needed, stones: Mapping[str, Waiting]
) -> tuple[tuple[Judged, ...], tuple[Judged, ...]]:
    """The PITs that stay, and those that go, of all that do not wait already."""
    status = {pit: manifest.status for pit, manifest in named.found.manifests.items() if pit not in stones}
    choice = choose(status, held(repository), rules.policy, repository.now())
    apart = repository.isolated().difference(stones)
    damaged = tuple(Judged(pit, "damaged", (_APART,)) for pit in repository.pits() if pit in apart)
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
