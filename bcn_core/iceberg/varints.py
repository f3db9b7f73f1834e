"""Avro's numbers and length-prefixed values (Avro 1.11 specification, "Binary Encoding")."""

_LONGEST = 63


def read_long(data: bytes, position: int) -> tuple[int, int]:
    """Decode the zigzag varint at a position; returns it and the position behind it.

    Raises:
        IndexError: the data ends inside the number.
        ValueError: the number has more than 64 bits.
    """
    byte = data[position]
    position += 1
    value = byte & 0x7F
    shift = 7
    while byte & 0x80:
        if shift > _LONGEST:
            raise ValueError("a number is longer than 64 bits")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        shift += 7
    return (value >> 1) ^ -(value & 1), position


def write_long(value: int) -> bytes:
    """Encode a number of up to 64 bits as a zigzag varint."""
    rest = (value << 1) ^ (value >> 63)
    encoded = bytearray()
    while rest > 0x7F:
        encoded.append((rest & 0x7F) | 0x80)
        rest >>= 7
    encoded.append(rest)
    return bytes(encoded)


def read_bytes(data: bytes, position: int) -> tuple[bytes, int]:
    """Decode the length-prefixed bytes at a position; returns them and the position behind them.

    Raises:
        IndexError: the data ends inside the value.
        ValueError: the length is negative.
    """
    length, start = read_long(data, position)
    end = start + length
    if length < 0:
        raise ValueError("a length is negative")
    if end > len(data):
        raise IndexError("a value is longer than the data")
    return data[start:end], end


def write_bytes(value: bytes) -> bytes:
    """Encode bytes behind their length."""
    return write_long(len(value)) + value


def write_text(value: str) -> bytes:
    """Encode a string as UTF-8 behind its length."""
    encoded = value.encode()
    size = len(encoded)
    return (_LENGTHS[size] if size < len(_LENGTHS) else write_long(size)) + encoded


# The lengths of nearly all paths, encoded: a million paths are written.
_LENGTHS = tuple(write_long(size) for size in range(512))
