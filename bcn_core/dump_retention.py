"""Retention of dumps: the rules, the flags and the two steps of PITs, for the dumps of the catalog's own database.

A dump stands on nothing and nothing stands on it, so there is less to decide: its manifest goes, then its bytes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bcn_core.dumping.dumps import Dumps
from bcn_core.errors import BcnError, Conflict, NotFound
from bcn_core.pruning.choosing import choose
from bcn_core.pruning.condemning import condemn, spared_of
from bcn_core.pruning.policy import Policy
from bcn_core.repository.documents import Status
from bcn_core.repository.flag_documents import Owner
from bcn_core.repository.flags import (
    bury,
    call_back,
    condemned_dumps,
    drop_flag,
    drop_holds,
    has_flag,
    held,
    put_flag,
    put_hold,
    read_tombstone,
)
from bcn_core.repository.layout import dump_flag, flagged_dump
from bcn_core.repository.pins import is_over, last_sign, read_pin, signs_of
from bcn_core.repository.pit_listing import PitListing
from bcn_core.repository.repository import Repository
from bcn_core.storage.store import ObjectStat


@dataclass(frozen=True, slots=True)
class DumpPrunePlan:
    """What a prune would do with the dumps; ``until`` says until when a waiting one can be called back."""

    keep: dict[str, tuple[str, ...]]
    remove: tuple[str, ...]
    until: dict[str, datetime]
    due: tuple[str, ...]
    orphans: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DumpsPruned:
    """What a prune did with the dumps."""

    condemned: tuple[str, ...]
    removed: tuple[str, ...]
    spared: dict[str, str]
    bytes: int


@dataclass(frozen=True, slots=True)
class DumpRules:
    """The rules of PITs, as far as they concern dumps."""

    policy: Policy
    grace: timedelta
    orphans_after: timedelta


def plan_dump_prune(repository: Repository, rules: DumpRules) -> DumpPrunePlan:
    """Decide which dumps would go; writes nothing. The newest dump stays whatever the rules say.

    Safety dumps are counted by themselves, under the same rules: that of a restore at noon must not take the place of
    the dump of that day.

    Raises:
        InvalidRequest: the rules keep nothing.
        DamagedRepository: a tombstone cannot be read.
    """
    rules.policy.check()
    dumps, now = Dumps(repository), repository.now()
    there = dumps.ids()
    until = _until(repository, there, rules.grace)
    keep = _kept(repository, [dump for dump in there if dump not in until], rules.policy)
    remove = tuple(dump for dump in there if dump not in keep and dump not in until)
    due = tuple(dump for dump, end in until.items() if end <= now)
    old = tuple(_orphans(repository, now - rules.orphans_after))
    return DumpPrunePlan(keep, remove, until, due, tuple(one.key for one in old))


def apply_dump_prune(
    repository: Repository, plan: DumpPrunePlan, rules: DumpRules, owner: Owner
) -> DumpsPruned:
    """Condemn what is to go; remove what has waited long enough, and what no manifest names.

    Raises:
        Conflict: clocks differ.
    """
    marked = condemn(repository, owner, map(dump_flag, plan.remove))
    gone, spared, freed = _sweep(repository, _due(repository, rules.grace), owner)
    for orphan in list(_orphans(repository, repository.now() - rules.orphans_after)):
        repository.store.delete(orphan.key)
        freed += orphan.size
    spared |= {name.removeprefix(dump_flag("")): why for name, why in marked.spared.items()}
    kept = tuple(name.removeprefix(dump_flag("")) for name in marked.pits)
    return DumpsPruned(kept, tuple(gone), spared, freed)


def hold_dump(repository: Repository, dump: str, owner: Owner, reason: str) -> None:
    """Keep a dump whatever the rules say, until it is released.

    Raises:
        NotFound: there is no such dump.
        Conflict: it is being removed.
    """
    flag = dump_flag(dump)
    if put_hold(repository, flag, owner, reason, lambda: dump in Dumps(repository).ids()):
        return
    if has_flag(repository, flag):
        raise Conflict(
            f"dump {dump} cannot be held: it is being removed", hint="see: bcn catalog-database list"
        )
    raise NotFound(f"there is no dump {dump}", hint="see: bcn catalog-database list")


def release_dump(repository: Repository, dump: str) -> int:
    """Take back all holds of a dump; how many there were.

    Raises:
        NotFound: nobody holds it.
    """
    count = drop_holds(repository, dump_flag(dump))
    if not count:
        raise NotFound(f"nobody holds dump {dump}", hint="bcn catalog-database list shows what is held")
    return count


def undelete_dump(repository: Repository, dump: str, owner: Owner) -> None:
    """Call a condemned dump back.

    Raises:
        NotFound: it is not condemned.
        Conflict: it is being removed already.
    """
    if dump not in condemned_dumps(repository.store):
        raise NotFound(f"dump {dump} is not waiting to be removed", hint="bcn prune shows all that wait")
    if not call_back(repository, dump_flag(dump), owner):
        raise Conflict(
            f"dump {dump} cannot be called back: it is being removed", hint="bcn prune --apply finishes that"
        )


def _kept(repository: Repository, alive: list[str], policy: Policy) -> dict[str, tuple[str, ...]]:
    """Dumps that stay, with the reasons, oldest first."""
    holds = {flagged_dump(flag): why for flag, why in held(repository).items()}
    held_dumps = {dump: why for dump, why in holds.items() if dump is not None}
    dumps, found = Dumps(repository), dict[str, tuple[str, ...]]()
    safety = [dump for dump in alive if dumps.is_safety(dump)]
    for series in (safety, [dump for dump in alive if dump not in safety]):
        statuses: dict[str, Status] = dict.fromkeys(series, "complete")
        found |= choose(statuses, held_dumps, policy, repository.now()).keep
    return dict(sorted(found.items()))


def _until(repository: Repository, dumps: list[str], grace: timedelta) -> dict[str, datetime]:
    """Every condemned dump that still exists, and until when it waits."""
    found = {}
    for dump in sorted(condemned_dumps(repository.store).intersection(dumps)):
        stone = read_tombstone(repository, dump_flag(dump))
        if stone is not None:
            found[dump] = stone.since + grace
    return found


def _due(repository: Repository, grace: timedelta) -> list[str]:
    """Dumps that have waited long enough, and what another prune left half removed: a tombstone and no manifest."""
    dumps = Dumps(repository).ids()
    over = [dump for dump, end in _until(repository, dumps, grace).items() if end <= repository.now()]
    return [*over, *sorted(condemned_dumps(repository.store) - set(dumps))]


def _sweep(repository: Repository, due: list[str], owner: Owner) -> tuple[list[str], dict[str, str], int]:
    """Announce, then look who uses them or calls them back; the manifest goes first, the flags last."""
    flags = {dump_flag(dump): dump for dump in due}
    raised = [flag for flag in flags if put_flag(repository, flag, owner, "sweeping")]
    spared = spared_of(repository, flags)
    for flag in flags:
        if has_flag(repository, flag, "undelete") or not has_flag(repository, flag):
            spared[flag] = "called back"
    for flag in set(raised) & spared.keys():
        drop_flag(repository, flag, "sweeping")
    gone = [dump for flag, dump in flags.items() if flag not in spared]
    freed = sum(_remove(repository, dump) for dump in gone)
    return gone, {flags[flag]: why for flag, why in spared.items()}, freed


def _remove(repository: Repository, dump: str) -> int:
    layout, freed = Dumps(repository).layout, 0
    repository.store.delete(layout.pit_manifest(dump))
    for found in list(repository.store.list(f"{layout.pits}/{dump}")):
        repository.store.delete(found.key)
        freed += found.size
    bury(repository, dump_flag(dump))
    return freed


def _orphans(repository: Repository, safe: datetime) -> Iterator[ObjectStat]:
    """What runs that died left: old objects of dumps that have no manifest and that nobody makes."""
    dumps = Dumps(repository)
    layout = dumps.layout
    # Who makes one is asked first: whoever is done since then is seen by the manifest.
    pins = PitListing.of(repository.store, layout.pits).pins
    made = {key.split("/")[-2] for key in pins if not _is_dead(repository, key)}
    there = set(dumps.ids())
    for found in repository.store.list(layout.pits):
        dump = found.key.removeprefix(f"{layout.pits}/").partition("/")[0]
        if dump not in there | made and found.modified < safe.timestamp():
            yield found


def _is_dead(repository: Repository, key: str) -> bool:
    try:
        pin = read_pin(repository.store, key)
        return is_over(pin, repository.now(), last_sign(pin, signs_of(repository.store, key)))
    except BcnError:
        return False
