"""An estimate: what an operation would read, write, ask and leave behind. What it costs is a matter of prices."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from bcn_core.estimate.requests import Requests, is_moved_within, of_a_copy
from bcn_core.storage.store import Store
from bcn_core.storage.within import CopiesWithin

Operation = Literal["backup", "restore", "verify", "prune"]


@dataclass(frozen=True, slots=True)
class Moved:
    """Bytes read and written through this machine, and those that the store copies by itself."""

    read: int = 0
    written: int = 0
    within: int = 0


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one operation would take.

    ``counts`` are the terms of its law. ``files_new`` are copied, written or read, ``files_reused`` are held already.
    ``growth`` is what the store holds more afterwards, documents of BCN's own not counted; less than 0: it is freed.
    """

    operation: Operation
    tables: int
    counts: Mapping[str, int]
    requests: Requests
    files_new: int
    files_reused: int
    bytes_new: int
    bytes_reused: int
    moved: Moved
    growth: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Copies:
    """The copies of content files: what they ask, and the bytes of each way."""

    requests: Requests
    moved: Moved


def copies(files: Iterable[tuple[int, bool]]) -> Copies:
    """Of files by size, and by whether source and target are one account of a store that copies by itself."""
    requests, through, within = Requests(), 0, 0
    for size, one_account in files:
        requests += of_a_copy(size, one_account=one_account)
        if is_moved_within(size, one_account=one_account):
            within += size
        else:
            through += size
    return Copies(requests, Moved(through, through, within))


def in_one_account(source: Store, source_key: str, target: Store, target_key: str) -> bool:
    """Whether the store could copy an object from one place to the other by itself."""
    if not (isinstance(source, CopiesWithin) and isinstance(target, CopiesWithin)):
        return False
    here, there = source.place(source_key), target.place(target_key)
    return here is not None and there is not None and here.account is there.account
