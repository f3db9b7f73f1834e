"""The document of a command, held to its published schema: whatever test reads one checks its form."""

import json
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

SCHEMAS = Path(__file__).parents[2] / "docs/reference/schemas"


def document_of(text: str) -> Any:
    """Parse what ``--json`` printed.

    Raises:
        ValidationError: it is not of the form that its ``format`` names, or holds a field that the schema lacks.
    """
    document = json.loads(text)
    _validator(document["format"], strict="error" not in document).validate(document)
    return document


def schema_file(identity: str) -> Path:
    """Where the schema of an ``$id`` is published."""
    return SCHEMAS / f"{'-'.join(identity.split(':')[2:-1])}.schema.json"


@cache
def _validator(identity: str, *, strict: bool) -> Draft202012Validator:
    schema = json.loads(schema_file(identity).read_text())
    assert identity == schema["$id"]
    return Draft202012Validator(_closed(schema) if strict else schema)


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema, with no field allowed that it does not name: the program may add none in silence."""
    closed = deepcopy(schema)
    whole = closed["else"]
    outermost = [one.get("$ref") for one in whole.get("anyOf", [whole])]
    for name, one in closed["$defs"].items():
        if f"#/$defs/{name}" not in outermost:
            _close(one)
    return closed | {"unevaluatedProperties": False}


def _close(schema: Any) -> None:
    if isinstance(schema, dict):
        if "properties" in schema:
            schema["additionalProperties"] = False
        for inner in schema.values():
            _close(inner)
    elif isinstance(schema, list):
        for inner in schema:
            _close(inner)
