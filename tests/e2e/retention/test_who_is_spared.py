"""Prune beside runs that it cannot see well: flags that say nothing, and PITs that appear after it looked."""

from collections.abc import Iterable
from datetime import timedelta

import pytest

from bcn_core.backup import begin, capture_all, publish
from bcn_core.capture.claiming import next_pit
from bcn_core.errors import Conflict, StorageRefused
from bcn_core.events import Warned
from bcn_core.pruning.sweeping import sweep
from bcn_core.repository.flag_documents import Pin
from bcn_core.repository.flags import condemned, held, put_flag
from bcn_core.repository.looks import Look, look
from bcn_core.repository.pins import PIN_LIFETIME, put_pin
from bcn_core.repository.readers import reading
from bcn_core.repository.repository import Repository
from bcn_core.retention import Policy, Rules, hold
from tests.warehouse.source import append
from tests.warehouse.watching import Watched, WatchedStore
from tests.warehouse.years import NO_GRACE, OWNER, Years


def begun(years: Years) -> str:
    """A run that dies while the table has grown."""
    append(years.lab.source.pyiceberg().load_table("sales.orders"), 50)
    return years.begin_and_die()


def ended(years: Years, pit: str) -> None:
    """The same run, carried to its end after all."""
    backup = years.lab.backup()
    plan = begin(backup, pit)
    publish(backup, plan, capture_all(backup, plan))


def swept(years: Years, seen: Look) -> None:
    """A sweep that took its look a while ago."""
    sweep(years.repository, OWNER, [], years.clock.now() - timedelta(days=7), seen)


def test_a_pit_that_was_published_after_prune_took_it_for_abandoned_stays_whole(grown: Years) -> None:
    pit = begun(grown)
    grown.clock.forward(days=8)
    seen = look(grown.repository)
    ended(grown, pit)

    swept(grown, seen)

    assert pit in grown.repository.pits()
    assert [] == grown.lost()


def test_a_pit_that_was_published_after_prune_took_it_for_abandoned_is_not_condemned(grown: Years) -> None:
    pit = begun(grown)
    grown.clock.forward(days=8)
    seen = look(grown.repository)
    ended(grown, pit)

    swept(grown, seen)

    assert frozenset() == condemned(grown.repository.store)


def test_a_pit_that_was_condemned_while_it_was_made_and_is_there_by_now_stays_whole(grown: Years) -> None:
    pit = begun(grown)
    grown.clock.forward(days=8)
    seen = look(grown.repository)
    ended(grown, pit)
    put_flag(grown.repository, pit, OWNER)
    stale = Look(seen.listing, frozenset({pit}), seen.apart)

    swept(grown, stale)

    assert pit in grown.repository.pits()
    assert [] == grown.lost()


@pytest.mark.fault(12)
def test_a_pin_of_a_backup_that_cannot_be_read_keeps_everything(grown: Years) -> None:
    key = grown.repository.layout.pin("20200101T000000.000Z")
    grown.repository.store.put_new(key, [b""])

    done = grown.prune(NO_GRACE)

    assert (2, ()) == (len(done.spared), done.swept.pits)


@pytest.mark.fault(12)
def test_a_hold_that_cannot_be_read_holds(grown: Years) -> None:
    pit = grown.repository.pits()[0]
    grown.repository.store.put_new(f"holds/{pit}/0.json", [b"{"])

    grown.prune(NO_GRACE)

    assert pit in grown.repository.pits()


@pytest.mark.fault(13)
@pytest.mark.parametrize("minutes", [6, -6])
def test_nothing_is_condemned_when_the_clocks_differ(grown: Years, minutes: int) -> None:
    grown.repository.now = lambda: grown.clock.now() + timedelta(minutes=minutes)

    with pytest.raises(Conflict, match="the clock of this machine"):
        grown.prune(NO_GRACE)

    assert frozenset() == condemned(grown.repository.store)


@pytest.mark.fault(9)
def test_a_pit_that_a_backup_at_work_stands_on_stays(grown: Years) -> None:
    old = grown.repository.pits()[0]
    pin = Pin(pit=next_pit(grown.repository), owner=OWNER, since=grown.clock.now(), reuses=(old,))
    put_pin(grown.repository.store, grown.repository.layout, pin)

    done = grown.prune(NO_GRACE)

    assert "in use by test" in done.spared[old]
    assert old in grown.repository.pits()


def test_a_pit_that_is_being_removed_is_not_held(grown: Years) -> None:
    pit = grown.prune(Rules(Policy(last=1))).condemned[0]
    put_flag(grown.repository, pit, OWNER, "sweeping")

    with pytest.raises(Conflict, match="cannot be held: it is being removed"):
        hold(grown.repository, pit, OWNER, "audit 2026")

    assert {} == held(grown.repository)


@pytest.mark.fault(41)
def test_a_pit_that_is_being_called_back_is_spared(grown: Years) -> None:
    rules = Rules(Policy(last=1))
    pit = grown.prune(rules).condemned[0]
    grown.clock.forward(days=3)
    put_flag(grown.repository, pit, OWNER, "undelete")

    assert "called back" == grown.prune(rules).swept.spared[pit]


def test_a_pit_that_was_called_back_since_prune_looked_is_spared(grown: Years) -> None:
    pit = grown.repository.pits()[0]

    done = sweep(grown.repository, OWNER, [pit], grown.clock.now())

    assert {pit: "called back"} == done.spared
    assert pit in grown.repository.pits()


@pytest.mark.fault(11)
def test_a_pit_stays_for_as_long_as_its_reader_gives_signs(grown: Years) -> None:
    pit = grown.repository.pits()[0]

    with reading(grown.repository, OWNER, [pit], grown.lab.report) as report:
        for day in range(9):
            grown.clock.forward(days=1)
            report(Warned(f"day {day}"))
        done = grown.prune(NO_GRACE)

    assert "in use by test" in done.spared[pit]


@pytest.mark.fault(10)
def test_a_reader_that_paused_for_half_a_pins_life_does_not_go_on(grown: Years) -> None:
    with reading(grown.repository, OWNER, grown.repository.pits(), grown.lab.report) as report:
        grown.clock.forward(seconds=PIN_LIFETIME.total_seconds() / 2 + 1)

        with pytest.raises(Conflict, match="this run paused since"):
            report(Warned("awake again"))


class ReadOnly(WatchedStore):
    """A repository that may be read and not written to."""

    def put_new(self, key: str, chunks: Iterable[bytes]) -> None:
        raise StorageRefused(f"{key} may not be written")


def test_a_waiting_pit_is_not_read_where_no_pin_can_be_written_either(grown: Years) -> None:
    pit = grown.prune(Rules(Policy(last=1))).condemned[0]
    store = ReadOnly(grown.repository.store, Watched())
    shut = Repository(store, grown.repository.manifest, grown.clock.now)

    with pytest.raises(Conflict, match="is being pruned"), reading(shut, OWNER, [pit], grown.lab.report):
        pytest.fail("it was let in")
