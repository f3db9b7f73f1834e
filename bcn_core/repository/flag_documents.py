"""The documents of flags: who is at work on a PIT, reads it, wants it kept, or means to remove it."""

from datetime import datetime

from bcn_core.repository.document import Dated, Document


class Owner(Document):
    """Who works on a PIT. ``process`` is empty when no single process stands for the run (Dagster's steps)."""

    name: str
    host: str
    process: str = ""


class Pin(Dated):
    """``.in_progress``: a PIT is being made, and which PITs it may reuse objects of."""

    pit: str
    owner: Owner
    since: datetime
    reuses: tuple[str, ...] = ()


class ReaderPin(Dated):
    """``readers/<token>/pin.json``: a restore or a check reads these PITs, so they must not go meanwhile."""

    owner: Owner
    since: datetime
    reads: tuple[str, ...]


class Tombstone(Dated):
    """A flag in ``tombstones/``: a PIT is to go, is going, or is called back."""

    pit: str
    owner: Owner
    since: datetime


class Isolation(Dated):
    """``isolated/<pit>.json``: this PIT's manifest or one of its indexes is damaged; nothing new stands on the PIT."""

    pit: str
    owner: Owner
    since: datetime
    reason: str


class CaptureIsolation(Dated):
    """``isolated/captures/<digest>.json``: this capture has lost something for good; nothing new stands on it."""

    capture: str
    pit: str
    owner: Owner
    since: datetime
    reason: str


class Hold(Dated):
    """``holds/<pit>/<token>.json``: somebody wants this PIT kept, and why."""

    pit: str
    owner: Owner
    since: datetime
    reason: str
