"""What the two ends of a pipe say to each other: one task, then events and bytes on the way, then its result."""

from dataclasses import dataclass, field
from typing import Any

from bcn_core.errors import BcnError
from bcn_core.events import Event
from bcn_core.storage.options import StorageOptions


class ProcessLost(BcnError):
    """A process that does a part of the work is gone, killed by a system that is out of memory; or none can begin."""

    retryable = True


@dataclass(frozen=True, slots=True)
class Given:
    """What a process is told when it begins: how stores are reached, and whether bytes are to be asked for."""

    options: StorageOptions = field(repr=False)
    has_rate: bool


@dataclass(frozen=True, slots=True)
class Told:
    """Something happened: the run's own ``report`` hears of it."""

    event: Event


@dataclass(frozen=True, slots=True)
class Wanted:
    """So many bytes were read. The next ones wait for the answer, which the rate of the whole run gives."""

    bytes: int


@dataclass(frozen=True, slots=True)
class Done:
    """The task's result."""

    result: Any


@dataclass(frozen=True, slots=True)
class Failed:
    """The task's error, as it was raised."""

    error: Exception
