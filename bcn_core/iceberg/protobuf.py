"""The few bits of the Protocol Buffers wire format that ORC's postscript needs."""

_VARINT, _SIZED = 0, 2


def key_of(number: int, wire_type: int) -> int:
    """The key in front of a field's value."""
    return number << 3 | wire_type


def write_varint(value: int) -> bytes:
    """A number, seven bits to a byte, low ones first."""
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])


def write_bytes_field(number: int, value: bytes) -> bytes:
    """A field that holds bytes."""
    return write_varint(key_of(number, _SIZED)) + write_varint(len(value)) + value


def read_fields(data: bytes) -> dict[int, int]:
    """The numbers among a message's fields, by field number; bytes are passed over.

    Raises:
        ValueError: a field is of a kind that ORC's postscript does not have.
        IndexError: the message is cut off.
    """
    found: dict[int, int] = {}
    position = 0
    while position < len(data):
        key, position = read_varint(data, position)
        value, position = read_varint(data, position)
        if key & 7 == _SIZED:
            position += value
        elif key & 7 == _VARINT:
            found[key >> 3] = value
        else:
            raise ValueError(f"a field of wire type {key & 7}")
    return found


def read_varint(data: bytes, position: int) -> tuple[int, int]:
    """A number, and the position behind it."""
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, position
        shift += 7
