"""Sets of texts at eight bytes each: a table has millions of files."""

from array import array
from bisect import bisect_left
from hashlib import blake2b

_PARTS = 256
_FIRST_SLOTS = 1 << 10
_LOWEST_64 = (1 << 64) - 1


class Digests:
    """A set that is filled first, then sealed, then asked.

    64-bit digests, sorted: two of ten million texts share one with a chance of one to 100,000, and a text that was
    never put in passes for one that was with a chance of one to a million million.
    """

    def __init__(self) -> None:
        self._parts = [array("Q") for _ in range(_PARTS)]

    def add(self, text: str) -> None:
        """Put a text in."""
        digest = _digest(text)
        self._parts[digest % _PARTS].append(digest)

    def seal(self) -> None:
        """Make it ready to be asked; what is added later is found after the next time."""
        for at, part in enumerate(self._parts):
            self._parts[at] = array("Q", sorted(part))

    def __contains__(self, text: str) -> bool:
        digest = _digest(text)
        part = self._parts[digest % _PARTS]
        at = bisect_left(part, digest)
        return at < len(part) and part[at] == digest


class Hashes:
    """A set of 64-bit hashes that is asked while it is filled: 16 to 32 bytes for each, where Python's takes 100."""

    def __init__(self) -> None:
        # 0 where nothing stands; never more than half of the slots are taken.
        self._slots = array("Q", bytes(8 * _FIRST_SLOTS))
        self._count = 0

    def add(self, hashed: int) -> None:
        """Put a hash in."""
        wanted = hashed & _LOWEST_64 or 1
        place = _place(self._slots, wanted)
        if self._slots[place]:
            return
        self._slots[place] = wanted
        self._count += 1
        if 2 * self._count > len(self._slots):
            self._grow()

    def __contains__(self, hashed: int) -> bool:
        wanted = hashed & _LOWEST_64 or 1
        return self._slots[_place(self._slots, wanted)] == wanted

    def _grow(self) -> None:
        slots = array("Q", bytes(16 * len(self._slots)))
        for held in self._slots:
            if held:
                slots[_place(slots, held)] = held
        self._slots = slots


def _place(slots: "array[int]", wanted: int) -> int:
    """The slot of a hash, or the free one where it would stand."""
    last = len(slots) - 1
    place = wanted & last
    while slots[place] not in (0, wanted):
        place = (place + 1) & last
    return place


def _digest(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())
