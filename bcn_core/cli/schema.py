"""``bcn schema``: of which form the documents are that commands print with ``--json``."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import click

from bcn_core.cli import completing
from bcn_core.cli.examples import examples
from bcn_core.cli.json_schema import Failed, schema_of
from bcn_core.cli.manner import NO_COMMAND, document_id
from bcn_core.cli.options import JsonOption
from bcn_core.cli.tree import commands
from bcn_core.errors import NotFound
from bcn_core.names import nearest


@click.command(
    "schema",
    epilog=examples(
        "bcn schema",
        "bcn schema catalog-database list",
    ),
)
@click.argument("of", metavar="[COMMAND]...", nargs=-1, shell_complete=completing.documents)
@click.pass_context
def command(context: click.Context, of: tuple[str, ...]) -> None:
    """Print the JSON Schema of a command's document: bcn schema restore. Without a command: list those that have one.

    A document says in its field "format" which schema it follows. "bcn schema error" is that of a document of a command
    line that names no command.
    """
    known = dict(answers(context.find_root().command))
    name = " ".join(("bcn", *of))
    if not of:
        click.echo("\n".join(one.removeprefix("bcn ") for one in known))
    elif name in known:
        click.echo(json.dumps(schema_of(known[name], document_id(name)), indent=1))
    else:
        hint = f"{_near(name, known)}; to list them: bcn schema"
        raise NotFound(f"no command '{' '.join(of)}' prints a document", hint=hint)


def _near(name: str, known: Iterable[str]) -> str:
    """Without the program's own name, which would make all look alike."""
    return nearest(name.removeprefix("bcn "), (one.removeprefix("bcn ") for one in known))


def answers(program: click.Command) -> Iterator[tuple[str, Any]]:
    """Each command that prints a document, as it is typed, and the type of the document."""
    for context in commands(program):
        for option in context.command.params:
            if isinstance(option, JsonOption):
                yield context.command_path, option.answer
    yield NO_COMMAND, Failed
