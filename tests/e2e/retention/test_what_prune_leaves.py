"""What a prune leaves: objects that may still be needed, objects that are young or locked, and no flag of its own."""

from datetime import timedelta

import pytest

from bcn_core.errors import Conflict, DamagedRepository, StorageRefused
from bcn_core.pruning.sweeping import sweep
from bcn_core.repository.flags import condemned, isolate, put_flag, raised_flags
from bcn_core.repository.layout import tombstone
from bcn_core.repository.repository import Repository
from bcn_core.retention import Policy, Rules, apply_prune, plan_prune
from bcn_core.storage.store import Store
from tests.warehouse.watching import Watched, WatchedStore
from tests.warehouse.years import NO_GRACE, OWNER, Years

DEAD = "20200101T000000.000Z"
"""A PIT that is not there and that nobody makes."""
ORPHANS = Rules(Policy(last=9), orphans_after=timedelta(days=7))


def leave(years: Years, name: str) -> str:
    """An object of that PIT, written now."""
    key = f"{years.repository.layout.folder}/databases/sales/orders/snapshots/{DEAD}/files/{name}"
    years.repository.store.put_new(key, [b"left"])
    return key


def test_what_a_pit_without_a_readable_plan_may_need_stays(grown: Years) -> None:
    first, second, _ = grown.repository.pits()
    isolate(grown.repository, first, OWNER, "damaged")
    grown.repository.store.delete(grown.repository.layout.plan(first))

    done = grown.prune(NO_GRACE).swept

    assert ((second,), 0) == (done.pits, done.objects)


@pytest.mark.fault(7)
def test_of_what_a_dead_run_left_only_the_old_objects_go(grown: Years) -> None:
    old = leave(grown, "old")
    grown.clock.forward(days=8)
    young = leave(grown, "young")

    grown.prune(ORPHANS)

    assert {young} == grown.objects() & {old, young}


class Begins(Watched):
    """A run that begins a PIT at the moment in which prune puts a tombstone for it."""

    def __init__(self, repository: Repository) -> None:
        super().__init__()
        self.repository = repository

    def note(self, verb: str, key: str) -> None:
        if (verb, key) == ("put_new", tombstone(DEAD)):
            self.repository.store.put_new(self.repository.layout.plan(DEAD), [b"{}"])


@pytest.mark.fault(7)
def test_what_a_dead_run_left_stays_when_its_pit_is_begun_anew_meanwhile(grown: Years) -> None:
    old = leave(grown, "old")
    grown.clock.forward(days=8)
    plan = plan_prune(grown.repository, ORPHANS)
    watched = Begins(grown.repository).wrap(grown.repository.store)

    apply_prune(Repository(watched, grown.repository.manifest, grown.clock.now), plan, OWNER)

    assert old in grown.objects()


class Locked(WatchedStore):
    """A store that lets one object not go, as an object lock does."""

    def __init__(self, inner: Store, key: str) -> None:
        super().__init__(inner, Watched())
        self.key = key

    def delete(self, key: str) -> None:
        if key == self.key:
            raise StorageRefused(f"{key} is locked until 2027-01-01")
        super().delete(key)


@pytest.mark.fault(42)
def test_a_pit_keeps_its_tombstone_while_the_store_keeps_an_object_of_it(grown: Years) -> None:
    first, second, _ = grown.repository.pits()
    locked = next(key for key in sorted(grown.objects()) if first in key and key.endswith("/capture.json"))
    store = Locked(grown.repository.store, locked)
    plan = plan_prune(grown.repository, NO_GRACE)

    done = apply_prune(Repository(store, grown.repository.manifest, grown.clock.now), plan, OWNER).swept

    assert ((first, second), (locked,)) == (done.pits, done.refused)
    assert {first} == condemned(grown.repository.store)


@pytest.mark.fault(41)
def test_a_prune_that_gives_up_takes_back_what_it_announced(grown: Years) -> None:
    plan = plan_prune(grown.repository, NO_GRACE)
    newest = grown.repository.pits()[-1]
    key = next(key for key in sorted(grown.objects()) if newest in key and key.endswith("/capture.json"))
    grown.repository.store.replace(key, b"garbage")

    with pytest.raises(DamagedRepository):
        apply_prune(grown.repository, plan, OWNER)

    assert {frozenset({"condemned"})} == set(raised_flags(grown.repository.store).values())


@pytest.mark.fault(40)
def test_a_sweep_that_would_leave_no_complete_pit_is_refused(grown: Years) -> None:
    pits = grown.repository.pits()
    for pit in pits:
        put_flag(grown.repository, pit, OWNER)

    with pytest.raises(Conflict, match="no complete PIT would be left"):
        sweep(grown.repository, OWNER, pits, grown.clock.now())

    assert pits == grown.repository.pits()
