"""Copies: nothing appears that is not as recorded, and nothing that is there is overwritten."""

import threading
from collections.abc import Iterator

import pytest

from bcn_core.copying import Copied, Copy, Part, SizeDiffers, carry_out, in_parallel, put_same
from bcn_core.errors import Conflict, ObjectMissing
from bcn_core.repository.encoding import sha256
from bcn_core.storage.memory import MemoryStore

DATA = b"row " * 1000
DIGEST = sha256(DATA)


@pytest.fixture
def source() -> MemoryStore:
    found = MemoryStore()
    found.put_new("data", [DATA])
    return found


@pytest.fixture
def target() -> MemoryStore:
    return MemoryStore()


def copy(
    source: MemoryStore, target: MemoryStore, size: int | None = None, digest: str | None = None
) -> Copy:
    return Copy(source, "data", target, "copy", size, digest)


def test_a_copy_has_the_bytes_of_its_source(source: MemoryStore, target: MemoryStore) -> None:
    carry_out(copy(source, target, len(DATA), DIGEST))

    assert DATA == target.get("copy")


def test_size_and_digest_of_a_file_of_which_nothing_was_known_are_told(
    source: MemoryStore, target: MemoryStore
) -> None:
    assert Copied(len(DATA), DIGEST) == carry_out(copy(source, target))


@pytest.mark.parametrize(("size", "digest"), [(len(DATA) - 1, None), (None, "0" * 64)])
def test_a_file_that_is_not_as_recorded_is_refused(
    source: MemoryStore, target: MemoryStore, size: int | None, digest: str | None
) -> None:
    with pytest.raises(SizeDiffers):
        carry_out(copy(source, target, size, digest))


@pytest.mark.parametrize(("size", "digest"), [(len(DATA) - 1, None), (None, "0" * 64)])
def test_a_file_that_is_not_as_recorded_does_not_appear(
    source: MemoryStore, target: MemoryStore, size: int | None, digest: str | None
) -> None:
    with pytest.raises(SizeDiffers):
        carry_out(copy(source, target, size, digest))

    assert [] == list(target.list(""))


def test_a_file_that_is_gone_is_missing(target: MemoryStore) -> None:
    with pytest.raises(ObjectMissing):
        carry_out(copy(MemoryStore(), target))


@pytest.mark.parametrize("digest", [DIGEST, None])
def test_a_file_that_an_earlier_try_wrote_is_taken_for_the_copy(
    source: MemoryStore, target: MemoryStore, digest: str | None
) -> None:
    carry_out(copy(source, target))

    assert Copied(len(DATA), DIGEST) == carry_out(copy(source, target, digest=digest))


@pytest.mark.parametrize("digest", [DIGEST, None])
def test_another_file_of_that_name_is_a_conflict(
    source: MemoryStore, target: MemoryStore, digest: str | None
) -> None:
    target.put_new("copy", [DATA[:-1] + b"?"])

    with pytest.raises(Conflict, match="is there already, with other contents"):
        carry_out(copy(source, target, digest=digest))


def test_another_file_of_that_name_stays(source: MemoryStore, target: MemoryStore) -> None:
    target.put_new("copy", [b"somebody's"])

    with pytest.raises(Conflict):
        carry_out(copy(source, target))

    assert b"somebody's" == target.get("copy")


def test_bytes_that_are_there_already_are_put_again_without_harm(target: MemoryStore) -> None:
    put_same(target, "key", DATA)

    put_same(target, "key", DATA)

    assert DATA == target.get("key")


def test_other_bytes_under_a_key_are_not_put_over(target: MemoryStore) -> None:
    target.put_new("key", [b"somebody's"])

    with pytest.raises(Conflict, match="is there already, with other contents"):
        put_same(target, "key", DATA)

    assert b"somebody's" == target.get("key")


@pytest.mark.parametrize("of", [1, 2, 7])
def test_every_file_belongs_to_one_part_alone(of: int) -> None:
    parts = [Part(number, of) for number in range(of)]

    assert [1] * 500 == [sum(part.has(f"files/{at}") for part in parts) for at in range(500)]


def test_results_come_in_the_order_of_the_items() -> None:
    assert [at * at for at in range(100)] == list(in_parallel(lambda at: at * at, range(100), 8))


def test_after_an_error_no_new_item_is_taken() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for at in range(1000):
            taken.append(at)
            yield at

    def work(at: int) -> None:
        raise Conflict(f"no {at}")

    with pytest.raises(Conflict, match="no 0"):
        list(in_parallel(work, items(), 2))

    assert [0, 1, 2, 3] == taken


def test_as_many_are_under_way_as_there_are_workers() -> None:
    together = threading.Barrier(3)

    def work(_: int) -> int:
        together.wait()
        return threading.get_ident()

    assert 3 == len(set(in_parallel(work, range(30), 3)))
