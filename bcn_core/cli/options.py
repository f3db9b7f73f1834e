"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict, TypeVar

import click

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
    return click.option("--repo", metavar="PLACE", help="The repository: a folder or a URL.")(
        run_options(command)
    )


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
    command = click.option("--table", metavar="NAME", help="One table of the database, or DATABASE.TABLE.")(
        command
    )
    command = click.option("--database", metavar="NAME", help="One database of the catalog.")(command)
    return click.option(
        "--catalog", metavar="NAME", help="The catalog, as bcn.toml or PyIceberg's own file calls it."
    )(command)


def json_option(command: F) -> F:
    """``--json``; the manner of the run knows it already."""
    return click.option("--json", is_flag=True, expose_value=False, help="Print one JSON document.")(command)


def _verbose(context: click.Context, _parameter: click.Parameter, given: bool) -> None:
    manner = context.find_object(Manner)
    if given and manner is not None:
        manner.verbose = True
