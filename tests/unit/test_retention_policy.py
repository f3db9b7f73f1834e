"""Which PITs a policy keeps, and why."""

from datetime import UTC, datetime, timedelta

import pytest

from bcn_core.errors import InvalidRequest
from bcn_core.names import pit_id
from bcn_core.pruning.choosing import choose
from bcn_core.pruning.policy import Policy, reasons_to_keep
from bcn_core.repository.documents import Status

HOURLY = [pit_id(datetime(2026, 3, 2, tzinfo=UTC) + timedelta(hours=hour)) for hour in range(24 * 40)]
NOW = datetime(2026, 4, 11, tzinfo=UTC)


def statuses(*complete: str, partial: tuple[str, ...] = ()) -> dict[str, Status]:
    """PITs with their statuses."""
    found: dict[str, Status] = dict.fromkeys(complete, "complete")
    return {**found, **dict.fromkeys(partial, "partial")}


def test_a_day_is_kept_by_its_last_pit() -> None:
    kept = reasons_to_keep(HOURLY, Policy(daily=2))

    assert {"20260409T230000.000Z": ("daily",), "20260410T230000.000Z": ("daily",)} == kept


@pytest.mark.fault(13)
def test_an_iso_week_ends_on_sunday_at_midnight_utc() -> None:
    kept = reasons_to_keep(HOURLY, Policy(weekly=2))

    assert ["20260405T230000.000Z", "20260410T230000.000Z"] == list(kept)


def test_the_first_days_of_january_belong_to_the_iso_week_of_december() -> None:
    kept = reasons_to_keep(["20261230T120000.000Z", "20270101T120000.000Z"], Policy(weekly=5))

    assert ["20270101T120000.000Z"] == list(kept)


@pytest.mark.fault(13)
def test_a_leap_day_is_a_day() -> None:
    pits = ["20280228T120000.000Z", "20280229T120000.000Z", "20280301T120000.000Z"]

    assert pits == list(reasons_to_keep(pits, Policy(daily=3)))


def test_every_rule_that_keeps_a_pit_is_named() -> None:
    kept = reasons_to_keep(HOURLY, Policy(last=1, hourly=1, daily=1, weekly=1, monthly=1, yearly=1))

    assert {"20260410T230000.000Z": ("hourly", "daily", "weekly", "monthly", "yearly", "last")} == kept


def test_within_counts_from_the_newest_pit() -> None:
    kept = reasons_to_keep(HOURLY, Policy(within=timedelta(hours=2)))

    assert ["20260410T210000.000Z", "20260410T220000.000Z", "20260410T230000.000Z"] == list(kept)


@pytest.mark.fault(39)
def test_a_policy_that_keeps_nothing_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="no rule says"):
        Policy().check()


def test_a_partial_pit_takes_no_place_of_a_complete_one() -> None:
    found = statuses("20260401T080000.000Z", "20260403T080000.000Z", partial=("20260402T080000.000Z",))

    choice = choose(found, {}, Policy(daily=2), NOW)

    assert ("20260402T080000.000Z",) == choice.remove


def test_partial_pits_after_the_newest_complete_one_are_counted_apart() -> None:
    partial = tuple(pit for pit in HOURLY if pit > "20260402")
    found = statuses("20260401T080000.000Z", partial=partial)

    choice = choose(found, {}, Policy(daily=2), NOW)

    assert ["20260401T080000.000Z", "20260409T230000.000Z", "20260410T230000.000Z"] == list(choice.keep)


@pytest.mark.fault(40)
def test_the_newest_complete_pit_stays_whatever_the_policy_says() -> None:
    found = statuses("20250101T080000.000Z", partial=("20260410T080000.000Z",))

    choice = choose(found, {}, Policy(within=timedelta(hours=1)), NOW)

    assert "newest complete" in choice.keep["20250101T080000.000Z"]


def test_a_held_pit_stays_and_says_why() -> None:
    found = statuses("20250101T080000.000Z", "20260410T080000.000Z")

    choice = choose(found, {"20250101T080000.000Z": ("audit",)}, Policy(last=1), NOW)

    assert ('hold "audit"',) == choice.keep["20250101T080000.000Z"]


@pytest.mark.fault(13)
def test_a_pit_dated_in_the_future_neither_counts_nor_goes() -> None:
    found = statuses("20260410T080000.000Z", "20990101T000000.000Z")

    choice = choose(found, {}, Policy(last=1), NOW)

    assert {"20260410T080000.000Z", "20990101T000000.000Z"} == set(choice.keep)


@pytest.mark.fault(43)
def test_forged_pits_push_nothing_out_of_a_span_of_time() -> None:
    forged = [pit_id(datetime(2026, 4, 10, 12, minute, tzinfo=UTC)) for minute in range(60)]

    choice = choose(statuses("20260409T080000.000Z", *forged), {}, Policy(within=timedelta(days=7)), NOW)

    assert "20260409T080000.000Z" in choice.keep
