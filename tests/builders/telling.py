"""A task that tells an event: what stores do when they make a call again."""

from dataclasses import dataclass

from bcn_core.events import Event
from bcn_core.storage.opening import Stores


@dataclass(frozen=True, slots=True)
class Telling:
    event: Event
    result: int

    def run(self, stores: Stores) -> int:
        stores.report(self.event)
        return self.result


@dataclass(frozen=True, slots=True)
class Unsendable:
    """A task whose result no pipe takes."""

    def run(self, stores: Stores) -> object:
        return lambda: None
