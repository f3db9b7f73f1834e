"""Copying a large table's files in parts, by several processes or machines, ahead of its capture.

Which part a file belongs to follows from the table's planned state alone, so nobody claims a part and no claim outlives
its owner: two that copy the same part end with the same objects. What a part left uncopied, the capture copies.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import TypeVar

from bcn_core.copying import Copied, Part, in_parallel
from bcn_core.errors import ObjectExists
from bcn_core.repository.files import StoredFile, decode_files, encode_files
from bcn_core.repository.layout import part_list, part_lists
from bcn_core.repository.repository import Repository

I = TypeVar("I")  # noqa: E741


def share_of(files: Iterable[I], size: Callable[[I], int], part: Part) -> list[I]:
    """The files that one part copies: dealt out from the largest on, so that parts are of one size.

    Every part walks the same state and deals the same files out. Should one miss a file that another sees, some file
    is copied twice or by the capture, and none is wrong.
    """
    dealt = sorted(files, key=size, reverse=True)
    return dealt[part.number :: part.of]


def is_copied(repository: Repository, folder: str, part: Part) -> bool:
    """Whether the list of a part is there: then all of it was copied."""
    key = part_list(folder, part.number, part.of)
    return any(found.key == key for found in repository.store.list(part_lists(folder)))


def note_part(repository: Repository, folder: str, part: Part, files: Sequence[StoredFile]) -> None:
    """Write what a part copied, with the digests taken on the way: the capture reads none of those bytes again."""
    # Another process that copied the same part at the same time has written of the same objects.
    with suppress(ObjectExists):
        repository.store.put_new(part_list(folder, part.number, part.of), [encode_files(files)])


def copied_in_parts(repository: Repository, lists: Iterable[str]) -> dict[str, Copied]:
    """What the parts of a capture copied, by the objects' keys; ``lists``: the keys of the parts' lists."""

    def read(key: str) -> list[StoredFile]:
        return decode_files(repository.store.get(key), key)

    rows = (row for some in in_parallel(read, lists) for row in some)
    return {row.object: Copied(row.size, row.sha256) for row in rows}
