"""Calls over a network are made again when another try may help: bounded, spread out in time, and told."""

import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TypeVar

from bcn_core.errors import StorageFailure
from bcn_core.events import CallRepeated, Report, silent

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a call is made, and how long is waited in between, in seconds: doubled each time, with jitter.

    Full jitter (any time up to the bound) keeps many workers that were refused together from coming back together.
    """

    attempts: int = 7
    first_wait: float = 0.2
    longest_wait: float = 20.0
    report: Report = silent
    sleep: Callable[[float], None] = time.sleep

    def call(self, place: str, made: Callable[[], T]) -> T:
        """Make a call until it succeeds; errors that are not retryable, and the last one, are raised."""
        for attempt in range(1, self.attempts):
            try:
                return made()
            except StorageFailure as error:
                if not error.retryable:
                    raise
                self.wait(place, attempt, error)
        return made()

    def telling(
        self, place: str, told: Callable[[str], AbstractContextManager[None]], made: Callable[[], T]
    ) -> T:
        """The same for a call of some library, whose errors ``told`` says as errors of a store."""

        def once() -> T:
            with told(place):
                return made()

        return self.call(place, once)

    def wait(self, place: str, attempt: int, error: StorageFailure) -> None:
        """Tell that the given attempt failed, and wait before the next."""
        bound = min(self.longest_wait, self.first_wait * 2 ** (attempt - 1))
        seconds = random.uniform(0, bound)  # noqa: S311 - jitter is no secret
        self.report(CallRepeated(place, attempt + 1, seconds, error.message))
        self.sleep(seconds)
