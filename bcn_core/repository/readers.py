"""Pins of those who only read PITs: prune leaves alone what a restore or a check is reading."""

import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from bcn_core.errors import BcnError, Conflict, DamagedRepository, NotFound, ObjectMissing, StorageRefused
from bcn_core.events import Report, Warned
from bcn_core.repository import layout as keys
from bcn_core.repository.encoding import decode, encode
from bcn_core.repository.flag_documents import Owner, Pin, ReaderPin
from bcn_core.repository.flags import condemned
from bcn_core.repository.heartbeat import Heartbeat
from bcn_core.repository.pins import is_over, last_sign, read_pin, remove_pin, signs_of
from bcn_core.repository.repository import Repository


@dataclass(frozen=True, slots=True)
class Use:
    """A run that uses PITs: who it is and which; None stands for all of them, when its pin cannot be read."""

    who: str
    pits: frozenset[str] | None

    def covers(self, pit: str) -> bool:
        """Whether a PIT may be in use."""
        return self.pits is None or pit in self.pits


There = Callable[[Repository, Iterable[str]], None]
"""Refuses what is gone or about to go."""


@contextmanager
def reading(
    repository: Repository, owner: Owner, pits: Iterable[str], report: Report, there: There | None = None
) -> Iterator[Report]:
    """Keep PITs from being pruned while the block reads them; use the report that is given, it keeps the pin alive.

    ``there`` looks for what is read when that is no PIT.

    A repository that cannot be written to cannot be pruned from here either: that is a warning, no obstacle.

    Raises:
        Conflict: one of them is being pruned.
        NotFound: one of them is gone.
    """
    wanted, check = tuple(sorted(set(pits))), there or check_there
    key = keys.reader(secrets.token_hex(8))
    pin = ReaderPin(owner=owner, since=repository.now(), reads=wanted)
    try:
        repository.store.put_new(key, [encode(pin)])
    except StorageRefused as error:
        report(Warned(f"no pin was written ({error.message}): do not prune this repository meanwhile"))
        check(repository, wanted)
        yield report
        return
    heartbeat = Heartbeat(repository, key)
    try:
        check(repository, wanted)
        yield heartbeat.reporting(report)
    finally:
        # A store that fails here must not hide how the run ended; the pin expires. Its signs are of this process alone.
        with suppress(BcnError):
            remove_pin(repository.store, key, heartbeat.signs)


def check_there(repository: Repository, pits: Iterable[str]) -> None:
    """PITs that are to be used must exist and not be about to go.

    Raises:
        Conflict: one is being pruned.
        NotFound: one is gone.
    """
    going, there = condemned(repository.store), set(repository.pits())
    for pit in pits:
        if pit in going:
            raise Conflict(
                f"PIT {pit} is being pruned",
                hint=f"bcn undelete {pit} calls it back while it waits; or choose another PIT: bcn describe",
            )
        if pit not in there:
            raise NotFound(f"there is no PIT {pit} in {repository.store.url}", hint="see: bcn describe")


def uses(repository: Repository) -> list[Use]:
    """Everybody who uses PITs now. Pins of dead runs do not count; pins that cannot be read count for everything."""
    found = [_maker(repository, key) for key in repository.listed().pins]
    readers = [one.key for one in repository.store.list(keys.READERS) if one.key.endswith("/pin.json")]
    found += [_reader(repository, key) for key in readers]
    return [use for use in found if use is not None]


def _maker(repository: Repository, key: str) -> Use | None:
    try:
        pin = read_pin(repository.store, key)
    except ObjectMissing:
        return None
    except DamagedRepository:
        return Use(f"{key}, which cannot be read", None)
    return None if _is_dead(repository, key, pin) else Use(_who(pin), frozenset({pin.pit, *pin.reuses}))


def _reader(repository: Repository, key: str) -> Use | None:
    try:
        pin = decode(ReaderPin, repository.store.get(key), key)
    except ObjectMissing:
        return None
    except DamagedRepository:
        return Use(f"{key}, which cannot be read", None)
    return None if _is_dead(repository, key, pin) else Use(_who(pin), frozenset(pin.reads))


def _is_dead(repository: Repository, key: str, pin: Pin | ReaderPin) -> bool:
    return is_over(pin, repository.now(), last_sign(pin, signs_of(repository.store, key)))


def _who(pin: Pin | ReaderPin) -> str:
    return f"{pin.owner.name} on {pin.owner.host} since {pin.since:%Y-%m-%d %H:%M} UTC"
