"""A walk over the records of a block that notes where the selected fields lie and passes over all others.

Fields are selected by Iceberg's field ids, by their names only where a writer left the ids out. Fields of
nested records are reached through their path; what lies inside arrays or optional records is not selectable.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bcn_core.errors import InvalidTableFile
from bcn_core.iceberg.avro import Block
from bcn_core.iceberg.schemas import Field, Primitive, Record, Type, Union
from bcn_core.iceberg.shapes import any_short, fits, of_like_length, shape_of
from bcn_core.iceberg.skipping import Skip, compiled, pattern_of, skip_sized, skipper, union_pattern

Span = tuple[int, int]
ABSENT: Span = (-1, -1)

_Step = Callable[[bytes, int, list[Span]], int]
# Records of more shapes than these are walked field by field.
_MOST_SHAPES = 8


@dataclass(frozen=True, slots=True)
class Selector:
    """A field to look for: its id and names in its record, and the record around it."""

    id: int
    names: tuple[str, ...]
    within: "Selector | None" = None

    def matches(self, field: Field, outer: "Selector | None") -> bool:
        """Tell whether a field that stands in the record selected by ``outer`` is the one meant."""
        if self.within != outer:
            return False
        return field.name in self.names if field.id is None else field.id == self.id


class Walker:
    """The compiled walk for one writer schema and some selected fields."""

    def __init__(self, schema: Record, selectors: Sequence[Selector], location: str) -> None:
        """Compile the walk.

        Raises:
            InvalidTableFile: a selected field has a type that Iceberg does not give it.
        """
        self.location = location
        self.types: list[Type | None] = [None] * len(selectors)
        self._selectors = selectors
        self._fields: list[_Walked] = []
        self._add_record(schema, None)
        self._steps = _plain(self._fields)
        self._shaped: list[list[_Step]] = []

    def spans(self, block: Block) -> Iterator[list[Span]]:
        """Yield, per record, where the value of each selected field lies; ABSENT for null or no such field.

        Numbers, strings and bytes: the value without a union's index. Arrays and maps: with the index.
        It is the same list each time, overwritten, since a million lists would cost more than the walk.

        Raises:
            InvalidTableFile: the bytes do not fit the schema, or some are left over.
        """
        payload, position = block.payload, 0
        spans = [ABSENT] * len(self._selectors)
        try:
            for _ in range(block.count):
                position = self._pass_over(payload, position, spans)
                yield spans
        except (IndexError, ValueError) as error:
            raise InvalidTableFile(f"{self.location} is damaged: {error}") from error
        if position != len(payload):
            raise InvalidTableFile(f"{self.location} is damaged: a block holds more bytes than its records")

    def _pass_over(self, data: bytes, start: int, spans: list[Span]) -> int:
        """Walk over one record: by the shape of the last one, by another that is known, or field by field."""
        for place, steps in enumerate(self._shaped):
            position = start
            try:
                for step in steps:
                    position = step(data, position, spans)
            except _OtherShapeError:
                continue
            if place:
                self._shaped.insert(0, self._shaped.pop(place))
            return position
        position = start
        for step in self._steps:
            position = step(data, position, spans)
        if len(self._shaped) < _MOST_SHAPES:
            self._shaped.insert(0, _shaped(self._fields, data, start))
        return position

    def _add_record(self, record: Record, outer: Selector | None) -> None:
        for field in record.fields:
            if isinstance(field.type, Record):
                self._add_record(field.type, self._inside(field, outer))
                continue
            slot = self._slot(field, outer)
            self._fields.append(_Walked(field.type, slot))
            if slot is not None:
                self.types[slot] = field.type
                self._check_type(field.type, slot)

    def _inside(self, field: Field, outer: Selector | None) -> Selector:
        around = (selector.within for selector in self._selectors if selector.within)
        return next((selector for selector in around if selector.matches(field, outer)), _UNSELECTED)

    def _slot(self, field: Field, outer: Selector | None) -> int | None:
        matches = (slot for slot, selector in enumerate(self._selectors) if selector.matches(field, outer))
        return next(matches, None)

    def _check_type(self, kind: Type, slot: int) -> None:
        if isinstance(kind, Union) and kind.optional is None:
            raise InvalidTableFile(
                f"{self.location} gives the field {self._selectors[slot].names[0]} several types"
            )


class _OtherShapeError(ValueError):
    """A record is not of the shape that a walk was made for."""


@dataclass(frozen=True, slots=True)
class _Walked:
    """A field of the flattened record, and the slot of its span where it is selected."""

    kind: Type
    slot: int | None

    @property
    def value(self) -> Type:
        """The type of the value when there is one."""
        return (self.kind.optional if isinstance(self.kind, Union) else None) or self.kind

    @property
    def is_sized(self) -> bool:
        return self.value in {Primitive("string"), Primitive("bytes")}

    def pattern(self) -> bytes | None:
        """The expression of all its values, with a group around what is selected."""
        if self.slot is None:
            return pattern_of(self.kind)
        pattern = pattern_of(self.value)
        return None if pattern is None else _grouped(self.kind, pattern)

    def shape(self, data: bytes, start: int, end: int) -> bytes | None:
        """The expression of the values that are like the one between two positions."""
        if self.slot is None:
            return shape_of(self.kind, data, start, end)
        short = any_short(self.value)
        if short is not None:
            grouped = _grouped(self.kind, short)
            if fits(grouped, data, start, end):
                return grouped
            # An optional text is not null here, or it had fitted.
            text = start + 1 if isinstance(self.kind, Union) else start
            return _grouped(self.kind, of_like_length(data, text)) if self.is_sized else None
        shape = shape_of(self.kind, data, start, end)
        return None if shape is None else b"(" + shape + b")"

    def step(self) -> _Step:
        """The step that walks over any of its values."""
        if self.slot is None:
            return _passing(skipper(self.kind))
        return _sized(self.kind, self.slot) if self.is_sized else _whole(skipper(self.kind), self.slot)


class _Steps:
    """Steps one after the other; neighbours that have expressions become one."""

    def __init__(self, failure: type[ValueError]) -> None:
        self._failure = failure
        self._done: list[_Step] = []
        self._pattern = b""
        self._groups: list[int] = []

    def add(self, field: _Walked, pattern: bytes | None) -> None:
        if pattern is None:
            self.end()
            self._done.append(field.step())
            return
        self._pattern += pattern
        if field.slot is not None:
            self._groups.append(field.slot)

    def end(self) -> list[_Step]:
        if self._pattern:
            self._done.append(_run(self._pattern, tuple(self._groups), self._failure))
        self._pattern, self._groups = b"", []
        return self._done


def _plain(fields: Sequence[_Walked]) -> list[_Step]:
    """The walk over records of any shape."""
    steps = _Steps(ValueError)
    for field in fields:
        steps.add(field, field.pattern())
    return steps.end()


def _shaped(fields: Sequence[_Walked], data: bytes, position: int) -> list[_Step]:
    """The walk over records of the shape that the one at a position has."""
    steps = _Steps(_OtherShapeError)
    for field in fields:
        end = skipper(field.kind)(data, position)
        steps.add(field, field.shape(data, position, end))
        position = end
    return steps.end()


_UNSELECTED = Selector(-1, ())


def _grouped(kind: Type, pattern: bytes) -> bytes:
    group = b"(" + pattern + b")"
    if not isinstance(kind, Union):
        return group
    return union_pattern([b"" if branch == Primitive("null") else group for branch in kind.branches])


def _run(pattern: bytes, slots: tuple[int, ...], failure: type[ValueError]) -> _Step:
    match = compiled(pattern).match
    group_of_slot = list(enumerate(slots, 1))

    def step(data: bytes, position: int, spans: list[Span]) -> int:
        found = match(data, position)
        if found is None:
            raise failure("a record's values are not of the types that the schema says")
        regions = found.regs
        for group, slot in group_of_slot:
            spans[slot] = regions[group]
        return regions[0][1]

    return step


def _passing(skip: Skip) -> _Step:
    def step(data: bytes, position: int, _spans: list[Span]) -> int:
        return skip(data, position)

    return step


def _sized(kind: Type, slot: int) -> _Step:
    null = 2 * kind.branches.index(Primitive("null")) if isinstance(kind, Union) else None

    def required(data: bytes, position: int, spans: list[Span]) -> int:
        end = skip_sized(data, position)
        spans[slot] = (position, end)
        return end

    def optional(data: bytes, position: int, spans: list[Span]) -> int:
        branch = data[position]
        if branch > 2 or branch & 1:
            raise ValueError("a union has no such branch")
        if branch == null:
            spans[slot] = ABSENT
            return position + 1
        return required(data, position + 1, spans)

    return required if null is None else optional


def _whole(skip: Skip, slot: int) -> _Step:
    def step(data: bytes, position: int, spans: list[Span]) -> int:
        end = skip(data, position)
        spans[slot] = (position, end)
        return end

    return step
