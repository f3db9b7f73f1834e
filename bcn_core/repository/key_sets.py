"""Sets of keys for repositories of ten million objects: eight bytes for each, filled and asked in columns."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

# How many digests wait before they are sorted in among the others: most of them are there already.
_MOST_WAITING = 2_000_000


class KeySet:
    """A set of keys that keeps 64 bits of each: should two ever share them, an object too many is kept."""

    def __init__(self) -> None:
        import polars as pl

        self._held = pl.Series(dtype=pl.UInt64)
        self._waiting: list[pl.Series] = []
        self._count = 0

    def add(self, keys: "Iterable[str] | pl.Series") -> None:
        """Put keys in."""
        digests = _digests(keys)
        self._waiting.append(digests)
        self._count += len(digests)
        if self._count > _MOST_WAITING:
            self._settle()

    def has(self, keys: "Iterable[str] | pl.Series") -> list[bool]:
        """Which of some keys are in it."""
        if self._waiting:
            self._settle()
        digests = _digests(keys)
        if self._held.is_empty():
            return [False] * len(digests)
        places = self._held.search_sorted(digests).clip(0, len(self._held) - 1)
        return (self._held.gather(places) == digests).to_list()

    def __len__(self) -> int:
        self._settle()
        return len(self._held)

    def _settle(self) -> None:
        import polars as pl

        self._held = pl.concat([self._held, *self._waiting]).unique().sort()
        self._waiting, self._count = [], 0


def _digests(keys: "Iterable[str] | pl.Series") -> "pl.Series":
    import polars as pl

    # One type for all: polars hashes a text and a number of a dictionary differently, and a key that is needed must be
    # found again, or a prune would remove its object.
    column = keys.cast(pl.String) if isinstance(keys, pl.Series) else pl.Series(list(keys), dtype=pl.String)
    return column.hash(seed=0)
