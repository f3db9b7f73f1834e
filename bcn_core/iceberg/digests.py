"""Sets of texts at eight bytes each: a table has millions of files."""

from array import array
from bisect import bisect_left
from hashlib import blake2b

_PARTS = 256


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


def _digest(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())
