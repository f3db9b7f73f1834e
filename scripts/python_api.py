"""The public names of the engine, from the engine itself: what ``docs/reference/python-api.md`` lists."""

import importlib
import inspect
import re
from collections.abc import Iterator
from types import ModuleType

MODULES = (
    "settings: load Settings",
    "storage.opening: open_stores Stores",
    "catalogs.opening",
    "names: TableName Scope pit_id pit_instant",
    "repository.repository: Repository tables_in",
    "repository.pins: this_process many_processes",
    "capture.making",
    "backup",
    "restore",
    "restoration.request",
    "estimate",
    "describe",
    "changes",
    "verify",
    "drill",
    "retention",
    "repair",
    "inventory",
    "sync",
    "promote",
    "failback",
    "adopt",
    "catalog_database",
)
"""Modules; behind a colon the names that people need, where the others are the engine's own."""

_ROLE = re.compile(r":\w+:`~?([^`]+)`")


def api() -> str:
    """A table for each module."""
    return "\n".join(_of(*one.split(": ")) for one in MODULES)


def _of(name: str, wanted: str = "") -> str:
    module = importlib.import_module(f"bcn_core.{name}")
    rows = [f"| `{name}` | {_summary(one)} |" for name, one in _public(module, wanted.split())]
    head = [f"### `{module.__name__}`", "", _summary(module), "", "| name | what |", "|---|---|"]
    return "\n".join([*head, *rows, ""])


def _public(module: ModuleType, wanted: list[str]) -> Iterator[tuple[str, object]]:
    """What a module defines itself, in its order; what it exports on purpose, where it says so."""
    names = wanted or getattr(module, "__all__", None) or vars(module)
    for name in names:
        one = getattr(module, name)
        if name.startswith("_") or not (inspect.isfunction(one) or inspect.isclass(one)):
            continue
        if "__all__" in vars(module) or one.__module__ == module.__name__:
            yield f"{name}{_arguments(one)}", one


def _arguments(one: object) -> str:
    """Of a function its arguments; a class is known by its fields, which its docstring tells."""
    if not inspect.isfunction(one):
        return ""
    found = inspect.signature(one).parameters.values()
    return f"({', '.join(argument.name for argument in found)})"


def _summary(one: object) -> str:
    text = inspect.getdoc(one) or ""
    plain = _ROLE.sub(r"`\1`", " ".join(text.partition("\n\n")[0].split()))
    return plain.replace("|", "\\|").replace("``", "`")
