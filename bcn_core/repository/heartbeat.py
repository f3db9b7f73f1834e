"""Signs of life: a run that works writes a new small object every few minutes. Nothing is overwritten.

A pin whose run gave no sign for :data:`PIN_LIFETIME` stands for nobody. So a run that paused for half of that time must
not go on: what it meant to use may be gone by the time it is done (robustness.md 2.3).
"""

import secrets
import threading
from collections.abc import Iterable
from datetime import timedelta

from bcn_core.errors import Conflict, ObjectMissing
from bcn_core.events import Event, Report
from bcn_core.names import pit_id
from bcn_core.repository.flag_documents import Owner, Pin
from bcn_core.repository.layout import beats
from bcn_core.repository.pins import PIN_LIFETIME, last_sign, read_pin
from bcn_core.repository.repository import Repository

BEAT_EVERY = timedelta(minutes=10)
_HINT = "run the same command again: it makes a new pin, and what was copied is used again"


class Heartbeat:
    """The signs of one process for one pin. Safe to share between threads."""

    def __init__(self, repository: Repository, pin: str) -> None:
        self._repository = repository
        self._folder = beats(pin)
        self._token = secrets.token_hex(4)
        self._own: str | None = None
        self._last = repository.now()
        self._lock = threading.Lock()

    @property
    def signs(self) -> tuple[str, ...]:
        """The keys of the signs that this process gave and that are still there."""
        return () if self._own is None else (self._own,)

    def touch(self) -> None:
        """Give a sign when the last one is a while ago.

        Raises:
            Conflict: the run paused for so long that others may take it for dead.
        """
        with self._lock:
            now = self._repository.now()
            if now - self._last > PIN_LIFETIME / 2:
                raise Conflict(
                    f"this run paused since {self._last:%Y-%m-%d %H:%M} UTC: its pin may count no more",
                    hint=_HINT,
                )
            if now - self._last >= BEAT_EVERY:
                self._beat(f"{self._folder}/{pit_id(now)}-{self._token}")
                self._last = now

    def reporting(self, report: Report) -> Report:
        """A report that gives a sign with each event: progress is the proof of life."""

        def beaten(event: Event) -> None:
            self.touch()
            report(event)

        return beaten

    def _beat(self, key: str) -> None:
        """The new sign first, then the old one goes: there is no moment without."""
        self._repository.store.put_new(key, [b"\n"])
        if self._own is not None:
            self._repository.store.delete(self._own)
        self._own = key


def check_pin(repository: Repository, owner: Owner, pit: str, signs: Iterable[str]) -> Pin:
    """The pin of a PIT that is to be published, which must still be its owner's and alive, by the signs just seen.

    Raises:
        Conflict: it is gone, somebody else's, or too old: what the PIT names may have been removed meanwhile.
    """
    key = repository.layout.pin(pit)
    try:
        pin = read_pin(repository.store, key)
    except ObjectMissing as error:
        raise Conflict(f"PIT {pit} is not published: its pin is gone", hint=_HINT) from error
    if pin.owner != owner:
        raise Conflict(f"PIT {pit} is not published: {pin.owner.name} on {pin.owner.host} holds its pin now")
    sign = last_sign(pin, signs)
    if repository.now() - sign > PIN_LIFETIME / 2:
        raise Conflict(
            f"PIT {pit} is not published: its run gave no sign since {sign:%Y-%m-%d %H:%M} UTC", hint=_HINT
        )
    return pin
