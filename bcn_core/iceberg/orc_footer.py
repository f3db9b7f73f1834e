"""The user metadata in the footer of an ORC file, which pyarrow reads and cannot write.

ORC specification, "File Tail". A footer is a Protocol Buffers message, to which a repeated field may be appended, in
a sequence of chunks, to which one that is not compressed may be appended: what is there stays byte for byte.
"""

from bcn_core.iceberg.protobuf import key_of, read_fields, read_varint, write_bytes_field, write_varint

_FOOTER_LENGTH, _COMPRESSION, _BLOCK_SIZE = 1, 2, 3
_USER_METADATA = 5
_NO_COMPRESSION = 0
_ORIGINAL = 1


def with_user_metadata(data: bytes, entries: dict[bytes, bytes]) -> bytes:
    """The same ORC file with more entries of user metadata, such as ``delete-type``."""
    if not entries:
        return data
    length = data[-1]
    tail = data[-1 - length : -1]
    fields = read_fields(tail)
    items = b"".join(_item(name, value) for name, value in entries.items())
    if fields.get(_COMPRESSION, _NO_COMPRESSION) != _NO_COMPRESSION:
        items = _chunks(items, fields[_BLOCK_SIZE])
    grown = _with_footer_length(tail, fields[_FOOTER_LENGTH] + len(items))
    return data[: -1 - length] + items + grown + bytes([len(grown)])


def _item(name: bytes, value: bytes) -> bytes:
    return write_bytes_field(_USER_METADATA, write_bytes_field(1, name) + write_bytes_field(2, value))


def _chunks(data: bytes, size: int) -> bytes:
    """Chunks that are marked as not compressed: three bytes of header, at most a block's size of data each."""
    parts = [data[start : start + size] for start in range(0, len(data), size)]
    return b"".join((len(part) << 1 | _ORIGINAL).to_bytes(3, "little") + part for part in parts)


def _with_footer_length(tail: bytes, length: int) -> bytes:
    """The postscript with another footer length, its first field; readers look for ``ORC`` at its end."""
    _, end = read_varint(tail, 1)
    return write_varint(key_of(_FOOTER_LENGTH, 0)) + write_varint(length) + tail[end:]
