"""The block codecs of Avro files by their Avro names (``zstandard``, not Iceberg's ``zstd``)."""

import bz2
import importlib
import lzma
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bcn_core.errors import UnsupportedFormat
from bcn_core.iceberg.unpacking import MOST_BYTES, UnpacksTooFarError, bounded

_CRC_BYTES = 4
_RAW_DEFLATE = -15
# Level 1 packs manifests to within 3 % of level 6 in three fifths of the time (decision 0037).
_LEVEL = 1
# 4 bytes of Zstandard can stand for 128 KiB: what is fed at once unpacks to half of the bound at most.
_FED_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class Codec:
    """How the blocks of one Avro file are packed.

    ``decompress`` raises ValueError on damaged input, UnpacksTooFarError on what would fill the memory.
    """

    name: str
    compress: Callable[[bytes], bytes]
    decompress: Callable[[bytes], bytes]


def codec_named(name: str, location: str) -> Codec:
    """The codec that the ``avro.codec`` header of the file at a location names.

    Raises:
        UnsupportedFormat: Avro defines no codec of that name.
    """
    codec = _CODECS.get(name)
    if codec is None:
        raise UnsupportedFormat(
            f"{location} is packed with the Avro codec '{name}'",
            hint=f"this version reads {', '.join(sorted(_CODECS))}",
        )
    return codec


def _verbatim(data: bytes) -> bytes:
    return data


def _deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(_LEVEL, wbits=_RAW_DEFLATE)
    return packer.compress(data) + packer.flush()


def _inflate(data: bytes) -> bytes:
    # PyIceberg cuts zlib's frame off one byte short and leaves three bytes of its checksum behind the stream.
    return _ended(zlib.decompressobj(_RAW_DEFLATE), data, zlib.error)


def _unzstd(data: bytes) -> bytes:
    # Java's writer leaves the content size out of the frame, which the one-call API refuses.
    zstandard = importlib.import_module("zstandard")
    return _whole(_Fed(zstandard.ZstdDecompressor().decompressobj()), data, zstandard.ZstdError)


def _zstd(data: bytes) -> bytes:
    packed: bytes = importlib.import_module("zstandard").ZstdCompressor().compress(data)
    return packed


def _bunzip2(data: bytes) -> bytes:
    return _whole(bz2.BZ2Decompressor(), data, OSError)


def _unxz(data: bytes) -> bytes:
    # The file says itself how large a dictionary it wants.
    return _whole(lzma.LZMADecompressor(memlimit=MOST_BYTES), data, lzma.LZMAError)


class _Fed:
    """A decompressor of Zstandard, which cannot be told where to stop: it is fed little by little."""

    def __init__(self, unpacker: Any) -> None:
        self._unpacker = unpacker
        self.unused_data = b""

    @property
    def eof(self) -> bool:
        return bool(self._unpacker.eof)

    def decompress(self, data: bytes, _most: int) -> bytes:
        return bounded(self._pieces(data))

    def _pieces(self, data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), _FED_AT_ONCE):
            if self.eof:
                self.unused_data = data[start:]
                return
            yield self._unpacker.decompress(data[start : start + _FED_AT_ONCE])
        self.unused_data = self._unpacker.unused_data


def _whole(unpacker: Any, data: bytes, error: type[Exception]) -> bytes:
    """Decompress one stream that must end exactly where the data ends."""
    plain = _ended(unpacker, data, error)
    if unpacker.unused_data:
        raise ValueError("the block goes on behind its compressed stream")
    return plain


def _ended(unpacker: Any, data: bytes, error: type[Exception]) -> bytes:
    """Decompress one stream that must have an end."""
    try:
        plain = bounded([unpacker.decompress(data, MOST_BYTES + 1)])
    except (error, EOFError) as cause:
        raise ValueError(str(cause)) from cause
    if not unpacker.eof:
        raise ValueError("the block ends before its compressed stream")
    return plain


def _snap(data: bytes) -> bytes:
    packed: bytes = _snappy().compress(data, asbytes=True)
    return packed + zlib.crc32(data).to_bytes(_CRC_BYTES, "big")


def _unsnap(data: bytes) -> bytes:
    body, checksum = data[:-_CRC_BYTES], data[-_CRC_BYTES:]
    try:
        plain: bytes = _snappy().decompress(body, decompressed_size=_snappy_size(body), asbytes=True)
    except OSError as cause:
        raise ValueError(str(cause)) from cause
    if zlib.crc32(plain).to_bytes(_CRC_BYTES, "big") != checksum:
        raise ValueError("the checksum of a snappy block is wrong")
    return plain


def _snappy() -> Any:
    return importlib.import_module("pyarrow").Codec("snappy")


def _snappy_size(body: bytes) -> int:
    """The uncompressed size that raw snappy data starts with: a little-endian varint of 32 bits."""
    size = 0
    for index, byte in enumerate(body[:5]):
        size |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            if size > MOST_BYTES:
                raise UnpacksTooFarError
            return size
    raise ValueError("a snappy block does not start with its size")


_CODECS = {
    codec.name: codec
    for codec in (
        Codec("null", _verbatim, _verbatim),
        Codec("deflate", _deflate, _inflate),
        Codec("snappy", _snap, _unsnap),
        Codec("zstandard", _zstd, _unzstd),
        Codec("bzip2", bz2.compress, _bunzip2),
        Codec("xz", lzma.compress, _unxz),
    )
}
