"""How one schema differs from another, column by column; columns are told apart by field id, never by name."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

ColumnChangeKind = Literal["added", "dropped", "renamed", "retyped", "required", "optional"]
_PROMOTIONS = {("int", "long"), ("float", "double"), ("date", "timestamp"), ("date", "timestamp_ns")}


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """One difference; ``before`` and ``after`` are names or types, empty where a side has none."""

    kind: ColumnChangeKind
    column: str
    before: str = ""
    after: str = ""

    @property
    def is_compatible(self) -> bool:
        """Whether a reader of the old schema reads the new one (Iceberg specification, "Schema Evolution")."""
        if self.kind == "retyped":
            return _promotes(self.before, self.after)
        return self.kind in ("added", "renamed", "optional")

    def __str__(self) -> str:
        if self.before and self.after:
            return f"{self.column} {self.kind}: {self.before} -> {self.after}"
        return f"{self.column} {self.kind}"


@dataclass(frozen=True, slots=True)
class _Column:
    path: str
    type: str
    required: bool


def column_changes(before: dict[str, Any], after: dict[str, Any]) -> tuple[ColumnChange, ...]:
    """All differences between two schemas, nested columns by their dotted path."""
    old, new = dict(_columns(before["fields"], "")), dict(_columns(after["fields"], ""))
    found: list[ColumnChange] = []
    for field_id in sorted(old.keys() | new.keys()):
        if field_id not in old:
            found.append(ColumnChange("added", new[field_id].path, after=new[field_id].type))
        elif field_id not in new:
            found.append(ColumnChange("dropped", old[field_id].path, before=old[field_id].type))
        else:
            found += _between(old[field_id], new[field_id])
    return tuple(found)


def _between(old: _Column, new: _Column) -> Iterator[ColumnChange]:
    if old.path != new.path:
        yield ColumnChange("renamed", old.path, old.path, new.path)
    if old.type != new.type:
        yield ColumnChange("retyped", new.path, old.type, new.type)
    if old.required != new.required:
        yield ColumnChange("required" if new.required else "optional", new.path)


def _columns(fields: list[dict[str, Any]], prefix: str) -> Iterator[tuple[int, _Column]]:
    for field in fields:
        yield from _column(
            int(field["id"]), f"{prefix}{field['name']}", field["type"], bool(field.get("required"))
        )


def _column(field_id: int, path: str, kind: Any, required: bool) -> Iterator[tuple[int, _Column]]:
    if isinstance(kind, str):
        yield field_id, _Column(path, kind, required)
        return
    yield field_id, _Column(path, kind["type"], required)
    if kind["type"] == "struct":
        yield from _columns(kind["fields"], f"{path}.")
    elif kind["type"] == "list":
        yield from _column(
            kind["element-id"], f"{path}.element", kind["element"], bool(kind["element-required"])
        )
    elif kind["type"] == "map":
        yield from _column(kind["key-id"], f"{path}.key", kind["key"], required=True)
        yield from _column(kind["value-id"], f"{path}.value", kind["value"], bool(kind["value-required"]))


def _promotes(before: str, after: str) -> bool:
    if (before, after) in _PROMOTIONS:
        return True
    old, new = _decimal(before), _decimal(after)
    return old is not None and new is not None and old[1] == new[1] and old[0] <= new[0]


def _decimal(kind: str) -> tuple[int, int] | None:
    if not kind.startswith("decimal("):
        return None
    precision, _, scale = kind.removeprefix("decimal(").removesuffix(")").partition(",")
    return int(precision), int(scale)
