"""Write the pages of docs/reference that come from the program itself.

With ``--check`` it only tells whether they are as they should be.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import click  # noqa: E402
from pydantic import BaseModel  # noqa: E402
from pydantic.fields import FieldInfo  # noqa: E402
from pydantic_core import PydanticUndefined, to_jsonable_python  # noqa: E402

from bcn_core.cli.app import bcn  # noqa: E402
from bcn_core.settings import Settings  # noqa: E402
from bcn_dagster.components import CatalogDatabaseBackups, IcebergCatalogBackups  # noqa: E402

DOCS = ROOT / "docs"
CLI_INTRODUCTION = """\
# Every command

This page is written by `scripts/write-reference.py` from `bcn --help`; a test holds it to the program.

Answers go to stdout, progress and messages to stderr. `--json` prints one JSON document instead of tables;
ignore fields that you do not know. Options win over [`bcn.toml`](configuration.md).

[Exit codes](errors-and-exit-codes.md): 0 done, 9 done with problems, 2 to 8 by cause, 130 and 143 by signal.

"""


def commands() -> str:
    """The help of every command."""
    context = click.Context(bcn, info_name="bcn", max_content_width=80, terminal_width=80)
    parts = [CLI_INTRODUCTION, _help("bcn", bcn.get_help(context))]
    for name in bcn.list_commands(context):
        command = bcn.get_command(context, name)
        if command is not None:
            parts += _helps(command, context, f"bcn {name}")
    return "\n".join(parts)


def _helps(command: click.Command, parent: click.Context, title: str) -> Iterator[str]:
    """The help of a command, and of those that stand below it."""
    name = title.rpartition(" ")[2]
    context = click.Context(command, parent=parent, info_name=name, max_content_width=80, terminal_width=80)
    yield _help(title, command.get_help(context))
    for below in command.list_commands(context) if isinstance(command, click.Group) else ():
        found = command.get_command(context, below)
        if found is not None:
            yield from _helps(found, context, f"{title} {below}")


def _help(title: str, text: str) -> str:
    return f"## {title}\n\n```\n{text}\n```\n"


def settings() -> str:
    """A table for each section of ``bcn.toml``."""
    parts = []
    for name, field in Settings.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            parts.append(f"## `[{name}]`\n\n{(kind.__doc__ or '').strip()}\n\n{_table(kind.model_fields)}\n")
        else:
            inner = get_args(kind)[1]
            table = f"\n{_table(inner.model_fields)}\n" if hasattr(inner, "model_fields") else ""
            parts.append(f"## `[{name}.NAME]`\n\n{field.description}\n{table}")
    return "\n".join(parts)


def _table(fields: dict[str, FieldInfo]) -> str:
    rows = [f"| `{name}` | {_default(field)} | {field.description} |" for name, field in fields.items()]
    return "\n".join(["| key | default | meaning |", "|---|---|---|", *rows])


def _default(field: FieldInfo) -> str:
    value: Any = field.get_default(call_default_factory=False)
    if value is None or value is PydanticUndefined:
        return ""
    return f"`{json.dumps(to_jsonable_python(value))}`"


def between(page: Path, name: str, text: str) -> str:
    """A page whose generated part is replaced."""
    before, mark, rest = page.read_text().partition(f"<!-- generated: {name} -->\n")
    after = rest[rest.index("<!-- end -->") :]
    return f"{before}{mark}\n{text}\n{after}"


def pages() -> Iterator[tuple[Path, str]]:
    """Every page with what should stand in it."""
    yield DOCS / "reference/cli.md", commands()
    configuration = DOCS / "reference/configuration.md"
    yield configuration, between(configuration, "settings", settings())
    guide = DOCS / "guides/use-in-your-dagster-project.md"
    yield guide, between(guide, "component", _table(IcebergCatalogBackups.model_fields))
    guide = DOCS / "guides/back-up-the-catalogs-database.md"
    yield guide, between(guide, "component", _table(CatalogDatabaseBackups.model_fields))


def main() -> None:
    """Write, or check."""
    stale = []
    for path, text in pages():
        if not path.is_file() or path.read_text() != text:
            stale.append(str(path.relative_to(ROOT)))
            if "--check" not in sys.argv:
                path.write_text(text)
    print("\n".join(stale) or "all pages are as they should be")
    if stale and "--check" in sys.argv:
        sys.exit("run scripts/write-reference.py")


if __name__ == "__main__":
    main()
