"""Standard streams that never decide what becomes of the work.

A backup that is complete must not be called failed since its table could not be shown: because the reader left
(``bcn backup | head -1``), the terminal knows no ``·``, or whoever started it had closed its stderr.
"""

import io
import os
import sys
from typing import IO, Any


def prepare() -> None:
    """Make the three streams of the process safe to use; the first act of a process."""
    _fill_gaps()
    sys.stdout, sys.stderr = _safe(sys.stdout, 1), _safe(sys.stderr, 2)


def _fill_gaps() -> None:
    """Open what is closed: a file of the repository would get its number, and messages to stderr would go into it."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _safe(stream: IO[str] | None, number: int) -> IO[str]:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    buffer = io.BufferedWriter(_UntilNobodyReads(number, "w", closefd=False))
    return io.TextIOWrapper(buffer, encoding, errors="backslashreplace", line_buffering=True)


class _UntilNobodyReads(io.FileIO):
    """What is written after the reader has left is lost, without an error.

    A full disk is an error, once: Python would write the rest again while it exits, and end with a code of its own.
    """

    _is_lost = False

    def write(self, data: Any, /) -> int:
        if self._is_lost:
            return len(data)
        try:
            return super().write(data)
        except BrokenPipeError:
            return len(data)
        except OSError:
            self._is_lost = True
            raise
