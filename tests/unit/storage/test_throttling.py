"""Bytes per second, on a clock of the test's own."""

import click
import pytest

from bcn_core.cli.bounds import ByteRate, at_once
from bcn_core.settings import BackupSettings
from bcn_core.storage.memory import MemoryStore
from bcn_core.storage.throttling import Rate, Throttled


class Clock:
    """Time that passes when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_reads_take_the_time_that_their_bytes_have() -> None:
    clock = Clock()
    store = MemoryStore()
    store.put_new("a", [bytes(1000)])
    slow = Throttled(store, Rate(100, clock, clock.sleep))

    for _ in range(4):
        slow.get("a")

    assert 30.0 == clock.now


def test_a_pause_gives_no_credit() -> None:
    clock = Clock()
    rate = Rate(100, clock, clock.sleep)
    clock.now = 1000.0

    rate.take(100)
    rate.take(100)

    assert 1001.0 == clock.now


@pytest.mark.parametrize(
    ("text", "rate"),
    [("1000", 1000), ("800K", 800_000), ("200MB/s", 200_000_000), ("1.5MiB/s", 1572864), ("2gi", 2**31)],
)
def test_a_rate_is_read(text: str, rate: int) -> None:
    assert rate == ByteRate().convert(text, None, None)


@pytest.mark.parametrize("text", ["fast", "0", "-1M", "1ib/s", ""])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="no rate"):
        ByteRate().convert(text, None, None)


@pytest.mark.parametrize("asked", [1, 2, 3, 7, 64])
def test_tables_times_files_keep_to_the_concurrency(asked: int) -> None:
    tables, files = at_once(BackupSettings(tables_at_once=4), {"limit_rate": None, "concurrency": asked})

    assert 1 <= tables * files <= asked
