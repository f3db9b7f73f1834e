"""How often a call is made, and what is told about it."""

import pytest

from bcn_core.errors import StorageFailure, StorageRefused
from bcn_core.events import CallRepeated, Event
from bcn_core.storage.retrying import Retries


class Calls:
    """A call that fails a number of times before it succeeds."""

    def __init__(self, failures: int, error: StorageFailure | None = None) -> None:
        self.made = 0
        self._failures = failures
        self._error = error or StorageFailure("the store says SlowDown")

    def __call__(self) -> str:
        self.made += 1
        if self.made <= self._failures:
            raise self._error
        return "done"


@pytest.fixture
def told() -> list[Event]:
    return []


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def retries(told: list[Event], waits: list[float]) -> Retries:
    return Retries(attempts=4, first_wait=1.0, longest_wait=3.0, report=told.append, sleep=waits.append)


def test_a_call_that_fails_for_a_while_succeeds(retries: Retries) -> None:
    assert "done" == retries.call("s3://b/k", Calls(3))


def test_every_repetition_is_told(retries: Retries, told: list[Event]) -> None:
    retries.call("s3://b/k", Calls(2))

    seen = [(one.place, one.attempt, one.reason) for one in told if isinstance(one, CallRepeated)]

    assert [("s3://b/k", 2, "the store says SlowDown"), ("s3://b/k", 3, "the store says SlowDown")] == seen


def test_waits_grow_to_a_bound(retries: Retries, waits: list[float]) -> None:
    retries.call("s3://b/k", Calls(3))

    assert [True] * 3 == [0 <= wait <= bound for wait, bound in zip(waits, (1.0, 2.0, 3.0), strict=True)]


def test_a_call_that_never_succeeds_ends_with_its_error(retries: Retries) -> None:
    calls = Calls(99)

    with pytest.raises(StorageFailure, match="SlowDown"):
        retries.call("s3://b/k", calls)

    assert 4 == calls.made


def test_what_no_other_try_helps_is_not_tried_again(retries: Retries) -> None:
    calls = Calls(99, StorageRefused("no rights"))

    with pytest.raises(StorageRefused):
        retries.call("s3://b/k", calls)

    assert 1 == calls.made
