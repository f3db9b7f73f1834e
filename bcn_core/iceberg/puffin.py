"""Puffin files around deletion vectors: their footers name data files, their blobs do not.

Puffin specification, "Footer" and "Deletion vector v1 blob type"; relocation.md 1.4. A rewrite changes the footer
alone, so that offsets, lengths and checksums of the blobs stay what they are.
"""

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bcn_core.errors import InvalidTableFile, UnsupportedFormat
from bcn_core.iceberg.unpacking import HINT, MOST_BYTES, UnpacksTooFarError, bounded

PUFFIN_MAGIC = b"PFA1"
REFERENCED_DATA_FILE = "referenced-data-file"

_BARE_MAGIC = b"\xd1\xd3\x39\x64"
_TAIL = struct.Struct("<i4s4s")
_COMPRESSED = 1


@dataclass(frozen=True, slots=True)
class Puffin:
    """An opened Puffin file: where its footer begins and what the footer says."""

    data: bytes
    footer_start: int
    footer: dict[str, Any]

    @property
    def blobs(self) -> list[dict[str, Any]]:
        """The blobs' metadata, in the footer's order."""
        blobs: list[dict[str, Any]] = self.footer["blobs"]
        return blobs

    @property
    def referenced(self) -> dict[tuple[int, int], str]:
        """The data file of each deletion vector, by the vector's offset and length in bytes."""
        return {
            (blob["offset"], blob["length"]): blob["properties"][REFERENCED_DATA_FILE]
            for blob in self.blobs
            if REFERENCED_DATA_FILE in (blob.get("properties") or {})
        }


def is_bare_vector(data: bytes) -> bool:
    """Whether a file is a deletion vector without a Puffin around it, as old DuckDB writers leave."""
    return not data.startswith(PUFFIN_MAGIC) and data[4:8] == _BARE_MAGIC


def open_puffin(data: bytes, location: str) -> Puffin:
    """Read the footer of a Puffin file.

    Raises:
        InvalidTableFile: the file is no whole Puffin file.
        UnsupportedFormat: the footer has flags that the specification does not know.
    """
    if (
        not data.startswith(PUFFIN_MAGIC)
        or not data.endswith(PUFFIN_MAGIC)
        or len(data) < _TAIL.size + 2 * len(PUFFIN_MAGIC)
    ):
        raise InvalidTableFile(f"{location} is not a whole Puffin file")
    size, flags, _ = _TAIL.unpack(data[-_TAIL.size :])
    payload_start = len(data) - _TAIL.size - size
    start = payload_start - len(PUFFIN_MAGIC)
    if size < 0 or start < len(PUFFIN_MAGIC) or data[start:payload_start] != PUFFIN_MAGIC:
        raise InvalidTableFile(f"{location} has a Puffin footer that does not begin where its size says")
    if flags[0] & ~_COMPRESSED or any(flags[1:]):
        raise UnsupportedFormat(f"{location} has a Puffin footer with unknown flags {flags.hex()}")
    payload = data[payload_start : payload_start + size]
    return Puffin(data, start, _parsed(_plain(payload, location) if flags[0] else payload, location))


def relocate_puffin(data: bytes, location: str, mapping: Callable[[str], str]) -> bytes:
    """Rewrite the data files that a Puffin file's footer names; the bytes before the footer stay as they are.

    The new footer is not compressed. Nothing to change: the input itself.

    Raises:
        InvalidTableFile: the file is no whole Puffin file.
        UnsupportedFormat: the footer has flags that the specification does not know.
    """
    puffin = open_puffin(data, location)
    blobs = [_relocated(blob, mapping) for blob in puffin.blobs]
    if blobs == puffin.blobs:
        return data
    footer = json.dumps({**puffin.footer, "blobs": blobs}, ensure_ascii=False, separators=(",", ":")).encode()
    tail = _TAIL.pack(len(footer), bytes(4), PUFFIN_MAGIC)
    return data[: puffin.footer_start] + PUFFIN_MAGIC + footer + tail


def _relocated(blob: dict[str, Any], mapping: Callable[[str], str]) -> dict[str, Any]:
    properties = blob.get("properties") or {}
    path = properties.get(REFERENCED_DATA_FILE)
    return (
        blob if path is None else {**blob, "properties": {**properties, REFERENCED_DATA_FILE: mapping(path)}}
    )


def _plain(payload: bytes, location: str) -> bytes:
    import pyarrow as pa

    try:
        return bounded([pa.CompressedInputStream(pa.BufferReader(payload), "lz4").read(MOST_BYTES + 1)])
    except UnpacksTooFarError as error:
        raise InvalidTableFile(
            f"{location} has a Puffin footer that cannot be read: {error}", hint=HINT
        ) from error
    except OSError as error:
        raise InvalidTableFile(f"{location} has a Puffin footer that is not LZ4: {error}") from error


def _parsed(payload: bytes, location: str) -> dict[str, Any]:
    try:
        footer = json.loads(payload)
        known = all(_is_blob(blob) for blob in footer["blobs"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidTableFile(f"{location} has a Puffin footer that is no Puffin JSON: {error!r}") from error
    if not known or not isinstance(footer, dict):
        raise InvalidTableFile(f"{location} has a Puffin footer whose blobs have no place")
    found: dict[str, Any] = footer
    return found


def _is_blob(blob: dict[str, Any]) -> bool:
    """Whether a blob has a place in the file, and names a data file by a text if at all."""
    path = (blob.get("properties") or {}).get(REFERENCED_DATA_FILE, "")
    return isinstance(blob["offset"], int) and isinstance(blob["length"], int) and isinstance(path, str)
