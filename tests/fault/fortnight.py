"""Days of a simulated life: hourly backups, daily prunes, restores, and a fault in every fifth run.

Time is a clock that the simulation moves; the repository is in memory; a seed makes every day the same again.
"""

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from bcn_core.backup import Backup, back_up
from bcn_core.errors import BcnError
from bcn_core.pruning.needs import still_needed
from bcn_core.pruning.removal import unneeded
from bcn_core.repository.flag_documents import Owner
from bcn_core.repository.repository import Repository
from bcn_core.restore import RestoreRequest
from bcn_core.retention import Policy, Rules, apply_prune, plan_prune
from bcn_core.storage.store import Store
from tests.warehouse.faulty import Crash, Fault, Mode
from tests.warehouse.source import Place, append, make
from tests.warehouse.years import Years

RULES = Rules(Policy(hourly=24, daily=7, weekly=4))
MODES: tuple[Mode, ...] = ("crash before", "crash after", "answer lost", "full")
_LATEST_CALL = 60


@dataclass
class Fortnight:
    """One simulation: what was tried, what was lost, and the room that the repository took at most and at the end."""

    years: Years
    chance: random.Random
    tried: Counter[str] = field(default_factory=Counter)
    losses: list[str] = field(default_factory=list)
    peak: int = 0
    left_over: int = 0

    @classmethod
    def of(cls, folder: Path, seed: str) -> "Fortnight":
        return cls(Years.of(folder), random.Random(seed))

    @property
    def size(self) -> int:
        """Bytes of the repository."""
        return sum(one.size for one in self.years.repository.store.list(""))

    def live(self, days: int) -> None:
        """Let the days pass, then look at every PIT that is left."""
        tables = [make(self.years.lab.source.pyiceberg(), f"sales.t{number}") for number in range(3)]
        for hour in range(24 * days):
            append(self.years.lab.source.pyiceberg().load_table(self.chance.choice(tables).name()), hour * 10)
            self._hour(hour)
            self.peak = max(self.peak, self.size)
            self.years.clock.forward(hours=1)
        self._end()

    def _hour(self, hour: int) -> None:
        owner = Owner(name=f"run {hour}", host="simulated")
        self._work("backups", lambda repository: self._backup(repository, owner))
        if hour % 24 == 23:
            self._work("prunes", lambda repository: _prune(repository, owner))
        if hour % 12 == 6 and self.years.repository.pits():
            self.tried["restores"] += 1
            with suppress(BcnError):
                self._restore(RestoreRequest(), str(hour))
        if hour % 24 == 12:
            self.losses.extend(f"hour {hour}: {one}" for one in self.years.lost())

    def _work(self, kind: str, deed: Callable[[Repository], object]) -> None:
        """One run, maybe with a fault at a random call; a run that died leaves its pin, and its machine is gone."""
        self.tried[kind] += 1
        meets = self.chance.random() < 0.2
        fault = Fault(self.chance.choice(MODES), self.chance.randrange(1, _LATEST_CALL)) if meets else None
        repository = self.years.repository
        store: Store = repository.store if fault is None else fault.wrap(repository.store)
        try:
            deed(Repository(store, repository.manifest, self.years.clock.now))
        except (Crash, BcnError) as error:
            self.tried[f"failed {kind}"] += 1
            if isinstance(error, Crash):
                self._forget_pins()

    def _backup(self, repository: Repository, owner: Owner) -> None:
        back_up(Backup(repository, self.years.lab.source.bcn(), self.years.lab.stores, owner))

    def _restore(self, request: RestoreRequest, name: str) -> None:
        target = Place(self.years.lab.target.folder / name, "elsewhere")
        failed = self.years.lab.restore(request, target).failed
        self.losses.extend(f"restore {name}: {one.error}" for one in failed)

    def _forget_pins(self) -> None:
        """The person on duty removes the pin of a machine that is surely gone, as the message says."""
        for found in list(self.years.repository.store.list("")):
            if found.key.endswith(("/.in_progress", "/pin.json")):
                self.years.repository.store.delete(found.key)

    def _end(self) -> None:
        """Every PIT that is kept is whole and comes back, and nothing is held that none of them needs."""
        self.years.clock.forward(days=8)
        self.years.take()
        self.years.prune(RULES)
        self.years.clock.forward(days=4)
        self.years.prune(RULES)
        self.losses.extend(self.years.lost())
        for pit in self.years.repository.pits():
            self._restore(RestoreRequest(pit=pit), f"final-{pit}")
        loose = unneeded(self.years.repository, still_needed(self.years.repository, frozenset()))
        self.left_over = sum(one.size for _, one in loose)


def _prune(repository: Repository, owner: Owner) -> None:
    apply_prune(repository, plan_prune(repository, RULES), owner)
