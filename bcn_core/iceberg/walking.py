"""A walk over the records of a block that notes where the selected fields lie and passes over all others.

Fields are selected by Iceberg's field ids, by their names only where a writer left the ids out. Fields of
nested records are reached through their path; what lies inside arrays or optional records is not selectable.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bcn_core.errors import InvalidTableFile
from bcn_core.iceberg.avro import Block
from bcn_core.iceberg.schemas import Field, Primitive, Record, Type, Union
from bcn_core.iceberg.skipping import Skip, compiled, pattern_of, skip_sized, skipper, union_pattern

Span = tuple[int, int]
ABSENT: Span = (-1, -1)

_Step = Callable[[bytes, int, list[Span]], int]


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
        self._steps: list[_Step] = []
        self._pattern = b""
        self._groups: list[int] = []
        self._add_record(schema, None)
        self._end_run()

    def spans(self, block: Block) -> Iterator[list[Span]]:
        """Yield, per record, where the value of each selected field lies; ABSENT for null or no such field.

        Numbers, strings and bytes: the value without a union's index. Arrays and maps: with the index.
        It is the same list each time, overwritten, since a million lists would cost more than the walk.

        Raises:
            InvalidTableFile: the bytes do not fit the schema, or some are left over.
        """
        payload, position, steps = block.payload, 0, self._steps
        spans = [ABSENT] * len(self._selectors)
        try:
            for _ in range(block.count):
                for step in steps:
                    position = step(payload, position, spans)
                yield spans
        except (IndexError, ValueError) as error:
            raise InvalidTableFile(f"{self.location} is damaged: {error}") from error
        if position != len(payload):
            raise InvalidTableFile(f"{self.location} is damaged: a block holds more bytes than its records")

    def _add_record(self, record: Record, outer: Selector | None) -> None:
        for field in record.fields:
            if isinstance(field.type, Record):
                self._add_record(field.type, self._inside(field, outer))
                continue
            slot = self._slot(field, outer)
            if slot is None:
                self._add_skipped(field.type)
            else:
                self.types[slot] = field.type
                self._add_selected(field.type, slot)

    def _inside(self, field: Field, outer: Selector | None) -> Selector:
        around = (selector.within for selector in self._selectors if selector.within)
        return next((selector for selector in around if selector.matches(field, outer)), _UNSELECTED)

    def _slot(self, field: Field, outer: Selector | None) -> int | None:
        matches = (slot for slot, selector in enumerate(self._selectors) if selector.matches(field, outer))
        return next(matches, None)

    def _add_skipped(self, kind: Type) -> None:
        pattern = pattern_of(kind)
        if pattern is not None:
            self._pattern += pattern
        else:
            self._end_run()
            self._steps.append(_passing(skipper(kind)))

    def _add_selected(self, kind: Type, slot: int) -> None:
        value = kind.optional if isinstance(kind, Union) else kind
        if value is None:
            raise InvalidTableFile(
                f"{self.location} gives the field {self._selectors[slot].names[0]} several types"
            )
        pattern = pattern_of(value)
        if pattern is not None:
            self._pattern += _grouped(kind, pattern)
            self._groups.append(slot)
            return
        self._end_run()
        if value in {Primitive("string"), Primitive("bytes")}:
            self._steps.append(_sized(kind, slot))
        else:
            self._steps.append(_whole(skipper(kind), slot))

    def _end_run(self) -> None:
        if self._pattern:
            self._steps.append(_run(self._pattern, tuple(self._groups)))
        self._pattern, self._groups = b"", []


_UNSELECTED = Selector(-1, ())


def _grouped(kind: Type, pattern: bytes) -> bytes:
    group = b"(" + pattern + b")"
    if not isinstance(kind, Union):
        return group
    return union_pattern([b"" if branch == Primitive("null") else group for branch in kind.branches])


def _run(pattern: bytes, slots: tuple[int, ...]) -> _Step:
    match = compiled(pattern).match

    def step(data: bytes, position: int, spans: list[Span]) -> int:
        found = match(data, position)
        if found is None:
            raise ValueError("a record's values are not of the types that the schema says")
        for group, slot in enumerate(slots, 1):
            spans[slot] = found.span(group)
        return found.end()

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
