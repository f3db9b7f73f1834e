"""Prune beside another prune, a hold, a call back or a dying store: what one begins, no other takes apart."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bcn_core.backup import begin, capture_all, publish
from bcn_core.capture.claiming import next_pit
from bcn_core.errors import Conflict, DamagedRepository, StorageFailure, StorageRefused
from bcn_core.events import silent
from bcn_core.names import TableName
from bcn_core.pruning.going import Going
from bcn_core.pruning.sweeping import sweep
from bcn_core.repository import layout as keys
from bcn_core.repository.flag_documents import Owner
from bcn_core.repository.flags import FLAG_LIFETIME, has_flag, held, isolate, isolate_capture, put_flag
from bcn_core.repository.looks import look
from bcn_core.repository.pins import drop_pin
from bcn_core.repository.repository import Repository
from bcn_core.retention import Policy, Rules, apply_prune, hold, plan_prune, undelete
from bcn_core.storage.store import Store
from bcn_core.verify import Slice, Verification, verify_repository
from tests.fault.crashing import dead_process
from tests.warehouse.runs import change
from tests.warehouse.source import append, make
from tests.warehouse.watching import Watched, WatchedStore
from tests.warehouse.years import NO_GRACE, OWNER, Years

LAST = Rules(Policy(last=1), grace=timedelta(days=3))
ORDERS = TableName(("sales",), "orders")
OTHER = Owner(name="other prune", host="another-machine")


class Failing:
    """Fails before a call that is chosen."""

    def __init__(self, is_meant: Callable[[str, str], bool]) -> None:
        self.is_meant = is_meant

    def note(self, verb: str, key: str) -> None:
        if self.is_meant(verb, key):
            raise StorageFailure(f"{verb} {key}: the line is dead")


def failing(years: Years, is_meant: Callable[[str, str], bool]) -> Repository:
    """The repository by a line that fails at some calls."""
    store: Store = WatchedStore(years.repository.store, Failing(is_meant))
    return Repository(store, years.repository.manifest, years.clock.now)


def waiting(years: Years) -> tuple[str, ...]:
    """PITs whose grace is over."""
    pits = years.prune(LAST).condemned
    years.clock.forward(days=4)
    return pits


def test_a_hold_that_comes_too_late_leaves_the_holds_of_others(grown: Years) -> None:
    pit = waiting(grown)[0]
    hold(grown.repository, pit, OWNER, "audit 2026")
    put_flag(grown.repository, pit, OTHER, "sweeping")  # that prune will see the hold, and spare the PIT

    with pytest.raises(Conflict, match="cannot be held"):
        hold(grown.repository, pit, OWNER, "me too")

    assert {pit: ("audit 2026",)} == held(grown.repository)


def test_a_pit_whose_manifest_went_before_the_store_failed_is_not_called_back(grown: Years) -> None:
    first, second = waiting(grown)
    last = grown.repository.layout.pit_manifest(second)
    broken = failing(grown, lambda verb, key: (verb, key) == ("delete", last))
    with pytest.raises(StorageFailure):
        apply_prune(broken, plan_prune(grown.repository, LAST), OWNER)

    assert has_flag(grown.repository, first, "sweeping")
    with pytest.raises(Conflict, match="its data is being removed"):
        undelete(grown.repository, first, OWNER)


def test_a_pit_without_a_manifest_is_not_called_back(grown: Years) -> None:
    pit = waiting(grown)[0]
    grown.repository.store.delete(grown.repository.layout.pit_manifest(pit))

    with pytest.raises(Conflict, match="its data is being removed"):
        undelete(grown.repository, pit, OWNER)


def test_pits_of_which_nothing_went_before_the_store_failed_are_called_back(grown: Years) -> None:
    pits = waiting(grown)
    broken = failing(grown, lambda verb, key: verb == "list" and key == keys.HOLDS)
    with pytest.raises(StorageFailure):
        apply_prune(broken, plan_prune(grown.repository, LAST), OWNER)

    for pit in pits:
        undelete(grown.repository, pit, OWNER)

    assert set(pits) <= set(grown.repository.pits())
    assert [] == grown.lost()


def test_what_a_prune_left_half_removed_is_ended_by_the_next(grown: Years) -> None:
    first, second = waiting(grown)
    last = grown.repository.layout.pit_manifest(second)
    broken = failing(grown, lambda verb, key: (verb, key) == ("delete", last))
    with pytest.raises(StorageFailure):
        apply_prune(broken, plan_prune(grown.repository, LAST), OWNER)

    grown.prune(LAST)

    assert [] == [key for key in grown.objects() if key.startswith(f"tombstones/{first}")]
    assert [] == grown.lost()


def test_a_pit_that_another_prune_removes_is_left_to_it(grown: Years) -> None:
    pit = waiting(grown)[0]
    put_flag(grown.repository, pit, OTHER, "sweeping")

    done = grown.prune(LAST)

    assert (
        f"being removed by other prune on another-machine since {grown.clock.now():%Y-%m-%d %H:%M} UTC already"
        == (done.spared[pit])
    )
    assert pit in grown.repository.pits()


def test_the_flag_of_another_prune_stays_when_its_pit_is_left_to_it(grown: Years) -> None:
    pit = waiting(grown)[0]
    put_flag(grown.repository, pit, OTHER, "sweeping")

    grown.prune(LAST)

    assert has_flag(grown.repository, pit, "sweeping")


@pytest.mark.parametrize(
    "left",
    [OTHER, dead_process()],
    ids=["on a machine that cannot be asked, half a day ago", "by a process that is dead"],
)
def test_what_a_prune_announced_and_did_not_do_is_done_by_the_next(grown: Years, left: Owner) -> None:
    pit = waiting(grown)[0]
    put_flag(grown.repository, pit, left, "sweeping")
    if left == OTHER:
        grown.clock.forward(seconds=FLAG_LIFETIME.total_seconds() + 1)

    assert pit in grown.prune(LAST).swept.pits


def test_a_flag_of_a_sweep_that_cannot_be_read_is_nobodys(grown: Years) -> None:
    pit = waiting(grown)[0]
    grown.repository.store.put_new(keys.tombstone(pit, "sweeping"), [b""])

    assert pit in grown.prune(LAST).swept.pits


def test_a_pit_that_got_a_tombstone_while_it_was_made_is_not_published(grown: Years) -> None:
    append(grown.lab.source.pyiceberg().load_table("sales.orders"), 50)
    backup = grown.lab.backup()
    plan = begin(backup, next_pit(grown.repository))
    failures = capture_all(backup, plan)
    put_flag(grown.repository, plan.pit, OTHER)  # of a prune that took it for abandoned, and was killed

    with pytest.raises(Conflict, match="is being pruned"):
        publish(backup, plan, failures)


def test_the_flag_that_sets_a_capture_apart_goes_with_the_capture(grown: Years) -> None:
    pits = grown.repository.pits()
    entry = next(iter(grown.repository.tables(grown.repository.pit(pits[0])).values()))
    isolate_capture(grown.repository, entry.capture, OWNER, "lost")
    grown.take(hours=1)

    grown.prune(NO_GRACE)

    assert [] == [key for key in grown.objects() if key.startswith(keys.ISOLATED)]


def test_a_sweep_that_would_leave_no_complete_pit_removes_nothing(grown: Years) -> None:
    # Two prunes with other rules: what each of them keeps, the other has condemned since it planned.
    for pit in grown.repository.pits():
        put_flag(grown.repository, pit, OTHER)
    before = grown.objects()

    with pytest.raises(Conflict, match="no complete PIT would be left"):
        sweep(grown.repository, OWNER, grown.repository.pits(), grown.clock.now())

    assert before == grown.objects()


def test_what_a_pit_that_is_set_apart_may_need_of_earlier_ones_stays(years: Years) -> None:
    catalog = years.lab.source.pyiceberg()
    append(make(catalog, "sales.items"), 0)
    first = years.take(hours=1)
    append(catalog.load_table("sales.orders"), 10)
    second = years.take(hours=1)  # stands on the first one's capture of the items
    catalog.drop_table("sales.items")
    years.take(hours=1)
    isolate(years.repository, second, OWNER, "its manifest is damaged")
    held = {key for key in years.objects() if f"/items/snapshots/{first}/" in key}

    done = years.prune(NO_GRACE)

    assert (first,) == done.swept.pits
    assert held <= years.objects()


def test_what_a_capture_that_is_set_apart_may_need_of_earlier_ones_stays(years: Years) -> None:
    catalog = years.lab.source.pyiceberg()
    append(make(catalog, "sales.items"), 0)
    first = years.take(hours=1)
    append(catalog.load_table("sales.items"), 10)
    second = years.take(hours=1)  # its capture of the items names files that the first one stored
    catalog.drop_table("sales.items")
    years.take(hours=1)
    tables = years.repository.tables(years.repository.pit(second))
    isolate_capture(years.repository, tables[TableName(("sales",), "items")].capture, OWNER, "damaged")
    held = {key for key in years.objects() if f"/items/snapshots/{first}/" in key}

    done = years.prune(Rules(Policy(last=2), timedelta(0)))

    assert (first,) == done.swept.pits
    assert held <= years.objects()


def test_what_the_captures_of_an_unfinished_pit_name_stays(grown: Years) -> None:
    catalog, backup = grown.lab.source.pyiceberg(), grown.lab.backup()
    append(catalog.load_table("sales.orders"), 50)
    plan = begin(backup, next_pit(grown.repository))
    capture_all(backup, plan)
    drop_pin(grown.repository.store, grown.repository.layout, plan.pit)  # the run is dead
    catalog.drop_table("sales.orders")
    append(make(catalog, "sales.orders"), 0)
    grown.clock.forward(hours=1)
    grown.take(hours=1)
    found = grown.repository.find_capture(plan.captures[0].table.table(), plan.pit)
    assert found is not None
    named = {file.object for file in grown.repository.files(found[1])}

    done = grown.prune(Rules(Policy(last=1), timedelta(0)))

    assert 3 == len(done.swept.pits)
    assert named <= grown.objects()


def test_of_what_no_pit_names_the_old_goes_and_the_young_stays(grown: Years) -> None:
    folder = grown.repository.layout.capture(ORDERS, grown.repository.pits()[-1], full=True)
    store = grown.repository.store
    store.put_new(f"{folder}/files/0/old", [b"x"])
    grown.clock.forward(days=8)
    store.put_new(f"{folder}/files/0/young", [b"x"])

    grown.prune(Rules(Policy(last=9)))

    assert [f"{folder}/files/0/young"] == [key for key in grown.objects() if f"{folder}/files/0/" in key]


def test_a_pit_that_was_published_since_the_prune_looked_is_no_half_removed_one(grown: Years) -> None:
    before, pit = look(grown.repository), grown.take()
    put_flag(grown.repository, pit, OTHER)
    seen = replace(before, condemned=frozenset({pit}))

    done = sweep(grown.repository, OWNER, (), grown.clock.now() - timedelta(days=7), seen)

    assert {pit: "published meanwhile"} == done.spared
    assert pit in grown.repository.pits()


def test_a_pit_that_was_published_since_it_looked_abandoned_is_let_go(grown: Years) -> None:
    pit, going = grown.repository.pits()[-1], Going(grown.repository, OWNER)

    going.claim_abandoned([pit])

    assert frozenset() == going.pits
    assert not has_flag(grown.repository, pit)


def test_a_prune_that_cannot_ask_who_holds_a_pit_takes_its_tombstones_back(grown: Years) -> None:
    plan = plan_prune(grown.repository, LAST)
    broken = failing(grown, lambda verb, key: verb == "list" and key == keys.HOLDS)

    with pytest.raises(StorageFailure):
        apply_prune(broken, plan, OWNER)

    assert [] == [key for key in grown.objects() if key.startswith(keys.TOMBSTONES)]


def test_a_pit_of_which_the_store_keeps_an_object_keeps_its_tombstone(grown: Years) -> None:
    pit = waiting(grown)[0]

    class Keeping(WatchedStore):
        def delete(self, key: str) -> None:
            if key.endswith("/capture.json") and pit in key:
                raise StorageRefused(f"{key} is locked")
            super().delete(key)

    store = Keeping(grown.repository.store, Watched())
    repository = Repository(store, grown.repository.manifest, grown.clock.now)
    done = apply_prune(repository, plan_prune(repository, LAST), OWNER)

    assert 1 == len(done.swept.refused)
    assert has_flag(grown.repository, pit)


class PrunedMeanwhile:
    """Lets a prune do all of its work at the first read of a PIT's manifest."""

    def __init__(self, years: Years) -> None:
        self.years: Years | None = years

    def note(self, verb: str, key: str) -> None:
        years, self.years = self.years, None if verb == "get" else self.years
        if verb == "get" and years is not None:
            years.prune(LAST)


def verified_during_a_prune(years: Years) -> Verification:
    store: Store = WatchedStore(years.repository.store, PrunedMeanwhile(years))
    repository = Repository(store, years.repository.manifest, years.clock.now)
    return verify_repository(repository, Slice(), silent)


def test_pits_that_a_prune_removes_while_they_are_checked_are_no_damage(grown: Years) -> None:
    pits = waiting(grown)

    found = verified_during_a_prune(grown)

    assert () == found.faults
    assert set(pits).isdisjoint(grown.repository.pits())


def test_damage_of_a_pit_that_stays_is_told_though_a_prune_is_at_work(grown: Years) -> None:
    waiting(grown)
    newest = grown.repository.pits()[-1]
    change(grown.repository, grown.repository.layout.pit_manifest(newest), b"{}")
    with pytest.raises(DamagedRepository):
        grown.prune(LAST)

    found = verify_repository(grown.repository, Slice(), silent)

    assert [(newest,)] == [fault.pits for fault in found.faults]
