"""Unpacking with a bound: whoever may write a table can make some kB that unpack to GB."""

import gzip
import io
from collections.abc import Iterable

MOST_BYTES = 256 * 1024 * 1024
"""What one packed piece may unpack to: a block of Avro, a metadata file, a footer of Puffin.

Writers of Iceberg make blocks of 64 KiB; a metadata file of this size names some hundred thousand snapshots.
"""

HINT = "no writer of Iceberg makes such a file: look who wrote it, before anything else reads it"
"""What to do about a file that is packed to do harm."""


class UnpacksTooFarError(ValueError):
    """A packed piece holds more than :data:`MOST_BYTES`, or says so of itself."""

    def __init__(self) -> None:
        super().__init__(f"it unpacks to more than {MOST_BYTES >> 20} MiB")


def bounded(pieces: Iterable[bytes]) -> bytes:
    """Unpacked pieces, joined; no further one is asked for when they are too large.

    Raises:
        UnpacksTooFarError: they are.
    """
    held: list[bytes] = []
    room = MOST_BYTES
    for piece in pieces:
        room -= len(piece)
        if room < 0:
            raise UnpacksTooFarError
        held.append(piece)
    return held[0] if len(held) == 1 else b"".join(held)


def gunzipped(data: bytes) -> bytes:
    """What gzip packed.

    Raises:
        UnpacksTooFarError: it is more than :data:`MOST_BYTES`.
        OSError, EOFError, zlib.error: the bytes are damaged, cut off, or no gzip.
    """
    with gzip.open(io.BytesIO(data)) as packed:
        return bounded([packed.read(MOST_BYTES + 1)])
