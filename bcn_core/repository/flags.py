"""Tombstones and holds: a PIT that is to go, and a PIT that must stay.

The flag's presence counts, not what it says; but a sweep asks whose its flag is, so that no two remove one PIT.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import timedelta

from bcn_core.errors import DamagedRepository, ObjectExists, ObjectMissing
from bcn_core.repository import layout as keys
from bcn_core.repository.encoding import decode, encode
from bcn_core.repository.flag_documents import CaptureIsolation, Hold, Isolation, Owner, Tombstone
from bcn_core.repository.pins import is_dead
from bcn_core.repository.repository import Repository
from bcn_core.storage.store import Store

FLAG_LIFETIME = timedelta(hours=12)
"""How long the flag of a run that cannot be asked whether it lives is taken for its own: no sweep lasts longer."""


def condemned(store: Store) -> frozenset[str]:
    """The PITs that have a tombstone; one that cannot be read counts as well."""
    return frozenset(name for name in _with_tombstone(store) if keys.flagged_dump(name) is None)


def condemned_dumps(store: Store) -> frozenset[str]:
    """The dumps that have a tombstone, by their own ids."""
    return frozenset(dump for name in _with_tombstone(store) if (dump := keys.flagged_dump(name)))


def _with_tombstone(store: Store) -> Iterator[str]:
    for found in store.list(keys.TOMBSTONES):
        if found.key.endswith("/condemned.json"):
            yield found.key.split("/")[1]


def raised_flags(store: Store) -> Mapping[str, frozenset[str]]:
    """Every flag about a PIT or a dump that is to go, by what it is about."""
    found: dict[str, frozenset[str]] = {}
    for one in store.list(keys.TOMBSTONES):
        folder, _, flag = one.key.rpartition("/")
        pit = folder.rpartition("/")[2]
        found[pit] = found.get(pit, frozenset()) | {flag.removesuffix(".json")}
    return found


def isolate(repository: Repository, pit: str, owner: Owner, reason: str) -> None:
    """Set a damaged PIT apart: nothing new stands on it, and prune keeps what it may need."""
    flag = Isolation(pit=pit, owner=owner, since=repository.now(), reason=reason)
    with suppress(ObjectExists):
        repository.store.put_new(keys.isolation(pit), [encode(flag)])


def readmit(repository: Repository, pit: str) -> None:
    """Take an isolation back: the PIT is whole again, or gone."""
    repository.store.delete(keys.isolation(pit))


def isolate_capture(repository: Repository, folder: str, owner: Owner, reason: str) -> None:
    """Set one capture apart that has lost something for good: the next backup captures its table anew."""
    pit = folder.rpartition("/")[2]
    flag = CaptureIsolation(capture=folder, pit=pit, owner=owner, since=repository.now(), reason=reason)
    with suppress(ObjectExists):
        repository.store.put_new(keys.capture_isolation(folder), [encode(flag)])


def isolated_captures(repository: Repository, folders: Iterable[str]) -> frozenset[str]:
    """Those of some captures that are set apart; the flag's presence counts."""
    flags = {found.key for found in repository.store.list(f"{keys.ISOLATED}/captures")}
    return frozenset(folder for folder in folders if flags and keys.capture_isolation(folder) in flags)


def readmit_capture(repository: Repository, folder: str) -> None:
    """Take the isolation of a capture back: it is whole again, or gone."""
    repository.store.delete(keys.capture_isolation(folder))


def put_flag(repository: Repository, pit: str, owner: Owner, flag: str = "condemned") -> bool:
    """Raise a flag about a PIT; tell whether it was not there before."""
    stone = Tombstone(pit=pit, owner=owner, since=repository.now())
    try:
        repository.store.put_new(keys.tombstone(pit, flag), [encode(stone)])
    except ObjectExists:
        return False
    return True


