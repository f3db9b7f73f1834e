"""Objects that nothing needs, kept on disk between the listing and their removal: there may be millions of them."""

import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Self, TypeVar

from bcn_core.errors import StorageFull
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
        # What could not be written before cannot be now, and nobody will read it.
        with suppress(OSError):
            self._file.close()

    def add(self, pit: str, found: ObjectStat) -> None:
        """Note one.

        Raises:
            StorageFull: this machine has no room for the list.
        """
        try:
            self._file.write(json.dumps([pit, found.key, found.size, found.modified]) + "\n")
        except OSError as error:
            raise _full(error) from error

    def __iter__(self) -> Iterator[Written]:
        try:
            self._file.seek(0)  # Writes what is left of the list.
        except OSError as error:
            raise _full(error) from error
        for line in self._file:
            pit, key, size, modified = json.loads(line)
            yield pit, ObjectStat(key, size, modified)


def _full(error: OSError) -> StorageFull:
    """A prune of millions of objects notes a gigabyte of keys."""
    return StorageFull(
        f"the list of what may go does not fit into {tempfile.gettempdir()}: {error}",
        hint="free some room there, or set TMPDIR to a larger place; then run the prune again, which goes on",
    )


def batched(items: Iterable[T], count: int) -> Iterator[list[T]]:
    """Some at a time."""
    left = iter(items)
    while batch := list(islice(left, count)):
        yield batch
