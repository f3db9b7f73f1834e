"""All commands as a list: for pages, schemas and whatever else speaks of each of them."""

from collections.abc import Iterator
from typing import Any

import click


def commands(
    command: click.Command, parent: click.Context | None = None, **settings: Any
) -> Iterator[click.Context]:
    """A context for a command and for every command below it, in the order of the help.

    Args:
        command: the group that it all begins with.
        parent: the context of the group that holds it; None for the program itself.
        settings: of every context, as click takes them.
    """
    name = "bcn" if parent is None else command.name
    context = click.Context(
        command, parent=parent, info_name=name, **{**command.context_settings, **settings}
    )
    yield context
    if isinstance(command, click.Group):
        for own in command.list_commands(context):
            found = command.get_command(context, own)
            if found is not None:
                yield from commands(found, context, **settings)
