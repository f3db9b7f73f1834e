"""Backup, prune and restore at the same time, in every order of their calls, on the engine's own code.

A loss is silent when a PIT exists that cannot be restored, or when a restore that was let in lacks a file midway.
"""

import os
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from bcn_core.errors import BcnError
from bcn_core.pruning import condemning
from bcn_core.pruning.sweeping import sweep
from bcn_core.repository import readers
from bcn_core.repository.flags import put_flag
from bcn_core.repository.repository import Repository
from bcn_core.storage.store import Store
from tests.fault.schedules import Ended, Run, Search, work_at_once
from tests.fault.small_world import World, build, owner
from tests.warehouse.years import lost

# How often a run is taken from its work. Twice takes minutes: BCN_MOST_TAKEN=2 asks for it.
TAKEN = int(os.environ.get("BCN_MOST_TAKEN", "1"))
Works = Mapping[str, Callable[[Store], Any]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return build(tmp_path_factory.mktemp("world"))


@pytest.fixture(autouse=True)
def _in_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    work_at_once(monkeypatch)
    # A backup that finds another one at work tries again after a moment; here every moment is tried anyway.
    monkeypatch.setattr("bcn_core.repository.pins._TRIES", 1)


class Lost(Exception):
    """A schedule in which something was lost."""


def losses(
    world: World, works: Works, most_taken: int = TAKEN, look: Callable[[list[str]], Any] = len
) -> tuple[int, list[str]]:
    """How many schedules there were, and what was lost in any of them; ``look`` sees it schedule by schedule."""
    found: list[str] = []

    def finish(store: Store, end: Ended) -> None:
        silent = lost(Repository.open(store))
        # A restore tells of a file that it lacks; one that was refused says so with an error of its own.
        midway = end.results.get("restore", "")
        if isinstance(midway, str) and midway:
            silent.append(f"restore: {midway}")
        wrong = [str(one) for one in end.results.values() if _unexpected(one)]
        found.extend(f"{one} after {[f'{who} {call}' for who, call in end.steps]}" for one in silent + wrong)
        look(found)

    return Search(lambda: (world.store(), works), finish, most_taken).run(), found


def until(run: Run, verb: str, part: str) -> None:
    """Let a run work up to a certain call."""
    while run.pending is not None and not (run.pending[0] == verb and part in run.pending[1]):
        run.step()


def finished(run: Run) -> None:
    """Let a run work to its end."""
    while run.pending is not None:
        run.step()


def first_loss(found: list[str]) -> None:
    """Stop at the first loss: that there is one is what is asked."""
    if found:
        raise Lost(found[0])


def _unexpected(result: Any) -> bool:
    return isinstance(result, BaseException) and not isinstance(result, BcnError)


@pytest.mark.fault(9)
def test_backup_and_prune_lose_nothing(world: World) -> None:
    count, found = losses(world, {"backup": world.backup(), "prune": world.prune()})

    assert [] == found[:1]
    assert count > 20


@pytest.mark.fault(9)
def test_restore_and_prune_lose_nothing(world: World) -> None:
    count, found = losses(world, {"restore": world.restore(), "prune": world.prune()})

    assert [] == found[:1]
    assert count > 20


@pytest.mark.fault(9)
def test_two_backups_lose_nothing(world: World) -> None:
    count, found = losses(world, {"one": world.backup("one", 1), "other": world.backup("other", 2)})

    assert [] == found[:1]
    assert count > 20


@pytest.mark.fault(9)
def test_backup_prune_restore_and_backup_lose_nothing(world: World) -> None:
    works = {
        "backup": world.backup(),
        "prune": world.prune(),
        "restore": world.restore(),
        "other": world.backup("other", 2),
    }

    count, found = losses(world, works, most_taken=TAKEN - 1)

    assert [] == found[:1]
    assert count >= 24


@pytest.mark.fault(9)
def test_two_prunes_and_a_backup_lose_nothing(world: World) -> None:
    works = {"backup": world.backup(), "prune": world.prune(), "other": world.prune("other")}

    count, found = losses(world, works, most_taken=TAKEN - 1)

    assert [] == found[:1]
    assert count >= 6


def test_a_prune_that_looks_before_it_raises_its_flag_loses_a_backup(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bcn_core.backup._check_alive", lambda _backup, _plan, _seen: None)

    def careless(store: Store) -> Any:
        repository = Repository.open(store)
        early = condemning.spared_of(repository, world.pits[1:])
        # What keeps a backup's objects even then: prune asks what unfinished PITs have captured.
        monkeypatch.setattr("bcn_core.pruning.needs._unfinished", lambda _repository, _seen, _going: ())
        monkeypatch.setattr("bcn_core.pruning.going.spared_of", lambda _repository, _pits: early)
        put_flag(repository, world.pits[1], owner("prune"))
        return sweep(repository, owner("prune"), world.pits[1:], repository.now() - timedelta(days=1))

    store = world.store()
    prune, backup = Run(careless, store), Run(world.backup(), store)
    until(prune, "put_new", "tombstones/")
    until(backup, "put_new", "/manifest.json")
    finished(prune)
    finished(backup)

    assert [] != lost(Repository.open(store))


def test_a_restore_that_looks_before_it_writes_its_pin_loses_files_midway(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    careful = readers.check_there

    def careless(store: Store) -> Any:
        careful(Repository.open(store), world.pits[1:])
        monkeypatch.setattr("bcn_core.repository.readers.check_there", lambda _repository, _pits: None)
        return world.restore()(store)

    with pytest.raises(Lost):
        losses(world, {"restore": careless, "prune": world.prune()}, most_taken=2, look=first_loss)
