"""Temporary files of killed writers in a local folder, found by their names alone."""

import os
from collections.abc import Iterator
from contextlib import suppress

from bcn_core.storage.unfinished import Discarded


def discard_temporary(folder: str, prefix: str, before: float) -> Discarded:
    """Remove the files below a folder whose names begin so and that nobody wrote to since.

    Only these are looked at: of ten million others, the folder tells what they are. No link is followed.
    """
    count = size = 0
    for found in _named(folder, prefix):
        with suppress(FileNotFoundError):
            held = found.stat(follow_symlinks=False)
            if held.st_mtime < before:
                os.unlink(found.path)  # noqa: PTH108 - a DirEntry's path is text
                count, size = count + 1, size + held.st_size
    return Discarded(count, size)


def _named(folder: str, prefix: str) -> Iterator[os.DirEntry[str]]:
    folders = [folder]
    while folders:
        with suppress(FileNotFoundError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif entry.name.startswith(prefix) and entry.is_file(follow_symlinks=False):
                    yield entry