def take_flag(repository: Repository, pit: str, owner: Owner, flag: str) -> str:
    """Raise a flag in one's own name, also in the place of one that was left behind; who has it else.

    A flag is left behind when its raiser is surely gone, or, on a machine that cannot be asked, after
    :data:`FLAG_LIFETIME`: what a killed prune began must be ended by the next one, and not by two at a time.
    """
    for _ in range(2):
        if put_flag(repository, pit, owner, flag):
            return ""
        try:
            stone = read_tombstone(repository, pit, flag)
        except DamagedRepository:
            drop_flag(repository, pit, flag)
            continue
        if stone is None:
            continue
        if stone.owner == owner:
            return ""
        if repository.now() - stone.since <= FLAG_LIFETIME and not is_dead(stone.owner):
            return f"{stone.owner.name} on {stone.owner.host} since {stone.since:%Y-%m-%d %H:%M} UTC"
        drop_flag(repository, pit, flag)
    return "another run"


def drop_flag(repository: Repository, pit: str, flag: str = "condemned") -> None:
    """Take a flag back."""
    repository.store.delete(keys.tombstone(pit, flag))


def has_flag(repository: Repository, pit: str, flag: str = "condemned") -> bool:
    """Whether a flag is there, readable or not."""
    try:
        repository.store.stat(keys.tombstone(pit, flag))
    except ObjectMissing:
        return False
    return True


def bury(repository: Repository, pit: str) -> None:
    """Take all flags of a PIT away, the tombstone last: until then nobody begins that PIT anew."""
    for flag in ("sweeping", "undelete", "condemned"):
        drop_flag(repository, pit, flag)


def call_back(repository: Repository, pit: str, owner: Owner) -> bool:
    """Take a tombstone away unless a sweep was first; announced, so that a sweep that begins meanwhile sees it."""
    put_flag(repository, pit, owner, "undelete")
    if has_flag(repository, pit, "sweeping"):
        drop_flag(repository, pit, "undelete")
        return False
    drop_flag(repository, pit)
    drop_flag(repository, pit, "undelete")
    return True


def read_tombstone(repository: Repository, pit: str, flag: str = "condemned") -> Tombstone | None:
    """What a flag about a PIT says; None when it is gone.

    Raises:
        DamagedRepository: it cannot be read.
    """
    key = keys.tombstone(pit, flag)
    try:
        return decode(Tombstone, repository.store.get(key), key)
    except ObjectMissing:
        return None


def held(repository: Repository) -> dict[str, tuple[str, ...]]:
    """What somebody wants kept, and why; a hold that cannot be read still holds. Dumps: under their flag's name."""
    found: dict[str, tuple[str, ...]] = {}
    for entry in repository.store.list(keys.HOLDS):
        pit = entry.key.split("/")[1]
        found[pit] = (*found.get(pit, ()), _reason(repository, entry.key))
    return found


def put_hold(
    repository: Repository, pit: str, owner: Owner, reason: str, is_there: Callable[[], bool]
) -> bool:
    """Note that a PIT must stay, then look: False, and this hold gone, when the PIT is gone or a sweep was first.

    Holds of others stay: the sweep that was first may be about to spare the PIT because of one of them.
    """
    key = keys.hold(pit, secrets.token_hex(4))
    hold = Hold(pit=pit, owner=owner, since=repository.now(), reason=reason)
    repository.store.put_new(key, [encode(hold)])
    if is_there() and not has_flag(repository, pit, "sweeping"):
        return True
    repository.store.delete(key)
    return False


def drop_holds(repository: Repository, pit: str) -> int:
    """Take back every hold of a PIT; how many there were."""
    found = [entry.key for entry in repository.store.list(f"{keys.HOLDS}/{pit}")]
    for key in found:
        repository.store.delete(key)
    return len(found)


def _reason(repository: Repository, key: str) -> str:
    try:
        return decode(Hold, repository.store.get(key), key).reason
    except (DamagedRepository, ObjectMissing) as error:
        return f"unreadable: {error.message}"
