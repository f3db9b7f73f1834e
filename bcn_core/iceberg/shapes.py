"""Regular expressions for the shape that one value has, learned from it, so that C passes over the next ones like it.

The entries of a manifest are alike: the same columns have statistics in each, only numbers and texts differ. A shape
fixes the counts of arrays and the branches of unions. What it matches is a value's very extent, as Avro says it; a
value of another shape it does not match.
"""

import re

from bcn_core.iceberg.schemas import Array, Primitive, Record, Type, Union
from bcn_core.iceberg.skipping import compiled, pattern_of
from bcn_core.iceberg.varints import read_long

_LONGEST_SHORT = 63
_MOST_ITEMS = 63
_LIKELY = (8, 4, 16, 1, 2)
_LENGTHS = (*_LIKELY, *(size for size in range(_LONGEST_SHORT + 1) if size not in _LIKELY))
# Strings and bytes whose length fits one byte: behind each length, so many bytes.
_SHORT = b"(?:" + b"|".join(re.escape(bytes([2 * size])) + b".{%d}" % size for size in _LENGTHS) + b")"
_SIZED = frozenset({Primitive("string"), Primitive("bytes")})


def shape_of(kind: Type, data: bytes, start: int, end: int) -> bytes | None:
    """The regular expression of values like the one between two positions; None when theirs need arithmetic."""
    shape = _shape(kind, data, start)
    return shape if shape is not None and fits(shape, data, start, end) else None


def fits(pattern: bytes, data: bytes, start: int, end: int) -> bool:
    """Whether a regular expression matches exactly what lies between two positions."""
    return compiled(pattern).fullmatch(data, start, end) is not None


def _shape(kind: Type, data: bytes, position: int) -> bytes | None:
    pattern = any_short(kind)
    if pattern is not None:
        return pattern
    if isinstance(kind, Union):
        return _branch(kind, data, position)
    return _items(kind, data, position) if isinstance(kind, Array) else None


def _branch(kind: Union, data: bytes, position: int) -> bytes | None:
    index, start = read_long(data, position)
    shape = _shape(kind.branches[index], data, start)
    return None if shape is None else re.escape(data[position:start]) + shape


def _items(kind: Array, data: bytes, position: int) -> bytes | None:
    """One block of items that are alike whatever their values, and the end of the blocks."""
    item = any_short(kind.items)
    count, start = read_long(data, position)
    if item is None or not 0 <= count <= _MOST_ITEMS:
        return None
    return re.escape(data[position:start]) + (b"(?:%b){%d}+\\x00" % (item, count) if count else b"")


def any_short(kind: Type) -> bytes | None:
    """The expression of every value of a type, as long as its texts are short."""
    if isinstance(kind, Record):
        parts = [any_short(field.type) for field in kind.fields]
        return None if None in parts else b"".join(part or b"" for part in parts)
    return _SHORT if kind in _SIZED else pattern_of(kind)
