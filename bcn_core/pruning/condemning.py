"""The first half of prune: a tombstone for each PIT that is to go, and only then a look at who uses it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bcn_core.copying import in_parallel
from bcn_core.errors import Conflict
from bcn_core.repository import layout as keys
from bcn_core.repository.flag_documents import Owner
from bcn_core.repository.flags import drop_flag, held, put_flag
from bcn_core.repository.readers import Use, uses
from bcn_core.repository.repository import Repository

_CLOCKS_MAY_DIFFER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Condemned:
    """PITs that have a tombstone now, and PITs that were spared, with who uses or holds them."""

    pits: tuple[str, ...]
    spared: dict[str, str]


def condemn(repository: Repository, owner: Owner, pits: Iterable[str]) -> Condemned:
    """Put tombstones, then read the pins and holds; take the tombstone of each PIT back that somebody uses.

    From a tombstone on, no run begins to use the PIT; the order is what makes that safe (robustness.md 2.3).

    Raises:
        Conflict: this machine's clock and the store's differ, so that no age can be trusted.
    """
    put = in_parallel(lambda pit: (pit, put_flag(repository, pit, owner)), pits)
    fresh = [pit for pit, is_new in put if is_new]
    if not fresh:
        return Condemned((), {})
    try:
        _check_clocks(repository, fresh)
        spared = spared_of(repository, fresh)
    except BaseException:
        spared = dict.fromkeys(fresh, "")
        raise
    finally:
        for pit in spared:
            drop_flag(repository, pit)
    return Condemned(tuple(pit for pit in fresh if pit not in spared), spared)


def spared_of(repository: Repository, pits: Iterable[str]) -> dict[str, str]:
    """The PITs that must not go now: who uses or holds them. Read after the flags are up, never before."""
    using, holds = uses(repository), held(repository)
    found: dict[str, str] = {}
    for pit in pits:
        user = next((use for use in using if use.covers(pit)), None)
        if user is not None:
            found[pit] = _said(user)
        elif pit in holds:
            found[pit] = f"held: {', '.join(holds[pit])}"
    return found


def _said(user: Use) -> str:
    return f"in use by {user.who}"


def _check_clocks(repository: Repository, fresh: list[str]) -> None:
    """The store dated our flag by its own clock."""
    for pit in fresh[:1]:
        stored = datetime.fromtimestamp(repository.store.stat(keys.tombstone(pit)).modified, UTC)
        if abs(stored - repository.now()) > _CLOCKS_MAY_DIFFER:
            raise Conflict(
                f"the clock of this machine and that of {repository.store.url} differ by "
                f"{abs(stored - repository.now())}: nothing was removed",
                hint="set the clock (NTP), then run again",
            )
