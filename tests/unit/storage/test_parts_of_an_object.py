"""An object's chunks, joined to parts: of which sizes, how many are in memory, and when one request is enough."""

import tracemalloc
from collections.abc import Iterator

import pytest

from bcn_core.storage import creating
from bcn_core.storage.creating import PART_BYTES, Parts, whole_or_parts

MIB = 1024 * 1024


def chunks(size: int, each: int = 7 * MIB) -> Iterator[bytes]:
    for start in range(0, size, each):
        yield bytes(min(each, size - start))


def never(_: object) -> None:
    pytest.fail("it is not created in this way")


def made(size: int) -> tuple[str, int]:
    """How an object of a size is created, and how many parts that takes."""
    found: list[tuple[str, int]] = []
    whole_or_parts(
        chunks(size),
        lambda _: found.append(("whole", 1)),
        lambda parts: found.append(("parts", sum(1 for _ in parts))),
    )
    (one,) = found
    return one


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0, ("whole", 1)),
        (1, ("whole", 1)),
        (PART_BYTES, ("whole", 1)),
        (PART_BYTES + 1, ("parts", 2)),
        (3 * PART_BYTES, ("parts", 3)),
        (3 * PART_BYTES + 1, ("parts", 4)),
    ],
)
def test_what_fits_into_one_part_is_created_whole(size: int, expected: tuple[str, int]) -> None:
    assert expected == made(size)


def test_parts_hold_the_bytes_in_their_order() -> None:
    data = bytes(range(256)) * 4 * 50 * 1024
    given = (data[:1], b"", data[1 : 5 * MIB], data[5 * MIB : PART_BYTES * 2], data[PART_BYTES * 2 :])

    assert data == b"".join(Parts(given))


def test_all_parts_but_the_last_are_of_one_size() -> None:
    assert [PART_BYTES, PART_BYTES, MIB] == [len(part) for part in Parts(chunks(2 * PART_BYTES + MIB))]


def test_parts_grow_so_that_ten_thousand_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(creating, "PART_BYTES", 4)
    monkeypatch.setattr(creating, "_PARTS_BEFORE_DOUBLING", 2)

    assert [4, 4, 8, 8, 16, 2] == [len(part) for part in Parts([b"x" * 42])]


def test_one_part_is_in_memory_at_a_time() -> None:
    def taken(parts: Iterator[bytes]) -> None:
        for _ in map(len, parts):
            tracemalloc.reset_peak()

    tracemalloc.start()
    try:
        whole_or_parts(chunks(6 * PART_BYTES, MIB), never, taken)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1.5 * PART_BYTES


def test_a_source_that_fails_ends_it() -> None:
    def broken() -> Iterator[bytes]:
        yield bytes(MIB)
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        whole_or_parts(broken(), never, never)
