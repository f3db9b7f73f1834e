"""Avro schemas taken apart into types, with Iceberg's field ids and every named type in place.

Logical types are dropped on purpose: a partition date beyond the year 9999 is a plain int here and passes
untouched (relocation.md 2).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from bcn_core.errors import InvalidTableFile

_LARGEST_FIXED = 1 << 20
# A table of thousands of columns has some tens of thousands of types; thirty records, each of which names the one
# before it twice, unfold to a thousand million.
_MOST_TYPES = 100_000
_PRIMITIVES = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})


@dataclass(frozen=True, slots=True)
class Primitive:
    """One of Avro's primitive types; an enum counts as an int, which is how it is encoded."""

    name: str


@dataclass(frozen=True, slots=True)
class Fixed:
    """A value of a fixed number of bytes."""

    size: int


@dataclass(frozen=True, slots=True)
class Array:
    """Blocks of items."""

    items: "Type"


@dataclass(frozen=True, slots=True)
class Map:
    """Blocks of items with string keys (Iceberg's maps with other keys are arrays of records)."""

    values: "Type"


@dataclass(frozen=True, slots=True)
class Union:
    """One of several branches, named by its index."""

    branches: tuple["Type", ...]

    @property
    def optional(self) -> "Type | None":
        """The type of the value when the union only makes one type nullable."""
        others = [branch for branch in self.branches if branch != Primitive("null")]
        return others[0] if len(others) == 1 and len(self.branches) == 2 else None


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a record: its name, its Iceberg id if the writer gave one, its type."""

    name: str
    id: int | None
    type: "Type"


@dataclass(frozen=True, slots=True)
class Record:
    """Fields one after the other."""

    fields: tuple[Field, ...]


Type = Primitive | Fixed | Array | Map | Union | Record


def parse_schema(text: bytes, location: str) -> Record:
    """Take apart the writer's schema of the file at a location.

    Raises:
        InvalidTableFile: the text is no Avro schema, is recursive, unfolds to more types than a table can have, has
            arrays of items that take no bytes, or is not that of a record.
    """
    try:
        parsed = _Names({}).resolve(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidTableFile(f"{location} has a writer schema that is not valid Avro: {error!r}") from error
    if not isinstance(parsed, Record):
        raise InvalidTableFile(f"{location} holds no records")
    return parsed


@dataclass(frozen=True, slots=True)
class _Names:
    """The named types seen so far, by their names without namespace, which Iceberg does not use.

    What a name stands for is resolved anew where the name is used, so that what is counted is what readers walk over.
    """

    known: dict[str, Any]
    resolved: Iterator[int] = field(default_factory=count)

    def resolve(self, node: Any) -> Type:
        if next(self.resolved) > _MOST_TYPES:
            raise ValueError(f"more than {_MOST_TYPES} types")
        if isinstance(node, list):
            return Union(tuple(self.resolve(branch) for branch in node))
        if isinstance(node, str):
            return Primitive(node) if node in _PRIMITIVES else self.resolve(self.known[_short(node)])
        kind = node["type"]
        if isinstance(kind, dict | list):
            return self.resolve(kind)
        return self._complex(kind, node)

    def _complex(self, kind: str, node: dict[str, Any]) -> Type:
        if kind == "array":
            return Array(_with_bytes(self.resolve(node["items"])))
        if kind == "map":
            return Map(self.resolve(node["values"]))
        if kind in {"record", "fixed", "enum"}:
            return self._named(kind, node)
        return self.resolve(kind)

    def _named(self, kind: str, node: dict[str, Any]) -> Type:
        parsed: Type
        if kind == "record":
            parsed = Record(tuple(self._field(field) for field in node["fields"]))
        else:
            parsed = Fixed(_size(node["size"])) if kind == "fixed" else Primitive("int")
        # Known only behind its end: a record within itself is refused.
        self.known[_short(str(node.get("name", "")))] = node
        return parsed

    def _field(self, node: dict[str, Any]) -> Field:
        identifier = node.get("field-id")
        return Field(
            str(node["name"]), identifier if isinstance(identifier, int) else None, self.resolve(node["type"])
        )


def _with_bytes(items: Type) -> Type:
    """The type of an array's items, when each takes a byte: of others, six bytes could claim any number."""
    if _is_empty(items):
        raise ValueError("an array of items that take no bytes")
    return items


def _is_empty(kind: Type) -> bool:
    if isinstance(kind, Record):
        return all(_is_empty(one.type) for one in kind.fields)
    return kind in (Primitive("null"), Fixed(0))


def _size(size: int) -> int:
    if not 0 <= size <= _LARGEST_FIXED:
        raise ValueError(f"a fixed type of {size} bytes")
    return size


def _short(name: str) -> str:
    return name.rpartition(".")[2]
