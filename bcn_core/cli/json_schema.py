"""JSON Schemas of what ``--json`` prints, from the types that the commands fill.

The rules are those of ``plain``: a table's name is a string, a time RFC 3339 in UTC, a span a number of seconds.
"""

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Required,
    TypedDict,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from pydantic import BaseModel

from bcn_core.errors import BcnError
from bcn_core.names import Scope, TableName
from bcn_core.repository.documents import TableRef

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SIMPLE: dict[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    Any: {},
    object: {},
    TableName: {"type": "string"},
    TableRef: {"type": "string"},
    datetime: {"type": "string", "format": "date-time"},
    timedelta: {"type": "number"},
}


@dataclass(frozen=True)
class Flat:
    """Said of a dict that holds the fields of several types side by side."""

    parts: tuple[type, ...]

    def __init__(self, *parts: type) -> None:
        object.__setattr__(self, "parts", parts)


class Refusal(TypedDict):
    """Why a part of the work is not done."""

    kind: str
    message: str
    hint: str


class Failure(TypedDict):
    """Why the command failed; the exit code of the process is ``code``."""

    kind: str
    code: int
    message: str
    hint: str


class Failed(TypedDict):
    """What is printed when a command fails before it is known which one was meant."""

    error: Failure


def schema_of(answer: Any, identity: str) -> Schema:
    """The schema of a command's document.

    A document with ``error`` holds what was known until then; any other holds all that is required. Fields that are not
    named here may come: a reader ignores what it does not know.
    """
    maker = _Maker()
    answers = [maker.of(kind) for kind in _members(answer)]
    whole = answers[0] if len(answers) == 1 else {"anyOf": answers}
    error = {"required": ["error"], "properties": {"error": maker.of(Failure)}}
    return {
        "$schema": DIALECT,
        "$id": identity,
        "title": f"What bcn {' '.join(identity.split(':')[2:-1])} --json prints",
        "type": "object",
        "required": ["format"],
        "properties": {"format": {"const": identity}},
        "if": {"required": ["error"]},
        "then": error,
        "else": whole,
        "$defs": dict(sorted(maker.named.items())),
    }


class _Maker:
    """Schemas of types; those that have a name are made once and referred to."""

    def __init__(self) -> None:
        self.named: dict[str, Schema] = {}

    def of(self, kind: Any) -> Schema:
        origin = get_origin(kind)
        if origin is Annotated:
            return self._annotated(kind)
        if origin in (Required, NotRequired):
            return self.of(get_args(kind)[0])
        if origin in (Union, types.UnionType):
            return {"anyOf": [self.of(member) for member in get_args(kind)]}
        if origin is Literal:
            return {"enum": list(get_args(kind))}
        if origin is not None:
            return self._container(origin, get_args(kind))
        return _SIMPLE[kind] if kind in _SIMPLE else self._reference(kind)

    def _annotated(self, kind: Any) -> Schema:
        plainly, *notes = get_args(kind)
        flat = next((note for note in notes if isinstance(note, Flat)), None)
        if flat is None:
            return self.of(plainly)
        merged: Schema = {"type": "object", "properties": {}, "required": []}
        for part in map(self._object, flat.parts):
            merged["properties"] |= part["properties"]
            merged["required"] += part["required"]
        return merged

    def _container(self, origin: Any, inner: tuple[Any, ...]) -> Schema:
        if issubclass(origin, Mapping):
            return {"type": "object", "additionalProperties": self.of(inner[1])}
        if not issubclass(origin, Sequence | frozenset | set):
            raise TypeError(f"no schema of {origin}")
        if origin is tuple and inner[-1] is not Ellipsis:
            return {"type": "array", "prefixItems": [self.of(one) for one in inner], "items": False}
        return {"type": "array", "items": self.of(inner[0])}

    def _reference(self, kind: type) -> Schema:
        if issubclass(kind, BcnError):
            kind = Refusal
        if issubclass(kind, Enum):
            return {"enum": [member.value for member in kind]}
        name = kind.__name__
        if name not in self.named:
            self.named[name] = {}  # a type that holds itself refers to it
            self.named[name] = self._object(kind)
        return {"$ref": f"#/$defs/{name}"}

    def _object(self, kind: type) -> Schema:
        hints = get_type_hints(kind, include_extras=True)
        names = _fields(kind)
        properties = {name: self.of(hints[name]) for name in names}
        if kind is Scope:
            properties["granularity"] = {"enum": ["CATALOG", "DATABASE", "TABLE"]}
        optional = kind.__optional_keys__ if is_typeddict(kind) else frozenset()  # type: ignore[attr-defined]
        said = (kind.__doc__ or "").partition("\n")[0].replace("``", "`")
        return {
            "description": said,
            "type": "object",
            "required": [name for name in properties if name not in optional],
            "properties": properties,
        }


def _members(answer: Any) -> tuple[Any, ...]:
    return get_args(answer) if get_origin(answer) in (Union, types.UnionType) else (answer,)


def _fields(kind: type) -> list[str]:
    if is_typeddict(kind):
        return list(get_type_hints(kind))
    if is_dataclass(kind):
        return [field.name for field in fields(kind)]
    if issubclass(kind, BaseModel):
        return list(kind.model_fields)
    raise TypeError(f"no schema of {kind}")
