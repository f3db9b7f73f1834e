"""Partitions from the paths of files: folders ``key=value``, as Hive names them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, unquote_plus

from bcn_core.errors import InvalidRequest

if TYPE_CHECKING:
    from pyiceberg.types import IcebergType

_NULL = "__HIVE_DEFAULT_PARTITION__"
_ICEBERG_NULL = "null"
_WHOLE = re.compile(r"0|-?[1-9]\d*")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_EPOCH = date(1970, 1, 1).toordinal()
Levels = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True)
class Key:
    """A partition column: its name, its type, and whether the files hold it too."""

    name: str
    kind: "IcebergType"
    in_files: bool


def levels(path: str, *, of_iceberg: bool) -> Levels:
    """The keys and values that the folders of a path name, in their order; null as None."""
    decoded = unquote_plus if of_iceberg else unquote
    nulls = (_NULL, _ICEBERG_NULL) if of_iceberg else (_NULL,)
    found = []
    for folder in path.split("/")[:-1]:
        key, mark, value = folder.partition("=")
        if mark and key:
            found.append((decoded(key), None if value in nulls else decoded(value)))
    return tuple(found)


def same_keys(paths: Iterable[tuple[str, Levels]]) -> tuple[str, ...]:
    """The keys that all paths name.

    Raises:
        InvalidRequest: two differ, or one names a key twice.
    """
    first: tuple[str, tuple[str, ...]] | None = None
    for path, found in paths:
        keys = tuple(key for key, _ in found)
        if len(set(keys)) < len(keys):
            raise InvalidRequest(
                f"{path} names a partition twice", hint="is the place the folder of one table?"
            )
        first = first or (path, keys)
        if keys != first[1]:
            raise InvalidRequest(
                f"{first[0]} and {path} are not partitioned alike",
                hint="is the place the folder of one table? Adopt each kind of files as a table of its own",
            )
    return first[1] if first else ()


def inferred(values: Iterable[str | None]) -> "IcebergType":
    """The narrowest of int, long, date and string that gives every value back as it is spelled (``01`` is a string)."""
    from pyiceberg.types import DateType, IntegerType, LongType, StringType

    known = {value for value in values if value is not None}
    if known and all(_WHOLE.fullmatch(value) for value in known):
        largest = max(max(int(value), -int(value) - 1) for value in known)
        if largest < 2**63:
            return IntegerType() if largest < 2**31 else LongType()
    return DateType() if known and all(_is_day(value) for value in known) else StringType()


def value_of(kind: "IcebergType", text: str | None) -> Any:
    """A folder's value as Iceberg keeps it: days since 1970 for a date.

    Raises:
        ValueError: it is none of the type.
    """
    from pyiceberg.types import DateType, IntegerType, LongType, StringType

    if text is None or isinstance(kind, StringType):
        return text
    if isinstance(kind, IntegerType | LongType):
        return int(text)
    if isinstance(kind, DateType):
        return date.fromisoformat(text).toordinal() - _EPOCH
    raise ValueError(f"a partition of type {kind} is not told by a folder's name")


def refuse_lies(path: str, footer: Any, keys: Sequence[Key], values: Mapping[str, Any]) -> None:
    """Hold the folder's values against the bounds of columns that the file has itself: readers take either.

    Raises:
        InvalidRequest: they differ, or the footer does not tell.
    """
    held = {key.name for key in keys if key.in_files}
    for group in range(footer.num_row_groups):
        row_group = footer.row_group(group)
        for number in range(row_group.num_columns):
            chunk = row_group.column(number)
            name = chunk.path_in_schema
            if name in held and not _agrees(chunk, values[name]):
                raise InvalidRequest(
                    f"{path}: its folder says {name}={values[name]}, its footer does not say that all rows have it",
                    hint="readers would differ; load the files with an engine",
                )


def _agrees(chunk: Any, value: Any) -> bool:
    said = chunk.statistics
    if said is None or not said.has_null_count:
        return False
    if value is None:
        return bool(said.null_count == chunk.num_values)
    if said.null_count or not said.has_min_max:
        return False
    return bool(_plain(said.min) == value == _plain(said.max))


def _plain(value: Any) -> Any:
    return value.toordinal() - _EPOCH if isinstance(value, date) else value


def _is_day(value: str) -> bool:
    if not _DAY.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True
