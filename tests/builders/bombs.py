"""Small files that unpack to more than memory should hold: zeros beyond the bound, packed by other people's code."""

import base64
import json
import lzma
import zlib
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import zstandard

from bcn_core.iceberg.unpacking import MOST_BYTES
from tests.builders.avro_files import block, header_only

_PIECE = 1 << 20
_PIECES = MOST_BYTES // _PIECE + 1
_GZIP_HEADER = b"\x1f\x8b\x08" + bytes(7)


def deflated() -> bytes:
    """Behind a full flush each piece is packed as the one before it."""
    packer = zlib.compressobj(9, wbits=-15)
    first, again = (packer.compress(bytes(_PIECE)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return first + again * (_PIECES - 1) + packer.flush()


def gzipped() -> bytes:
    return _GZIP_HEADER + deflated()


def zeros_in_zstandard(mebibytes: int) -> bytes:
    packer = zstandard.ZstdCompressor().compressobj()
    return b"".join([*(packer.compress(bytes(_PIECE)) for _ in range(mebibytes)), packer.flush()])


def zstandard_frame() -> bytes:
    return zeros_in_zstandard(_PIECES)


# bz2.compress(bytes(_PIECES * _PIECE)), which takes seconds.
_BZIPPED = (
    "QlpoOTFBWSZTWQ4J4t8BX45AAMAAAAggADCATUZCoCWpCoCXMUFZJlNZDgni3wFfjkAAwAAACCAAMIBNRkKgJakKgJcxQVkm"
    "U1kOCeLfAV+OQADAAAAIIAAwgE1GQqAlqQqAlzFBWSZTWQ4J4t8BX45AAMAAAAggADCATUZCoCWpCoCXMUFZJlNZDgni3wFf"
    "jkAAwAAACCAAMIBNRkKgJakKgJcxQVkmU1nRmae7ATJH4ADAAAAEAAggADDMBSmmqhEUbAREUeLuSKcKEhSIETIA"
)


def bzipped() -> bytes:
    return base64.b64decode(_BZIPPED)


def xz_with_a_large_dictionary() -> bytes:
    """One byte, and the wish for a dictionary of 1 GiB: in the header of its block, which ends with a checksum."""
    packed = lzma.compress(b"x")
    start, end = 12, 12 + 4 * packed[12]
    properties = packed.index(b"\x21\x01", start) + 2
    header = packed[start:properties] + b"\x24" + packed[properties + 1 : end]
    return packed[:start] + header + zlib.crc32(header).to_bytes(4, "little") + packed[end + 4 :]


def snappy_claim() -> bytes:
    """Nothing but the size of what it claims to hold: 4 GiB."""
    return b"\xff\xff\xff\xff\x0f" + bytes(8)


def lz4_frame() -> bytes:
    target = pa.BufferOutputStream()
    with pa.CompressedOutputStream(target, "lz4") as packer:
        for _ in range(_PIECES):
            packer.write(bytes(_PIECE))
    packed: bytes = target.getvalue().to_pybytes()
    return packed


BLOCKS: dict[str, Callable[[], bytes]] = {
    "deflate": deflated,
    "zstandard": zstandard_frame,
    "bzip2": bzipped,
    "snappy": snappy_claim,
}
"""By the names that Avro has for codecs."""


def avro(codec: str) -> bytes:
    """An Avro file with one such block."""
    schema = '{"type":"record","name":"r","fields":[{"name":"a","type":"int"}]}'
    return header_only(schema, codec) + block(1, BLOCKS[codec]())


def list_of_nothings(count: int) -> bytes:
    """A manifest list of so many manifests with empty paths, which pack to nothing."""
    fields = [{"name": "manifest_path", "type": "string"}, {"name": "manifest_length", "type": "long"}]
    schema = json.dumps({"type": "record", "name": "r", "fields": fields})
    plain = zstandard.ZstdCompressor().compress(bytes(2 * count))
    return header_only(schema, "zstandard") + block(count, plain)


def unfolding_schema(depth: int) -> str:
    """A schema of records that each name the one before them twice: two to the power of their number in all."""
    node: dict[str, Any] = {"type": "record", "name": "r0", "fields": [{"name": "a", "type": "int"}]}
    for number in range(1, depth):
        fields = [{"name": "a", "type": node}, {"name": "b", "type": f"r{number - 1}"}]
        node = {"type": "record", "name": f"r{number}", "fields": fields}
    return json.dumps(node)
