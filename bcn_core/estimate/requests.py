"""Requests to an object store, by what stores charge for."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from bcn_core.storage.creating import PART_BYTES
from bcn_core.storage.within import LEAST_BYTES, MOST_BYTES

PAGE = 1000
"""The objects that one answer to a listing shows, and that one request removes."""


@dataclass(frozen=True, slots=True)
class Requests:
    """So many of each class. ``post`` begins, ends or removes many; ``copy`` has the store itself move bytes."""

    get: int = 0
    put: int = 0
    list: int = 0
    head: int = 0
    delete: int = 0
    post: int = 0
    copy: int = 0

    def __add__(self, other: "Requests") -> "Requests":
        return Requests(*(getattr(self, one) + getattr(other, one) for one in CLASSES))

    def __mul__(self, times: int) -> "Requests":
        return Requests(*(getattr(self, one) * times for one in CLASSES))

    @property
    def all(self) -> int:
        """How many there are."""
        return sum(getattr(self, one) for one in CLASSES)

    def by_class(self) -> Mapping[str, int]:
        """The counts by the names of HTTP's methods, and LIST and COPY beside them."""
        return {one.upper(): getattr(self, one) for one in CLASSES}


CLASSES = tuple(field.name for field in fields(Requests))


def pages(objects: int) -> int:
    """The requests of a listing: one even when there is nothing."""
    return max(1, -(-objects // PAGE))


def is_moved_within(size: int, *, one_account: bool) -> bool:
    """Whether the store copies a file of this size by itself."""
    return one_account and LEAST_BYTES <= size <= MOST_BYTES


def of_a_copy(size: int, *, one_account: bool) -> Requests:
    """What the copy of one file asks, as bcn_core/copying.py makes it."""
    if is_moved_within(size, one_account=one_account):
        return Requests(head=1, post=2, copy=1)
    if size <= PART_BYTES:
        return Requests(get=1, put=1)
    # Parts double after each thousand of them; counting them as if they did not is an upper bound.
    return Requests(get=1, post=2, put=-(-size // PART_BYTES))
