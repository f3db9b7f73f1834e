"""Flags that say nothing, clocks that disagree, and two runs that make one PIT."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from bcn_core.backup import Backup, begin, capture_all, publish
from bcn_core.capture.claiming import next_pit
from bcn_core.errors import Conflict
from bcn_core.names import pit_id
from bcn_core.repository.flag_documents import Owner
from bcn_core.repository.layout import tombstone
from bcn_core.repository.pins import drop_pin
from bcn_core.retention import Policy, Rules, plan_prune
from tests.fault.crashing import read_whole
from tests.warehouse.source import append, make
from tests.warehouse.years import Years

OTHER = Owner(name="other", host="another-machine")


@pytest.fixture
def years(tmp_path: Path) -> Years:
    """A table in two PITs, an hour apart."""
    found = Years.of(tmp_path)
    table = make(found.lab.source.pyiceberg(), "sales.orders")
    for start in (0, 10):
        append(table, start)
        found.take(hours=1)
    return found


@pytest.mark.fault(6)
def test_of_two_runs_that_make_the_same_pit_one_wins_and_the_other_is_refused(years: Years) -> None:
    repository = years.repository
    append(years.lab.source.pyiceberg().load_table("sales.orders"), 20)
    pit = next_pit(repository)
    first = years.lab.backup()
    plan = begin(first, pit, None)
    # A person took the first run for dead and removed its pin, as the message says; both go on.
    drop_pin(repository.store, repository.layout, pit)
    other = Backup(repository, years.lab.source.bcn(), years.lab.stores, OTHER)
    same = begin(other, pit, None)

    publish(other, same, capture_all(other, same))

    assert plan == same
    with pytest.raises(Conflict, match="exists already"):
        begin(first, pit, None)
    assert read_whole(repository, pit)


@pytest.mark.fault(6)
def test_a_run_that_lost_its_pin_to_another_run_of_the_same_pit_does_not_publish(years: Years) -> None:
    repository = years.repository
    pit = next_pit(repository)
    first = years.lab.backup()
    plan = begin(first, pit, None)
    drop_pin(repository.store, repository.layout, pit)
    begin(Backup(repository, years.lab.source.bcn(), years.lab.stores, OTHER), pit, None)

    with pytest.raises(Conflict, match="other on another-machine holds its pin now"):
        publish(first, plan, capture_all(first, plan))

    assert pit not in repository.pits()


@pytest.mark.fault(12)
@pytest.mark.parametrize("body", [b"", b"null", b'{"pit": '])
def test_a_backup_does_not_stand_on_a_pit_whose_tombstone_cannot_be_read(years: Years, body: bytes) -> None:
    first, second = years.repository.pits()
    years.repository.store.put_new(tombstone(second), [body])

    manifest = years.lab.take()

    assert manifest.parent_pit is not None
    assert first == manifest.parent_pit.pit


@pytest.mark.fault(13)
def test_a_clock_that_runs_an_hour_behind_takes_no_pit_before_the_newest(years: Years) -> None:
    years.clock.forward(hours=-3)

    with pytest.raises(Conflict, match="lies in the future"):
        years.lab.take()


@pytest.mark.fault(13)
def test_a_clock_that_is_a_little_behind_keeps_the_order_of_pits(years: Years) -> None:
    newest = years.repository.pits()[-1]
    years.clock.forward(hours=-1, minutes=-4)

    assert newest < years.take()


@pytest.mark.fault(13)
def test_an_instant_of_another_time_zone_is_the_same_pit() -> None:
    summer = timezone(timedelta(hours=2))

    assert pit_id(datetime(2026, 10, 25, 0, 30, tzinfo=UTC)) == pit_id(
        datetime(2026, 10, 25, 2, 30, tzinfo=summer)
    )


@pytest.mark.fault(11)
def test_a_pin_of_a_machine_that_is_gone_ends_a_week_after_its_last_sign(years: Years) -> None:
    gone = Backup(years.repository, years.lab.source.bcn(), years.lab.stores, OTHER)
    begin(gone, next_pit(years.repository), None)
    years.clock.forward(days=6, hours=23)
    with pytest.raises(Conflict, match="the repository is busy: other on another-machine"):
        years.lab.take()

    years.clock.forward(hours=2)

    assert "complete" == years.lab.take().status


@pytest.mark.fault(40)
def test_a_policy_of_one_pit_keeps_the_newest_complete_one_and_says_why(years: Years) -> None:
    plan = plan_prune(years.repository, Rules(Policy(yearly=1)))

    newest = years.repository.pits()[-1]
    assert [(newest, ("yearly", "newest complete", "newest"))] == [
        (one.pit, one.reasons) for one in plan.keep
    ]


@pytest.mark.fault(6)
def test_a_run_whose_pit_was_begun_anew_meanwhile_does_not_publish(years: Years) -> None:
    repository, backup = years.repository, years.lab.backup()
    plan = begin(backup, next_pit(repository), None)
    reasons = capture_all(backup, plan)
    repository.store.delete(repository.layout.plan(plan.pit))
    append(years.lab.source.pyiceberg().load_table("sales.orders"), 20)
    begin(backup, plan.pit, None)

    with pytest.raises(Conflict, match="was begun anew meanwhile"):
        publish(backup, plan, reasons)

    assert plan.pit not in repository.pits()
