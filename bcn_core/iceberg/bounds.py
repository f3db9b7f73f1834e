"""The bounds of a position delete file's path column inside a manifest's bounds maps."""

from typing import Any

from bcn_core.errors import InvalidTableFile
from bcn_core.iceberg.schemas import Array, Primitive, Record, Type, Union
from bcn_core.iceberg.splicing import Edit
from bcn_core.iceberg.values import decoder
from bcn_core.iceberg.varints import write_bytes, write_long
from bcn_core.iceberg.walking import Span

PATH_COLUMN = 2147483546
"""The field id of ``file_path`` in position delete files (Iceberg specification, "Reserved Field IDs")."""

POSITION_COLUMN = 2147483545
"""The field id of ``pos`` there."""

_BOUNDS_ITEM = [Primitive("int"), Primitive("bytes")]


class BoundsEditor:
    """Sets or removes the path column's bound in a map of one writer schema."""

    def __init__(self, kind: Type | None, location: str) -> None:
        """Remember how the map is encoded; a schema without the map has nothing to edit."""
        self._location = location
        self._kind = kind
        self._index = _index_of_value(kind)

    def edits(self, payload: bytes, span: Span, bound: str | None) -> list[Edit]:
        """The edit that makes ``bound`` the path's bound, or removes it for None; none without such a bound.

        Raises:
            InvalidTableFile: the map is not one of field ids and bytes.
        """
        pairs = self._pairs(payload, span)
        if PATH_COLUMN not in dict(pairs):
            return []
        value = None if bound is None else bound.encode()
        kept = [(key, value if key == PATH_COLUMN else old) for key, old in pairs]
        encoded = self._index + _encoded([(key, new) for key, new in kept if new is not None])
        return [] if payload[span[0] : span[1]] == encoded else [(*span, encoded)]

    def _pairs(self, payload: bytes, span: Span) -> list[tuple[int, bytes]]:
        if self._kind is None or span[0] < 0:
            return []
        value = self._kind.optional if isinstance(self._kind, Union) else self._kind
        item = value.items if isinstance(value, Array) else None
        if not isinstance(item, Record) or [field.type for field in item.fields] != _BOUNDS_ITEM:
            raise InvalidTableFile(f"{self._location} keeps bounds that are no map of field ids to bytes")
        found: list[dict[str, Any]] | None = decoder(self._kind)(payload, span[0])[0]
        key, bytes_field = (field.name for field in item.fields)
        return [(entry[key], entry[bytes_field]) for entry in found or ()]


def nulled(kind: Type | None) -> bytes:
    """The encoding of "no value" for an array: null where the schema allows it, no items otherwise."""
    if isinstance(kind, Union) and Primitive("null") in kind.branches:
        return write_long(kind.branches.index(Primitive("null")))
    return b"\x00"


def _index_of_value(kind: Type | None) -> bytes:
    value = kind.optional if isinstance(kind, Union) else None
    return write_long(kind.branches.index(value)) if isinstance(kind, Union) and value else b""


def _encoded(pairs: list[tuple[int, bytes]]) -> bytes:
    items = b"".join(write_long(key) + write_bytes(value) for key, value in pairs)
    return (write_long(len(pairs)) if pairs else b"") + items + b"\x00"
