"""Instants as writers of tables spell them."""

from datetime import UTC, datetime

from bcn_core.names import instant_of


def test_milliseconds_are_an_instant() -> None:
    assert datetime(2026, 11, 26, 4, 30, tzinfo=UTC) == instant_of(1_795_667_400_000)


def test_a_writer_that_counts_in_microseconds_ends_no_run() -> None:
    assert 9999 == instant_of(1_795_667_400_000_000).year
