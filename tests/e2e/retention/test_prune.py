"""Prune: what goes, what stays, and that nothing goes while anything is unclear."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bcn_core.backup import begin, publish
from bcn_core.capture.claiming import next_pit
from bcn_core.errors import Conflict, DamagedRepository, NotFound
from bcn_core.repository.flag_documents import Pin
from bcn_core.repository.flags import put_flag
from bcn_core.repository.pins import PIN_LIFETIME, put_pin
from bcn_core.repository.readers import reading
from bcn_core.restore import RestoreRequest
from bcn_core.retention import Policy, Rules, hold, plan_prune, release, undelete
from tests.warehouse.source import append, make
from tests.warehouse.years import NO_GRACE, OWNER, Years

LAST = Rules(Policy(last=1), grace=timedelta(days=3))


def test_a_plan_changes_nothing(grown: Years) -> None:
    before = grown.objects()

    plan = plan_prune(grown.repository, NO_GRACE)

    assert 2 == len(plan.remove)
    assert before == grown.objects()


def test_a_plan_says_how_much_is_freed_in_the_end(grown: Years) -> None:
    plan = plan_prune(grown.repository, NO_GRACE)

    done = grown.prune(NO_GRACE)

    assert plan.bytes == done.swept.bytes > 0


@pytest.mark.fault(40)
def test_what_the_newest_pit_needs_of_older_ones_stays(grown: Years) -> None:
    grown.prune(NO_GRACE)

    assert 1 == len(grown.repository.pits())
    assert [] == grown.lost()


def test_a_pruned_repository_restores_without_its_source(grown: Years) -> None:
    grown.prune(NO_GRACE)
    grown.lab.source.lose()

    assert () == grown.lab.restore().failed


def test_a_backup_goes_on_after_a_prune(grown: Years) -> None:
    grown.prune(NO_GRACE)
    append(grown.lab.source.pyiceberg().load_table("sales.orders"), 40)

    grown.take()

    assert [] == grown.lost()


def test_nothing_is_left_of_a_pruned_table_that_was_dropped(grown: Years) -> None:
    append(make(grown.lab.source.pyiceberg(), "sales.gone"), 0)
    grown.take(hours=1)
    grown.lab.source.pyiceberg().drop_table("sales.gone")
    grown.take(hours=1)

    grown.prune(NO_GRACE)

    assert [] == [
        key for key in grown.objects() if "/gone/" in key and not key.endswith("table_manifest.json")
    ]


def test_a_pit_waits_before_its_data_goes(grown: Years) -> None:
    done = grown.prune(LAST)

    assert (2, ()) == (len(done.condemned), done.swept.pits)
    assert 3 == len(grown.repository.pits())


def test_after_its_grace_a_pit_goes(grown: Years) -> None:
    waiting = grown.prune(LAST).condemned
    grown.clock.forward(days=3)

    assert waiting == grown.prune(LAST).swept.pits


def test_a_waiting_pit_is_not_restored(grown: Years) -> None:
    pit = grown.prune(LAST).condemned[0]

    with pytest.raises(Conflict, match="is being pruned"):
        grown.lab.restore(RestoreRequest(pit=pit))


@pytest.mark.fault(41)
def test_a_waiting_pit_can_be_called_back(grown: Years) -> None:
    pit = grown.prune(LAST).condemned[0]

    undelete(grown.repository, pit, OWNER)
    grown.clock.forward(days=3)

    assert pit not in grown.prune(replace(LAST, policy=Policy(last=9))).swept.pits


def test_a_pit_that_is_being_removed_cannot_be_called_back(grown: Years) -> None:
    pit = grown.prune(LAST).condemned[0]
    put_flag(grown.repository, pit, OWNER, "sweeping")

    with pytest.raises(Conflict, match="cannot be called back"):
        undelete(grown.repository, pit, OWNER)


def test_calling_back_what_does_not_wait_is_refused(grown: Years) -> None:
    with pytest.raises(NotFound, match="is not waiting"):
        undelete(grown.repository, grown.repository.pits()[0], OWNER)


@pytest.mark.fault(40)
def test_a_held_pit_stays(grown: Years) -> None:
    pit = grown.repository.pits()[0]
    hold(grown.repository, pit, OWNER, "audit 2026")

    grown.prune(NO_GRACE)

    assert pit in grown.repository.pits()


def test_a_pit_that_is_held_while_it_waits_stays(grown: Years) -> None:
    pit = grown.prune(LAST).condemned[0]
    hold(grown.repository, pit, OWNER, "audit 2026")
    grown.clock.forward(days=3)

    assert {pit: "held: audit 2026"} == grown.prune(LAST).swept.spared


def test_a_released_pit_goes(grown: Years) -> None:
    pit = grown.repository.pits()[0]
    hold(grown.repository, pit, OWNER, "audit 2026")
    release(grown.repository, pit)

    assert pit in grown.prune(NO_GRACE).swept.pits


def test_holding_a_pit_that_is_not_there_is_refused(grown: Years) -> None:
    with pytest.raises(NotFound, match="there is no PIT"):
        hold(grown.repository, "20200101T000000.000Z", OWNER, "audit 2026")


def test_a_pit_that_a_restore_reads_stays(grown: Years) -> None:
    pit = grown.repository.pits()[0]

    with reading(grown.repository, OWNER, [pit], grown.lab.report):
        done = grown.prune(NO_GRACE)

    assert "in use by test" in done.spared[pit]
    assert pit in grown.repository.pits()


@pytest.mark.fault(11)
def test_a_pin_without_a_sign_for_a_week_keeps_nothing(grown: Years) -> None:
    pit = grown.repository.pits()[0]

    with reading(grown.repository, OWNER, [pit], grown.lab.report):
        grown.clock.forward(seconds=PIN_LIFETIME.total_seconds() + 1)
        done = grown.prune(NO_GRACE)

    assert pit in done.swept.pits


@pytest.mark.fault(12)
def test_a_pin_that_cannot_be_read_keeps_everything(grown: Years) -> None:
    grown.repository.store.put_new("readers/0/pin.json", [b""])

    done = grown.prune(NO_GRACE)

    assert (2, ()) == (len(done.spared), done.swept.pits)


@pytest.mark.fault(16, 21)
@pytest.mark.parametrize("part", ["/manifest.json", "/capture.json", "/files.parquet", "/.pits/"])
def test_nothing_goes_while_anything_that_stays_cannot_be_read(grown: Years, part: str) -> None:
    newest = grown.repository.pits()[-1]
    key = next(key for key in sorted(grown.objects()) if newest in key and part in key)
    grown.repository.store.replace(key, b"garbage")
    before = grown.objects()

    with pytest.raises(DamagedRepository):
        grown.prune(NO_GRACE)

    assert before == grown.objects()


@pytest.mark.fault(13)
def test_nothing_goes_when_the_clocks_differ(grown: Years) -> None:
    grown.repository.now = lambda: grown.clock.now() + timedelta(minutes=6)

    with pytest.raises(Conflict, match="the clock of this machine"):
        grown.prune(NO_GRACE)

    assert 3 == len(grown.repository.pits())


def test_a_backup_stands_on_no_pit_that_waits(grown: Years) -> None:
    put_flag(grown.repository, grown.repository.pits()[-1], OWNER)

    pit = grown.take()

    parent = grown.repository.pit(pit).parent_pit
    assert parent is not None
    assert grown.repository.pits()[1] == parent.pit


@pytest.mark.fault(7)
def test_what_a_dead_run_left_is_kept_for_the_next_one(grown: Years) -> None:
    append(grown.lab.source.pyiceberg().load_table("sales.orders"), 50)
    pit = grown.begin_and_die()

    grown.prune(Rules(Policy(last=9)))

    assert pit in grown.repository.unfinished()


@pytest.mark.fault(7)
def test_what_a_dead_run_left_long_ago_goes(grown: Years) -> None:
    append(grown.lab.source.pyiceberg().load_table("sales.orders"), 50)
    pit = grown.begin_and_die()
    grown.clock.forward(days=8)

    grown.prune(Rules(Policy(last=9)))

    assert [] == [key for key in grown.objects() if pit in key]


@pytest.mark.fault(40)
def test_what_bcn_did_not_write_stays(grown: Years) -> None:
    foreign = f"{grown.repository.layout.folder}/databases/sales/orders/notes.txt"
    grown.repository.store.put_new(foreign, [b"mine"])
    grown.clock.forward(days=30)

    grown.prune(NO_GRACE)

    assert foreign in grown.objects()


@pytest.mark.fault(10)
def test_a_run_whose_pin_is_gone_does_not_publish(grown: Years) -> None:
    backup = grown.lab.backup()
    plan = begin(backup, next_pit(grown.repository))
    grown.repository.store.delete(grown.repository.layout.pin(plan.pit))

    with pytest.raises(Conflict, match="its pin is gone"):
        publish(backup, plan, {})


@pytest.mark.fault(10)
def test_a_run_that_paused_for_half_a_pins_life_does_not_publish(grown: Years) -> None:
    backup = grown.lab.backup()
    plan = begin(backup, next_pit(grown.repository))
    grown.clock.forward(seconds=PIN_LIFETIME.total_seconds() / 2 + 1)

    with pytest.raises(Conflict, match="gave no sign"):
        publish(backup, plan, {})


def test_another_runs_pin_is_not_taken_for_ones_own(grown: Years) -> None:
    backup = grown.lab.backup()
    plan = begin(backup, next_pit(grown.repository))
    grown.repository.store.delete(grown.repository.layout.pin(plan.pit))
    put_pin(
        grown.repository.store,
        grown.repository.layout,
        Pin(pit=plan.pit, owner=OWNER, since=grown.clock.now()),
    )

    with pytest.raises(Conflict, match="holds its pin now"):
        publish(backup, plan, {})
