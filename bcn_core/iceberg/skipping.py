"""Functions that pass over one Avro value, compiled once per type.

A million entries are walked for the sake of a few of their fields, so C does the work where it can: a run of
values whose extent needs no arithmetic (numbers, booleans, fixed values, optional ones, records of those) is
one regular expression. Only strings, bytes and the counts of arrays are decoded here.
"""

import re
from collections.abc import Callable
from functools import lru_cache

from bcn_core.iceberg.schemas import Array, Fixed, Map, Primitive, Record, Type, Union
from bcn_core.iceberg.varints import read_long

Skip = Callable[[bytes, int], int]

_VARINT = rb"[\x80-\xff]{0,9}+[\x00-\x7f]"
_PATTERNS = {
    "null": b"",
    "boolean": rb"[\x00\x01]",
    "int": _VARINT,
    "long": _VARINT,
    "float": rb".{4}",
    "double": rb".{8}",
}
_SINGLE_BYTE_BRANCHES = 64
_REPEATS = 256


def pattern_of(kind: Type) -> bytes | None:
    """The regular expression that matches exactly one value, None when its extent must be computed."""
    if isinstance(kind, Primitive):
        return _PATTERNS.get(kind.name)
    if isinstance(kind, Fixed):
        return b".{%d}" % kind.size
    if isinstance(kind, Record):
        return _joined([pattern_of(field.type) for field in kind.fields])
    if isinstance(kind, Union) and len(kind.branches) <= _SINGLE_BYTE_BRANCHES:
        branches = [pattern_of(branch) for branch in kind.branches]
        return None if None in branches else union_pattern([branch or b"" for branch in branches])
    return None


def union_pattern(branches: list[bytes]) -> bytes:
    """The regular expression of a union: the index of a branch, then the branch."""
    choices = b"|".join(re.escape(bytes([2 * index])) + branch for index, branch in enumerate(branches))
    return b"(?:" + choices + b")"


def compiled(pattern: bytes) -> re.Pattern[bytes]:
    """Compile a pattern so that a dot matches every byte."""
    return re.compile(pattern, re.DOTALL)


def skipper(kind: Type) -> Skip:
    """Compile the function that returns the position behind a value.

    The functions raise IndexError or ValueError on bytes that are no such value.
    """
    pattern = pattern_of(kind)
    if pattern is not None:
        return _matching(pattern)
    if isinstance(kind, Primitive | Fixed):
        return skip_sized
    if isinstance(kind, Array):
        return _blocks(kind.items)
    if isinstance(kind, Map):
        return _in_blocks(_sequence([skip_sized, skipper(kind.values)]))
    if isinstance(kind, Union):
        return _branch([skipper(branch) for branch in kind.branches])
    return _sequence([skipper(field.type) for field in kind.fields])


def skip_sized(data: bytes, position: int) -> int:
    """Pass over a string or bytes."""
    size = data[position]
    if size < 0x80 and not size & 1:
        end = position + 1 + (size >> 1)
    else:
        length, start = read_long(data, position)
        if length < 0:
            raise ValueError("a length is negative")
        end = start + length
    if end > len(data):
        raise IndexError("a value is longer than its block")
    return end


def _joined(patterns: list[bytes | None]) -> bytes | None:
    return None if None in patterns else b"".join(pattern or b"" for pattern in patterns)


def _matching(pattern: bytes) -> Skip:
    match = compiled(pattern).match

    def skip(data: bytes, position: int) -> int:
        found = match(data, position)
        if found is None:
            raise ValueError("a value is not of the type that the schema says")
        return found.end()

    return skip


def _sequence(skips: list[Skip]) -> Skip:
    def skip(data: bytes, position: int) -> int:
        for each in skips:
            position = each(data, position)
        return position

    return skip


def _branch(skips: list[Skip]) -> Skip:
    def skip(data: bytes, position: int) -> int:
        index, position = read_long(data, position)
        if index < 0:
            raise ValueError("the index of a union's branch is negative")
        return skips[index](data, position)

    return skip


def _blocks(items: Type) -> Skip:
    """Arrays; those of plain numbers and bounds maps (a number, then bytes) have their own loops."""
    pattern = pattern_of(items)
    if pattern:
        return _counted(lambda data, position, count: _skip_repeated(pattern, data, position, count))
    if isinstance(items, Record) and [field.type for field in items.fields] == [
        Primitive("int"),
        Primitive("bytes"),
    ]:
        return _counted(_skip_bounds)
    return _in_blocks(skipper(items))


def _in_blocks(item: Skip) -> Skip:
    def skip_items(data: bytes, position: int, count: int) -> int:
        for _ in range(count):
            position = item(data, position)
        return position

    return _counted(skip_items)


def _counted(skip_items: Callable[[bytes, int, int], int]) -> Skip:
    """Blocks of a count and its items up to a count of zero; a size follows a negative count."""

    def skip(data: bytes, position: int) -> int:
        count, position = read_long(data, position)
        while count:
            if count < 0:
                count = -count
                _, position = read_long(data, position)
            if count > len(data):
                raise ValueError(f"an array claims {count} items")
            position = skip_items(data, position, count)
            count, position = read_long(data, position)
        return position

    return skip


def _skip_bounds(data: bytes, position: int, count: int) -> int:
    for _ in range(count):
        while data[position] & 0x80:
            position += 1
        size = data[position + 1]
        if size < 0x80 and not size & 1:
            position += 2 + (size >> 1)
        else:
            position = skip_sized(data, position + 1)
    if position > len(data):
        raise IndexError("a value is longer than its block")
    return position


def _skip_repeated(pattern: bytes, data: bytes, position: int, count: int) -> int:
    while count:
        repeats = min(count, _REPEATS)
        found = _repeated(pattern, repeats).match(data, position)
        if found is None:
            raise ValueError("an array has fewer items than it claims")
        position = found.end()
        count -= repeats
    return position


@lru_cache(maxsize=1024)
def _repeated(pattern: bytes, count: int) -> re.Pattern[bytes]:
    return compiled(b"(?:%b){%d}" % (pattern, count))
