"""Regular expressions for the shape that one value has, learned from it, so that C passes over the next ones like it.

The entries of a manifest are alike: the same columns have statistics in each, only numbers and texts differ. A shape
fixes the counts of arrays and the branches of unions. What it matches is a value's very extent, as Avro says it; a
value of another shape it does not match.
"""

import re
from collections import Counter
from functools import cache
from itertools import groupby

from bcn_core.iceberg.schemas import Array, Primitive, Record, Type, Union
from bcn_core.iceberg.skipping import compiled, pattern_of
from bcn_core.iceberg.varints import read_long, write_long

_LONGEST_SHORT = 63
_MOST_ITEMS = 63
_MOST_RUNS = 4
_LIKE_LENGTHS = 32
_LIKELY = (8, 4, 16, 1, 2)
_NUMBERS = frozenset({Primitive("int"), Primitive("long")})
_SIZED = frozenset({Primitive("string"), Primitive("bytes")})


@cache
def _short(first: int = _LIKELY[0]) -> bytes:
    """Strings and bytes whose length fits one byte: behind each length, so many bytes; one length is tried first."""
    lengths = dict.fromkeys((first, *_LIKELY, *range(_LONGEST_SHORT + 1)))
    choices = (
        re.escape(bytes([2 * size])) + b".{%d}" % size for size in lengths if 0 <= size <= _LONGEST_SHORT
    )
    return b"(?:" + b"|".join(choices) + b")"


def shape_of(kind: Type, data: bytes, start: int, end: int) -> bytes | None:
    """The regular expression of values like the one between two positions; None when theirs need arithmetic."""
    shape = _shape(kind, data, start)
    return shape if shape is not None and fits(shape, data, start, end) else None


def fits(pattern: bytes, data: bytes, start: int, end: int) -> bool:
    """Whether a regular expression matches exactly what lies between two positions."""
    return compiled(pattern).fullmatch(data, start, end) is not None


def of_like_length(data: bytes, position: int) -> bytes:
    """The expression of texts and bytes of about the length of the one at a position: the paths of a table."""
    length, _ = read_long(data, position)
    return _lengths_from(length - length % _LIKE_LENGTHS)


@cache
def _lengths_from(least: int) -> bytes:
    sizes = range(least, least + _LIKE_LENGTHS)
    return b"(?:" + b"|".join(re.escape(write_long(size)) + b".{%d}" % size for size in sizes) + b")"


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
    count, start = read_long(data, position)
    if any_short(kind.items) is None or not 0 <= count <= _MOST_ITEMS:
        return None
    if not count:
        return data[position:start]
    keyed = _is_keyed(kind.items, _NUMBERS)
    items = _numbers_by_key(data, start, count) if keyed else _alike(kind.items, data, start, count)
    return re.escape(data[position:start]) + items + b"\\x00"


def _numbers_by_key(data: bytes, position: int, count: int) -> bytes:
    """Counts of each column: the columns are those of the entry at hand."""
    number, shape = pattern_of(Primitive("long")) or b"", b""
    for _ in range(count):
        start = position
        _, position = read_long(data, position)
        shape += re.escape(data[start:position]) + number
        _, position = read_long(data, position)
    return shape


def _alike(item: Type, data: bytes, position: int, count: int) -> bytes:
    """Items of any values. Bounds: runs of columns whose values are of one length, that length tried first."""
    if not _is_keyed(item, _SIZED):
        return b"(?:%b){%d}+" % (any_short(item) or b"", count)
    lengths = []
    for _ in range(count):
        _, position = read_long(data, position)
        length, start = read_long(data, position)
        lengths.append(length)
        position = start + length
    runs = [(length, len(list(run))) for length, run in groupby(lengths)]
    if len(runs) > _MOST_RUNS:
        runs = [(Counter(lengths).most_common(1)[0][0], count)]
    key = pattern_of(Primitive("int")) or b""
    return b"".join(b"(?:%b%b){%d}+" % (key, _short(length), repeats) for length, repeats in runs)


def _is_keyed(item: Type, values: frozenset[Primitive]) -> bool:
    """Whether items are pairs of a column's id and a value, as Iceberg writes maps."""
    if not isinstance(item, Record) or len(item.fields) != 2:
        return False
    key, value = (field.type for field in item.fields)
    return key == Primitive("int") and value in values


def any_short(kind: Type) -> bytes | None:
    """The expression of every value of a type, as long as its texts are short."""
    if isinstance(kind, Record):
        parts = [any_short(field.type) for field in kind.fields]
        return None if None in parts else b"".join(part or b"" for part in parts)
    return _short() if kind in _SIZED else pattern_of(kind)
