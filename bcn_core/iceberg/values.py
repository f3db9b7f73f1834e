"""Decoding of any Avro value without loss: numbers as ints, floats as their bytes, logical types ignored."""

from collections.abc import Callable
from typing import Any

from bcn_core.iceberg.schemas import Array, Fixed, Primitive, Record, Type, Union
from bcn_core.iceberg.varints import read_bytes, read_long

Decode = Callable[[bytes, int], tuple[Any, int]]


def text_at(data: bytes, span: tuple[int, int]) -> str:
    """The string whose length and bytes lie at a span; UnicodeDecodeError is a ValueError."""
    start, end = span
    # Of nearly all texts the length takes one byte or two.
    if data[start] < 0x80:
        return data[start + 1 : end].decode()
    if data[start + 1] < 0x80:
        return data[start + 2 : end].decode()
    return read_bytes(data, start)[0].decode()


def long_at(data: bytes, span: tuple[int, int]) -> int | None:
    """The number at a span, None where the span says that there is none."""
    start = span[0]
    if start < 0:
        return None
    byte = data[start]
    return (byte >> 1) ^ -(byte & 1) if byte < 0x80 else read_long(data, start)[0]


def decoder(kind: Type) -> Decode:
    """Compile the function that decodes one value and returns it with the position behind it.

    Records become dicts by field name, arrays lists, Avro maps lists of pairs (order is kept), a value of a
    union with several real branches a pair of index and value; floats stay bytes so that every NaN is itself.
    """
    if isinstance(kind, Primitive):
        return _PRIMITIVES[kind.name]
    if isinstance(kind, Fixed):
        return _fixed(kind.size)
    if isinstance(kind, Record):
        return _record(kind)
    if isinstance(kind, Union):
        return _union(kind)
    item = decoder(kind.items) if isinstance(kind, Array) else _pair(decoder(kind.values))
    return _array(item)


def _null(_data: bytes, position: int) -> tuple[None, int]:
    return None, position


def _boolean(data: bytes, position: int) -> tuple[bool, int]:
    if data[position] > 1:
        raise ValueError("a boolean is neither true nor false")
    return data[position] == 1, position + 1


def _string(data: bytes, position: int) -> tuple[str, int]:
    value, end = read_bytes(data, position)
    return value.decode(), end


def _fixed(size: int) -> Decode:
    def decode(data: bytes, position: int) -> tuple[bytes, int]:
        end = position + size
        if end > len(data):
            raise IndexError("a value is longer than its block")
        return data[position:end], end

    return decode


def _record(record: Record) -> Decode:
    fields = [(field.name, decoder(field.type)) for field in record.fields]

    def decode(data: bytes, position: int) -> tuple[dict[str, Any], int]:
        values = {}
        for name, decode_field in fields:
            values[name], position = decode_field(data, position)
        return values, position

    return decode


def _union(union: Union) -> Decode:
    branches = [decoder(branch) for branch in union.branches]
    simple = union.optional is not None

    def decode(data: bytes, position: int) -> tuple[Any, int]:
        index, position = read_long(data, position)
        if not 0 <= index < len(branches):
            raise ValueError("a union has no such branch")
        value, position = branches[index](data, position)
        return (value if simple else (index, value)), position

    return decode


def _pair(value: Decode) -> Decode:
    def decode(data: bytes, position: int) -> tuple[tuple[str, Any], int]:
        key, position = _string(data, position)
        found, position = value(data, position)
        return (key, found), position

    return decode


def _array(item: Decode) -> Decode:
    def decode(data: bytes, position: int) -> tuple[list[Any], int]:
        values: list[Any] = []
        count, position = read_long(data, position)
        while count:
            if count < 0:
                _, position = read_long(data, position)
            for _ in range(abs(count)):
                value, position = item(data, position)
                values.append(value)
            count, position = read_long(data, position)
        return values, position

    return decode


_PRIMITIVES: dict[str, Decode] = {
    "null": _null,
    "boolean": _boolean,
    "int": read_long,
    "long": read_long,
    "float": _fixed(4),
    "double": _fixed(8),
    "bytes": read_bytes,
    "string": _string,
}
