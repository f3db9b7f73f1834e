"""What the headers of an answer say of a whole object: bytes are counted against it, so it is never guessed."""

import pytest

from bcn_core.errors import StorageFailure
from bcn_core.storage.resuming import size_told


@pytest.mark.parametrize(
    ("start", "part", "length"),
    [(0, "", "10"), (0, "", 10), (0, "bytes 0-9/10", "10"), (7, "bytes 7-9/10", "3")],
)
def test_the_size_is_that_of_the_whole_object(start: int, part: str, length: str | int) -> None:
    assert 10 == size_told("s3://b/k", start, part, length)


@pytest.mark.parametrize("part", ["", "bytes 0-9/10", "bytes 71-99/100"])
def test_an_answer_that_begins_elsewhere_is_no_part_of_the_object(part: str) -> None:
    with pytest.raises(StorageFailure, match="does not give the part that was asked for"):
        size_told("s3://b/k", 7, part, "10")


@pytest.mark.parametrize(("part", "length"), [("", None), ("bytes 0-9/*", "10"), ("", "many")])
def test_a_size_that_is_not_told_is_not_guessed(part: str, length: str | None) -> None:
    with pytest.raises(StorageFailure, match="does not tell its size"):
        size_told("s3://b/k", 0, part, length)
