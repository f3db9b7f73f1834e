"""What every object store does alike when it creates an object: parts of bounded size, and a stamp of its own."""

import secrets
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from bcn_core.errors import ObjectExists, ObjectMissing, StorageFailure

PART_BYTES = 16 * 1024 * 1024
# S3 takes 10,000 parts; doubling after each thousand reaches its largest object with room to spare.
_PARTS_BEFORE_DOUBLING = 1000


def new_stamp() -> str:
    """A mark that tells one write of an object from every other."""
    return secrets.token_hex(16)


def parts(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks joined to parts of equal size, but for the last; at least one part, which may be empty.

    Sizes are multiples of 256 KiB, as GCS wants them.
    """
    held: list[bytes] = []
    length, size, number = 0, PART_BYTES, 0
    for chunk in chunks:
        held.append(chunk)
        length += len(chunk)
        while length > size:
            # Joined once: each byte is moved once on its way to a part.
            last = held.pop()
            kept = size - (length - len(last))
            yield b"".join([*held, last[:kept]])
            held, length = [last[kept:]], length - size
            number += 1
            size = PART_BYTES * 2 ** (number // _PARTS_BEFORE_DOUBLING)
    yield b"".join(held)


def whole_or_parts(
    chunks: Iterable[bytes], whole: Callable[[bytes], object], in_parts: Callable[[Iterator[bytes]], object]
) -> None:
    """Create an object in one request when it is of one part, else in several, with at most two parts in memory."""
    joined = parts(chunks)
    first, second = next(joined), next(joined, None)
    if second is None:
        whole(first)
    else:
        in_parts(chain([first, second], joined))


def unless_ours(shown: str, made: Callable[[], object], is_ours: Callable[[], bool]) -> None:
    """Make the call that creates an object; a key that our own, earlier try took is a success.

    When the answer to a write is lost, the next try finds the key taken, by our own object: ``is_ours`` tells it from
    somebody else's (robustness.md 0.4). A finished upload is not known any more, so finishing it again may find
    nothing: ``is_ours`` decides that too.

    Raises:
        ObjectExists: the key is taken, and not by us.
        StorageFailure: the store has neither the upload nor the object.
    """
    try:
        made()
    except (ObjectExists, ObjectMissing) as taken:
        if is_ours():
            return
        if isinstance(taken, ObjectMissing):
            raise StorageFailure(f"{shown}: the store lost its upload") from taken
        raise
