"""Pins: who works on which PIT, and which PITs it uses.

Each run writes its pin first and reads everybody else's flags afterwards; so does prune with its tombstones.
Of two that meet, at least one sees the other (robustness.md 2.3).
"""

import os
import secrets
import socket
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol, TypeVar

from bcn_core.errors import BcnError, Conflict, DamagedRepository, ObjectMissing
from bcn_core.names import is_pit_id, pit_instant
from bcn_core.repository.encoding import decode, encode
from bcn_core.repository.flag_documents import Owner, Pin, ReaderPin
from bcn_core.repository.layout import Layout, beats
from bcn_core.repository.pit_listing import PitListing
from bcn_core.storage.store import Store

PIN_LIFETIME = timedelta(days=7)
_TRIES = 3


class Seen(Protocol):
    """What a run saw after it had put its pin: the keys of all pins among it."""

    @property
    def pins(self) -> list[str]: ...


L = TypeVar("L", bound=Seen)


def this_process(name: str) -> Owner:
    """An owner that lives as long as this process."""
    return Owner(name=name, host=socket.gethostname(), process=_identity(os.getpid()) or "")


def many_processes(name: str) -> Owner:
    """An owner whose steps run in several processes, maybe on several machines: its name alone tells who it is."""
    return Owner(name=name, host="several machines")


def put_pin(store: Store, layout: Layout, pin: Pin) -> None:
    """Claim the making of a PIT, or of a dump; whoever works on this repository already is in the way.

    Raises:
        Conflict: another run is at work on this repository.
    """
    claim(store, layout, pin, lambda: PitListing.of(store, layout.pits))


def claim(store: Store, layout: Layout, pin: Pin, look: Callable[[], L]) -> tuple[Pin, L]:
    """The same; the pin that stands, maybe from an earlier step of the same run, and what was seen after it was put.

    The own pin is written first and the others are read afterwards: of two that start at the same moment
    at least one sees the other (robustness.md 2.3). Both may; then both step back and try again after a moment.

    Raises:
        Conflict: another run is at work on this repository.
    """
    for _ in range(_TRIES - 1):
        try:
            return _claim(store, layout, pin, look)
        except Conflict:
            time.sleep(0.02 + secrets.randbelow(200) / 1000)
    return _claim(store, layout, pin, look)


def drop_pin(store: Store, layout: Layout, pit: str) -> None:
    """Say that nobody works on a PIT any more."""
    remove_pin(store, layout.pin(pit))


def remove_pin(store: Store, key: str, signs: Iterable[str] | None = None) -> None:
    """Remove a pin, and its signs of life after it: a sign without a pin means nothing.

    ``signs``: their keys, by who knows them already.
    """
    store.delete(key)
    for beat in signs_of(store, key) if signs is None else signs:
        store.delete(beat)


def signs_of(store: Store, key: str) -> list[str]:
    """The keys of the signs of life of a pin."""
    return [found.key for found in store.list(beats(key))]


def read_pin(store: Store, key: str) -> Pin:
    """One pin.

    Raises:
        DamagedRepository: it cannot be read; such a pin counts as present.
    """
    return decode(Pin, store.get(key), key)


def last_sign(pin: Pin | ReaderPin, signs: Iterable[str]) -> datetime:
    """When the run behind a pin last said that it lives, by the keys of its signs."""
    names = (key.rpartition("/")[2].partition("-")[0] for key in signs)
    return max([pin.since, *(pit_instant(name) for name in names if is_pit_id(name))])


def is_over(pin: Pin | ReaderPin, now: datetime, sign: datetime | None = None) -> bool:
    """Whether the run that left a pin is surely gone: its process is dead, or it gave no sign for too long."""
    return now - (sign or pin.since) > PIN_LIFETIME or is_dead(pin.owner)


def is_dead(owner: Owner) -> bool:
    """Whether the process of a run is surely gone.

    A process is looked for only in the same process namespace of the same boot of the same machine: containers
    may share a host name, and process numbers repeat after a reboot.
    """
    machine, _, number = owner.process.rpartition("/")
    if not machine or machine != _identity(os.getpid()).rpartition("/")[0]:
        return False
    return _identity(number.partition("@")[0]) != owner.process


def _claim(store: Store, layout: Layout, pin: Pin, look: Callable[[], L]) -> tuple[Pin, L]:
    key = layout.pin(pin.pit)
    standing = _put(store, key, pin)
    try:
        seen = look()
        for other in seen.pins:
            if other != key and not _clear_if_over(store, other, pin):
                raise _busy(store, other)
    except BaseException:
        # A store that fails here must not hide why; the pin expires.
        with suppress(BcnError):
            store.delete(key)
        raise
    return standing, seen


def _put(store: Store, key: str, pin: Pin) -> Pin:
    """Write a pin, also in the place of one that stands for nobody; the pin that stands now is its owner's."""
    for _ in range(2):
        try:
            store.put_new(key, [encode(pin)])
            return pin
        except Conflict:
            if not _clear_if_over(store, key, pin):
                break
    standing = read_pin(store, key)
    if standing.owner != pin.owner:
        raise _busy(store, key)
    return standing


def _clear_if_over(store: Store, key: str, mine: Pin) -> bool:
    """Remove a pin that stands for nobody; tell whether the way is free."""
    try:
        pin = read_pin(store, key)
    except ObjectMissing:
        return True
    except DamagedRepository:
        return False
    many_of_mine = pin.owner == mine.owner and not mine.owner.process
    if many_of_mine or is_over(pin, mine.since, last_sign(pin, signs_of(store, key))):
        remove_pin(store, key)
        return True
    return False


def _busy(store: Store, key: str) -> Conflict:
    try:
        pin = read_pin(store, key)
        sign = last_sign(pin, signs_of(store, key))
        who = (
            f"{pin.owner.name} on {pin.owner.host} since {pin.since:%Y-%m-%d %H:%M:%S} UTC makes PIT {pin.pit}, "
            f"last sign of life {sign:%H:%M:%S}"
        )
    except (ObjectMissing, DamagedRepository):
        who = f"{key} says that a backup is being made, but cannot be read"
    return Conflict(
        f"the repository is busy: {who}",
        hint=f"wait until it is done; if that run is surely gone, remove {store.url}/{key}",
    )


def _identity(process: int | str) -> str:
    """Boot, process namespace, number and start time of a living process; empty where the system does not tell."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        namespace = Path("/proc/self/ns/pid").readlink()
        started = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError, ValueError):
        return ""
    return f"{boot}:{namespace}/{process}@{started}"
