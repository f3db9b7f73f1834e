"""Fourteen simulated days: hourly backups, daily prunes, restores, and a crash now and then. Prints what was lost.

Time is a clock that the simulation moves; the repository is in memory. BCN_DAYS and BCN_SEED vary it.
"""

import os
import random
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from bcn_core.backup import Backup, back_up
from bcn_core.errors import BcnError
from bcn_core.repository.flag_documents import Owner
from bcn_core.repository.repository import Repository
from bcn_core.restore import RestoreRequest
from bcn_core.retention import Policy, Rules, apply_prune, plan_prune
from bcn_core.storage.store import Store
from tests.warehouse.faulty import Crash, Fault, Mode
from tests.warehouse.source import Place, append, make
from tests.warehouse.years import Years, lost

DAYS = int(os.environ.get("BCN_DAYS", "14"))
CHANCE = random.Random(os.environ.get("BCN_SEED", "1"))  # noqa: S311 - a simulation, repeatable
RULES = Rules(Policy(hourly=24, daily=7, weekly=4))
MODES: tuple[Mode, ...] = ("crash before", "crash after", "answer lost", "full")


def main() -> int:
    """Simulate; 1 when anything was lost."""
    with tempfile.TemporaryDirectory() as folder:
        years = Years.of(Path(folder))
        tables = [make(years.lab.source.pyiceberg(), f"sales.t{number}") for number in range(3)]
        tried: dict[str, int] = {}
        failures: list[str] = []
        for hour in range(24 * DAYS):
            append(years.lab.source.pyiceberg().load_table(CHANCE.choice(tables).name()), hour * 10)
            one_hour(years, hour, tried, failures)
            years.clock.forward(hours=1)
        final(years, failures)
        size = sum(one.size for one in years.repository.store.list(""))
        print(
            f"{DAYS} days: {tried}; {len(years.repository.pits())} PITs, {size:,} bytes; lost: {len(failures)}"
        )
        for failure in failures[:10]:
            print(failure)
        return bool(failures)


def one_hour(years: Years, hour: int, tried: dict[str, int], failures: list[str]) -> None:
    """A backup each hour, a prune each night, a restore now and then; one in five meets a fault."""
    owner = Owner(name=f"run {hour}", host="simulated")
    work(years, "backups", tried, lambda repository: _backup(years, repository, owner))
    if hour % 24 == 23:
        work(
            years,
            "prunes",
            tried,
            lambda repository: apply_prune(repository, plan_prune(repository, RULES), owner),
        )
    if hour % 12 == 6 and years.repository.pits():
        tried["restores"] = tried.get("restores", 0) + 1
        target = Place(years.lab.target.folder / str(hour), "elsewhere")
        with suppress(BcnError):
            failed = years.lab.restore(RestoreRequest(), target).failed
            failures.extend(f"restore at hour {hour}: {one.error}" for one in failed)
    if hour % 24 == 12:
        failures.extend(f"hour {hour}: {one}" for one in lost(years.repository))


def work(years: Years, kind: str, tried: dict[str, int], deed: Callable[[Repository], object]) -> None:
    """One run, maybe with a fault at a random call; a run that died leaves its pin, and its machine is gone."""
    tried[kind] = tried.get(kind, 0) + 1
    fault = Fault(CHANCE.choice(MODES), CHANCE.randrange(1, 120)) if CHANCE.random() < 0.2 else None
    store: Store = years.repository.store if fault is None else fault.wrap(years.repository.store)
    try:
        deed(Repository(store, years.repository.manifest, years.clock.now))
    except (Crash, BcnError) as error:
        tried[f"failed {kind}"] = tried.get(f"failed {kind}", 0) + 1
        if isinstance(error, Crash):
            _forget_pins(years)


def _backup(years: Years, repository: Repository, owner: Owner) -> None:
    back_up(Backup(repository, years.lab.source.bcn(), years.lab.stores, owner))


def _forget_pins(years: Years) -> None:
    """The person on duty removes the pin of a machine that is surely gone, as the message says."""
    for found in list(years.repository.store.list("")):
        if found.key.endswith(("/.in_progress", "/pin.json")):
            years.repository.store.delete(found.key)


def final(years: Years, failures: list[str]) -> None:
    """At the end every PIT is whole, and every one of the kept PITs comes back."""
    years.clock.forward(days=8)
    years.take()
    years.prune(RULES)
    years.clock.forward(days=4)
    years.prune(RULES)
    failures.extend(lost(years.repository))
    for number, pit in enumerate(years.repository.pits()):
        target = Place(years.lab.target.folder / f"final-{number}", "elsewhere")
        failures.extend(one.error for one in years.lab.restore(RestoreRequest(pit=pit), target).failed)


if __name__ == "__main__":
    sys.exit(main())
