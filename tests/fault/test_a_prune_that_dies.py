"""A prune that dies before, after, or without the answer to any call: nothing is lost, and the next one ends it."""

from datetime import timedelta

import pytest

from bcn_core.errors import BcnError, StorageRefused
from bcn_core.repository.repository import Repository
from bcn_core.retention import Policy, Rules, apply_prune, plan_prune
from bcn_core.storage.memory import MemoryStore
from bcn_core.storage.store import Store
from tests.fault.crashing import dead_process
from tests.fault.small_world import World, build
from tests.warehouse.faulty import MODES, Crash, Fault, Mode
from tests.warehouse.watching import Watched, WatchedStore
from tests.warehouse.years import lost

RULES = Rules(Policy(last=1), grace=timedelta(0))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return build(tmp_path_factory.mktemp("world"))


class Locked(WatchedStore):
    """A store that lets no manifest go, as an object lock does."""

    def __init__(self, inner: Store) -> None:
        super().__init__(inner, Watched())

    def delete(self, key: str) -> None:
        if key.endswith("/manifest.json"):
            raise StorageRefused(f"{key} is locked until 2027-01-01")
        super().delete(key)


def pruned(store: MemoryStore, fault: Fault) -> bool:
    """Whether a prune came to its end though it met a fault."""
    repository = Repository.open(store)
    plan = plan_prune(repository, RULES)
    faulty = Repository(fault.wrap(store), repository.manifest)
    try:
        apply_prune(faulty, plan, dead_process())
    except (Crash, BcnError):
        return False
    return True


def keys(store: MemoryStore) -> set[str]:
    return {found.key for found in store.list("")}


@pytest.fixture(scope="module")
def clean(world: World) -> set[str]:
    """What a prune leaves that nothing disturbed."""
    store = world.store()
    pruned(store, Fault("full", 0))
    return keys(store)


@pytest.mark.fault(41)
@pytest.mark.parametrize("mode", MODES)
def test_a_prune_that_dies_at_any_call_loses_nothing_and_is_ended_by_the_next(
    world: World, clean: set[str], mode: Mode
) -> None:
    at, ended = 1, False
    while not ended:
        store, fault = world.store(), Fault(mode, at)
        ended = pruned(store, fault) and not fault.fired

        assert [] == lost(Repository.open(store)), fault.fired
        pruned(store, Fault("full", 0))
        assert [] == lost(Repository.open(store)), fault.fired
        assert clean == keys(store), fault.fired
        at += 1

    assert at > 30


@pytest.mark.fault(42)
def test_a_store_that_lets_nothing_go_keeps_the_pit_whole(world: World) -> None:
    store = world.store()
    repository = Repository.open(store)
    plan = plan_prune(repository, RULES)

    done = apply_prune(Repository(Locked(store), repository.manifest), plan, dead_process())

    assert "the store keeps it" in done.spared[world.pits[0]]
    assert list(world.pits) == repository.pits()
    assert [] == lost(repository)
