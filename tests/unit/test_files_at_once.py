"""How many files are under way at once: as many as there are threads when they are small, a few when they are large."""

import threading
from collections.abc import Callable
from contextlib import suppress

import pytest

from bcn_core.copying import Copy, SizeDiffers, at_once, carry_out, do_all, in_parallel, reader_of_many
from bcn_core.errors import ObjectMissing
from bcn_core.storage.memory import MemoryStore
from tests.warehouse.watching import WatchedStore

MIB = 1024 * 1024
FILES = tuple(str(number) for number in range(16))


class Meeting:
    """Who reads a file waits until as many others read one; ``most`` were there at once."""

    def __init__(self, wanted: int) -> None:
        self._barrier = threading.Barrier(wanted, timeout=60)
        self._lock = threading.Lock()
        self._there = 0
        self.most = 0

    def note(self, verb: str, key: str) -> None:
        if verb == "stream":
            with self._lock:
                self._there += 1
                self.most = max(self.most, self._there)
            self._barrier.wait()
        elif verb == "put_new":
            with self._lock:
                self._there -= 1


def copies(meeting: Meeting, size: int | None) -> Callable[[str], object]:
    """A copy of a file of three bytes, of which another size may be on record."""
    source, target = MemoryStore("memory://source"), MemoryStore("memory://target")
    for name in FILES:
        source.put_new(name, [b"abc"])

    def copy(name: str) -> object:
        with suppress(SizeDiffers):
            return carry_out(
                Copy(WatchedStore(source, meeting), name, WatchedStore(target, meeting), name, size)
            )
        return None

    return copy


def test_small_files_are_all_under_way_at_once() -> None:
    meeting = Meeting(16)

    do_all(copies(meeting, 3), FILES, 16)

    assert 16 == meeting.most


def test_of_large_files_eight_are_under_way_at_once() -> None:
    meeting = Meeting(8)

    do_all(copies(meeting, 64 * MIB), FILES, 16)

    assert 8 == meeting.most


def test_a_file_whose_size_nobody_knows_counts_as_a_large_one() -> None:
    meeting = Meeting(8)

    do_all(copies(meeting, None), FILES, 16)

    assert 8 == meeting.most


def test_a_file_of_half_the_size_leaves_room_for_another() -> None:
    meeting = Meeting(16)

    do_all(copies(meeting, 8 * MIB), FILES, 16)

    assert 16 == meeting.most


def test_copies_that_fail_leave_their_room_to_others() -> None:
    meeting = Meeting(1)
    copy = copies(meeting, 64 * MIB)

    do_all(copy, FILES, 1)

    assert copy(FILES[0]) is None


@pytest.mark.parametrize(
    ("largest", "expected"), [(0, 16), (2 * MIB, 16), (4 * MIB, 8), (8 * MIB, 4), (2**40, 4)]
)
def test_the_larger_files_are_the_fewer_are_held_whole(largest: int, expected: int) -> None:
    assert expected == at_once(16, [1, largest, 1])


def test_no_more_files_are_held_whole_than_there_are_threads() -> None:
    assert 2 == at_once(2, [2**40])


def test_nothing_comes_of_nothing() -> None:
    assert [] == list(in_parallel(str, [], at_once(4, [])))


def test_the_first_error_ends_it_all() -> None:
    done: list[int] = []

    def work(number: int) -> None:
        if number == 3:
            raise ObjectMissing("the third is not there")
        done.append(number)

    with pytest.raises(ObjectMissing, match="the third"):
        do_all(work, range(1000), 1)
    assert len(done) < 10


def test_many_files_are_given_in_their_order_and_none_for_one_that_is_not_there() -> None:
    store = MemoryStore("memory://lake")
    for name in ("a", "c"):
        store.put_new(name, [name.encode()])

    found = list(reader_of_many(store.get)([("c", 1), ("b", 1), ("a", 1)]))

    assert [("c", b"c"), ("b", None), ("a", b"a")] == found


def test_a_store_that_fails_is_no_file_that_is_not_there() -> None:
    def read(location: str) -> bytes:
        raise PermissionError(location)

    with pytest.raises(PermissionError):
        list(reader_of_many(read)([("a", 1)]))
