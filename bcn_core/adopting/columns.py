"""One schema for all files: what they agree on, or what they come to by the steps that Iceberg allows."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from bcn_core.adopting.footers import Shape
from bcn_core.errors import InvalidRequest

if TYPE_CHECKING:
    from pyiceberg.types import IcebergType, NestedField


class Columns:
    """The columns of all files that were merged. Every one may hold nulls: no file can tell that none ever will."""

    def __init__(self) -> None:
        self._fields: dict[str, NestedField] = {}
        self._examples: dict[str, Shape] = {}
        self._first: Shape | None = None
        self.notes: dict[str, None] = {}

    @property
    def has_ids(self) -> bool:
        """Whether the files name their columns by Iceberg's field ids."""
        return self._first is not None and self._first.has_ids

    def fields(self) -> "tuple[NestedField, ...]":
        """The columns in the order in which files name them; ids are -1 where the files have none."""
        return tuple(self._fields.values())

    def merge(self, shape: Shape) -> None:
        """Take in the columns of more files.

        Raises:
            InvalidRequest: they cannot be columns of one table.
        """
        first = self._first
        if first is not None and first.has_ids != shape.has_ids:
            raise _differ(first, shape, "only one of them has field ids")
        names = {field.name for field in shape.schema.fields}
        if first is not None:
            self._note_lacking(names.symmetric_difference(self._fields))
        self._first = first or shape
        for field in shape.schema.fields:
            self._take(shape, field)

    def _note_lacking(self, names: Iterable[str]) -> None:
        for name in sorted(names):
            self.notes[f"column '{name}' is not in all files: null where it is not"] = None

    def _take(self, shape: Shape, field: "NestedField") -> None:
        known = self._fields.get(field.name)
        kind = loose(field.field_type)
        if known is None:
            self._refuse_namesakes(shape, field)
        else:
            if known.field_id != field.field_id:
                raise _differ(self._examples[field.name], shape, f"column '{field.name}' has two field ids")
            kind = self._common(shape, known, kind)
        self._fields[field.name] = _optional(field, kind)
        self._examples.setdefault(field.name, shape)

    def _refuse_namesakes(self, shape: Shape, field: "NestedField") -> None:
        for other in self._fields.values():
            if other.name.lower() == field.name.lower() or (
                shape.has_ids and other.field_id == field.field_id
            ):
                why = f"'{other.name}' and '{field.name}' are one column by name or by field id"
                raise _differ(self._examples[other.name], shape, why)

    def _common(self, shape: Shape, known: "NestedField", kind: "IcebergType") -> "IcebergType":
        before = known.field_type
        common = wider(before, kind)
        if common is None:
            why = f"column '{known.name}' is {before} in one and {kind} in the other"
            raise _differ(self._examples[known.name], shape, why)
        if before != kind:
            self.notes[f"column '{known.name}' is {before} in some files and {kind} in others: {common}"] = (
                None
            )
        return common


def wider(one: "IcebergType", other: "IcebergType") -> "IcebergType | None":
    """The type that both may be read as by Iceberg's rules of type promotion; None when there is none."""
    from pyiceberg.types import DecimalType, DoubleType, FloatType, IntegerType, LongType

    if one == other:
        return one
    if isinstance(one, DecimalType) and isinstance(other, DecimalType) and one.scale == other.scale:
        return max(one, other, key=lambda kind: kind.precision)
    for narrow, wide in ((IntegerType(), LongType()), (FloatType(), DoubleType())):
        if {one, other} == {narrow, wide}:
            return wide
    return None


def loose(kind: "IcebergType") -> "IcebergType":
    """A type whose parts may all be null; writers differ in what they promise, and rows are the same."""
    from pyiceberg.types import ListType, MapType, StructType

    if isinstance(kind, StructType):
        return StructType(*(_optional(field, loose(field.field_type)) for field in kind.fields))
    if isinstance(kind, ListType):
        return ListType(kind.element_id, loose(kind.element_type), element_required=False)
    if isinstance(kind, MapType):
        return MapType(
            kind.key_id, loose(kind.key_type), kind.value_id, loose(kind.value_type), value_required=False
        )
    return kind


def _optional(field: "NestedField", kind: "IcebergType") -> "NestedField":
    from pyiceberg.types import NestedField

    return NestedField(field.field_id, field.name, kind, required=False)


def _differ(one: Shape, other: Shape, why: str) -> InvalidRequest:
    return InvalidRequest(
        f"{one.example} and {other.example} are no files of one table: {why}",
        hint="is the place the folder of one table? Adopt each kind of files as a table of its own",
    )
