"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict, TypeVar

import click

from bcn_core.cli import completing
from bcn_core.cli.manner import Manner

F = TypeVar("F", bound=Callable[..., Any])


class PlaceOptions(TypedDict):
    """Where the repository is; what every command takes."""

    repo: str | None
    config: Path | None


class ScopeOptions(PlaceOptions):
    """And what it covers."""

    catalog: str | None
    database: str | None
    table: str | None


class RunOptions(TypedDict):
    """What commands take that need no repository."""

    config: Path | None


def place_options(command: F) -> F:
    """``--repo --config --verbose --debug``."""
    return click.option(
        "--repo",
        shell_complete=completing.folders,
        metavar="PLACE",
        help="The repository: a folder or a URL.",
    )(run_options(command))


def run_options(command: F) -> F:
    """``--config --verbose --debug``."""
    command = click.option(
        "--debug", is_flag=True, expose_value=False, help="Show the traceback of an error."
    )(command)
    command = click.option(
        "-v",
        "--verbose",
        is_flag=True,
        expose_value=False,
        callback=_verbose,
        help="Tell every step on stderr.",
    )(command)
    return click.option(
        "--config",
        type=click.Path(path_type=Path),
        help="The configuration file, else BCN_CONFIG, else bcn.toml here.",
    )(command)


def scope_options(command: F) -> F:
    """``--catalog --database --table``: what the repository covers."""
    command = click.option(
        "--table",
        shell_complete=completing.tables,
        metavar="NAME",
        help="One table of the database, or DATABASE.TABLE.",
    )(command)
    command = click.option(
        "--database", shell_complete=completing.databases, metavar="NAME", help="One database of the catalog."
    )(command)
    return click.option(
        "--catalog",
        shell_complete=completing.catalogs,
        metavar="NAME",
        help="The catalog, as bcn.toml or PyIceberg's own file calls it.",
    )(command)


def table_options(complete: completing.Completer | None = None, about: str = "") -> Callable[[F], F]:
    """``--table --exclude``: which tables, by globs; ``about`` stands before the help of both."""
    only = f"{about}{'only' if about else 'Only'} these tables: TABLE or DATABASE.TABLE. May be given again."
    no = f"{about}{'not' if about else 'Not'} these tables. May be given again."

    def add(command: F) -> F:
        for name, text in (("--exclude", no), ("--table", only)):
            added = click.option(name, shell_complete=complete, metavar="GLOB", multiple=True, help=text)
            command = added(command)
        return command

    return add


def dry_run_option(command: F) -> F:
    """``--dry-run``, which is also called ``--plan``."""
    return click.option(
        "--dry-run", "--plan", is_flag=True, help="Show the plan and stop. Nothing is written."
    )(command)


def apply_option(command: F) -> F:
    """``--apply``, and ``--dry-run`` for what is done without it, since other commands ask for their plan by that."""
    return click.option(
        "--apply/--dry-run",
        " /--plan",
        default=False,
        help="Do it. Without this the plan is shown, and nothing changes.",
    )(command)


def yes_option(command: F) -> F:
    """``--yes``."""
    return click.option("--yes", is_flag=True, help="Do not ask.")(command)


class JsonOption(click.Option):
    """``--json``, and the type of the document that it stands for."""

    def __init__(self, *names: Any, answer: Any, **attributes: Any) -> None:
        super().__init__(*names, **attributes)
        self.answer = answer


def json_option(answer: Any) -> Callable[[F], F]:
    """``--json`` of a command whose document is of a type, or of one of several; the manner knows it already."""
    return click.option(
        "--json",
        cls=JsonOption,
        answer=answer,
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_commanded,
        help="Print one JSON document; bcn schema tells its form.",
    )


def _commanded(context: click.Context, _parameter: click.Parameter, _given: bool) -> None:
    manner = context.find_object(Manner)
    if manner is not None:
        manner.command = context.command_path


def _verbose(context: click.Context, _parameter: click.Parameter, given: bool) -> None:
    manner = context.find_object(Manner)
    if given and manner is not None:
        manner.verbose = True
