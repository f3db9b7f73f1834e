"""A table's columns as Dagster shows them."""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg


def column_schema(fields: Sequence[Mapping[str, Any]]) -> dg.TableSchema:
    """The top-level columns of an Iceberg schema, nested types spelled out."""
    return dg.TableSchema(columns=[_column(field) for field in fields])


def _column(field: Mapping[str, Any]) -> dg.TableColumn:
    return dg.TableColumn(
        name=str(field["name"]),
        type=type_name(field["type"]),
        description=field.get("doc"),
        constraints=dg.TableColumnConstraints(nullable=not field.get("required", False)),
    )


def type_name(kind: Any) -> str:
    """An Iceberg type as SQL engines spell it."""
    if not isinstance(kind, Mapping):
        return str(kind)
    if kind["type"] == "struct":
        inner = ", ".join(f"{one['name']}: {type_name(one['type'])}" for one in kind["fields"])
        return f"struct<{inner}>"
    if kind["type"] == "list":
        return f"list<{type_name(kind['element'])}>"
    return f"map<{type_name(kind['key'])}, {type_name(kind['value'])}>"
