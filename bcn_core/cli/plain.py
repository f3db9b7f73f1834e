"""From the engine's data to plain JSON: bytes as integers, times as RFC 3339 in UTC, spans in seconds."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

from pydantic import BaseModel

from bcn_core.errors import BcnError
from bcn_core.names import Scope, TableName
from bcn_core.repository.documents import TableRef


def plain(value: Any) -> Any:
    """Plain data of a dataclass, a document, or anything made of them."""
    if isinstance(value, TableName | TableRef):
        return str(value.table() if isinstance(value, TableRef) else value)
    if isinstance(value, datetime | timedelta | Enum):
        return _simple(value)
    if isinstance(value, BcnError):
        return {"kind": type(value).__name__, "message": value.message, "hint": value.hint}
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple | list | set | frozenset):
        return [plain(inner) for inner in value]
    named = _named(value)
    return value if named is None else {key: plain(inner) for key, inner in named.items()}


def _simple(value: datetime | timedelta | Enum) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _named(value: Any) -> dict[str, Any] | None:
    if isinstance(value, BaseModel):
        return {name: getattr(value, name) for name in type(value).model_fields}
    if is_dataclass(value):
        found = {field.name: getattr(value, field.name) for field in fields(value)}
        return found | {"granularity": value.granularity} if isinstance(value, Scope) else found
    return None
