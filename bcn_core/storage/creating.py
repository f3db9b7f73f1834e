"""What every object store does alike when it creates an object: parts of bounded size, and a stamp of its own."""

import secrets
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO

from bcn_core.errors import ObjectExists, ObjectMissing, StorageFailure

PART_BYTES = 16 * 1024 * 1024
# S3 takes 10,000 parts; doubling after each thousand reaches its largest object with room to spare.
_PARTS_BEFORE_DOUBLING = 1000


def new_stamp() -> str:
    """A mark that tells one write of an object from every other."""
    return secrets.token_hex(16)


def whole_or_parts(
    chunks: Iterable[bytes],
    whole: Callable[[bytes], object],
    in_parts: Callable[[Iterator[bytes]], object],
) -> None:
    """Create an object in one request when it is of one part, else in several, with one part of it in memory.

    Whoever is given parts must let go of one before asking for the next.
    """
    found = Parts(chunks)
    if found.is_one:
        whole(next(found))
    else:
        in_parts(found)


class Parts(Iterator[bytes]):
    """Chunks joined to parts of equal size, but for the last; at least one part, which may be empty.

    Sizes are multiples of 256 KiB, as GCS wants them.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._ahead = memoryview(b"")
        self._given = 0
        self._look()
        self._first: bytes | None = self._part()
        self.is_one = not self._ahead

    def __next__(self) -> bytes:
        if self._first is not None:
            first, self._first = self._first, None
            return first
        if not self._ahead:
            raise StopIteration
        return self._part()

    def _part(self) -> bytes:
        size = PART_BYTES * 2 ** (self._given // _PARTS_BEFORE_DOUBLING)
        self._given += 1
        # Chunks are copied as they come, and its value is no copy: a list, and what joins it, would be twice as large.
        held = BytesIO()
        while self._ahead and (room := size - held.tell()):
            held.write(self._ahead[:room])
            self._ahead = self._ahead[room:]
            self._look()
        return held.getvalue()

    def _look(self) -> None:
        """See to it that bytes are at hand, if any are left."""
        while not self._ahead and (chunk := next(self._chunks, None)) is not None:
            self._ahead = memoryview(chunk)


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
