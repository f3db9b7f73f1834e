"""Objects that nothing needs, kept on disk between the listing and their removal: there may be millions of them."""

import json
import tempfile
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Self, TypeVar

from bcn_core.storage.store import ObjectStat

T = TypeVar("T")
Written = tuple[str, ObjectStat]
"""An object, and the PIT that wrote it."""


class Loose:
    """What may go, in the order of the listing; read as often as is wanted, gone at the end of the block."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed with this

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, pit: str, found: ObjectStat) -> None:
        """Note one."""
        self._file.write(json.dumps([pit, found.key, found.size, found.modified]) + "\n")

    def __iter__(self) -> Iterator[Written]:
        self._file.seek(0)
        for line in self._file:
            pit, key, size, modified = json.loads(line)
            yield pit, ObjectStat(key, size, modified)


def batched(items: Iterable[T], count: int) -> Iterator[list[T]]:
    """Some at a time."""
    left = iter(items)
    while batch := list(islice(left, count)):
        yield batch
