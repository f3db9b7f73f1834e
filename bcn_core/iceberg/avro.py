"""The container of Avro files: header, blocks, sync markers; values are left to :mod:`walking`.

Avro 1.11 specification, "Object Container Files". All damage becomes InvalidTableFile naming the file. A file
that was cut exactly behind a block is a valid container: only the counts above it show the loss.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b

from bcn_core.errors import InvalidTableFile, UnsupportedFormat
from bcn_core.iceberg.codecs import Codec, codec_named
from bcn_core.iceberg.unpacking import HINT, UnpacksTooFarError
from bcn_core.iceberg.varints import read_bytes, read_long, write_bytes, write_long, write_text

_MAGIC = b"Obj\x01"
_ENCRYPTED = b"AGS1"
_SYNC_BYTES = 16
_CODEC_KEY = "avro.codec"
_SCHEMA_KEY = "avro.schema"


@dataclass(frozen=True, slots=True)
class Block:
    """A block of an Avro file: its number of records and their bytes, decompressed."""

    count: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Container:
    """An opened Avro file: the header's entries, the codec, all bytes and where the blocks begin."""

    location: str
    data: bytes
    header: dict[str, bytes]
    codec: Codec
    sync: bytes
    body: int

    @property
    def schema(self) -> bytes:
        """The writer's schema, as the text that stands in the file."""
        return self.header[_SCHEMA_KEY]

    def blocks(self) -> Iterator[Block]:
        """Yield the blocks one by one.

        Raises:
            InvalidTableFile: a block is cut off, its sync marker is wrong, it does not decompress, or so far that it
                would fill the memory.
        """
        position = self.body
        while position < len(self.data):
            try:
                block, position = self._block(position)
            except UnpacksTooFarError as error:
                raise InvalidTableFile(
                    f"{self.location} cannot be read from byte {position} on: {error}", hint=HINT
                ) from error
            except (IndexError, ValueError) as error:
                raise InvalidTableFile(
                    f"{self.location} is damaged in the block at byte {position}: {error}"
                ) from error
            yield block

    def _block(self, position: int) -> tuple[Block, int]:
        count, start = read_long(self.data, position)
        packed, end = read_bytes(self.data, start)
        if self.data[end : end + _SYNC_BYTES] != self.sync:
            raise ValueError("its sync marker is wrong or missing")
        payload = self.codec.decompress(packed)
        if not 0 <= count <= len(payload):
            raise ValueError(f"it claims {count} records in {len(payload)} bytes")
        return Block(count, payload), end + _SYNC_BYTES

    def with_blocks(self, blocks: Iterable[Block]) -> bytes:
        """The same file with other blocks: header kept byte for byte, codec kept and always named.

        The sync marker comes from the old one and the first block: a second run gives the same bytes.
        """
        pieces: list[bytes] = []
        sync = b""
        for block in blocks:
            if not pieces:
                sync = blake2b(self.sync + block.payload, digest_size=_SYNC_BYTES).digest()
                pieces += [self._header_bytes(), sync]
            packed = self.codec.compress(block.payload)
            pieces += [write_long(block.count), write_bytes(packed), sync]
        return b"".join(pieces) if pieces else self._header_bytes() + self.sync

    def _header_bytes(self) -> bytes:
        """The header up to its sync marker; a missing codec is named, since PyIceberg refuses its absence."""
        header = self.data[: self.body - _SYNC_BYTES]
        if _CODEC_KEY in self.header:
            return header
        return header[:-1] + write_long(1) + write_text(_CODEC_KEY) + write_bytes(b"null") + b"\x00"


def is_encrypted_file(data: bytes) -> bool:
    """Whether a file is one of Iceberg's AES GCM streams (Iceberg specification, "AES GCM Stream")."""
    return data.startswith(_ENCRYPTED)


def open_container(data: bytes, location: str) -> Container:
    """Read the header of an Avro file.

    Raises:
        InvalidTableFile: the file is no Avro file, or its header is cut off or lacks a schema.
        UnsupportedFormat: the codec is unknown, or the file is encrypted.
    """
    if is_encrypted_file(data):
        raise UnsupportedFormat(
            f"{location} is encrypted (AGS1)", hint="an encrypted table can be backed up, but not relocated"
        )
    if not data.startswith(_MAGIC):
        raise InvalidTableFile(f"{location} is not an Avro file: it starts with {data[:4]!r}")
    try:
        header, end = _read_header(data)
        codec = header.get(_CODEC_KEY, b"null").decode()
    except (IndexError, ValueError) as error:
        raise InvalidTableFile(f"{location} has a damaged Avro header: {error}") from error
    sync = data[end : end + _SYNC_BYTES]
    if len(sync) < _SYNC_BYTES or _SCHEMA_KEY not in header:
        raise InvalidTableFile(
            f"{location} has an Avro header without a {'schema' if sync else 'sync marker'}"
        )
    return Container(location, data, header, codec_named(codec, location), sync, end + _SYNC_BYTES)


def _read_header(data: bytes) -> tuple[dict[str, bytes], int]:
    header: dict[str, bytes] = {}
    count, position = read_long(data, len(_MAGIC))
    while count:
        if count < 0:
            _, position = read_long(data, position)
        for _ in range(abs(count)):
            key, position = read_bytes(data, position)
            header[key.decode()], position = read_bytes(data, position)
        count, position = read_long(data, position)
    return header, position
