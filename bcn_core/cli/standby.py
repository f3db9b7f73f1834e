"""What the commands about a standby share: their options, and the standby that these and ``bcn.toml`` describe."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click

from bcn_core.cli import completing
from bcn_core.cli.manner import Manner
from bcn_core.cli.options import (
    RunOptions,
    run_options,
    table_options,
)
from bcn_core.cli.plain import plain
from bcn_core.errors import BcnError, InvalidRequest
from bcn_core.replication.discovery import Found
from bcn_core.replication.standby import Standby, open_standby, problems, standby_settings
from bcn_core.settings import Settings, StandbySettings, load

F = TypeVar("F", bound=Callable[..., Any])


class StandbyOptions(RunOptions):
    """What every command about a standby takes."""

    standby: str | None
    catalog: str | None
    map: tuple[str, ...]
    root: tuple[str, ...]
    name: tuple[str, ...]
    names_from: str | None
    metadata_location: str | None
    table: tuple[str, ...]
    exclude: tuple[str, ...]


def which_standby(command: F) -> F:
    """``--standby --catalog``."""
    command = click.option(
        "--catalog", shell_complete=completing.catalogs, metavar="NAME", help="The standby's catalog."
    )(command)
    return click.option(
        "--standby",
        shell_complete=completing.standbys,
        metavar="NAME",
        help="The [standby.NAME] of bcn.toml; not needed for the only one.",
    )(command)


def standby_options(command: F) -> F:
    """The options that say which standby and which of its tables are meant."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return run_options(command)


_OPTIONS = (
    which_standby,
    click.option(
        "--map",
        metavar="SOURCE=STANDBY",
        multiple=True,
        help="A prefix of the source's locations, and where the replicator puts it. May be given again.",
    ),
    click.option(
        "--root",
        shell_complete=completing.folders,
        metavar="PLACE",
        multiple=True,
        help="Where tables are looked for. May be given again.",
    ),
    click.option(
        "--name",
        metavar="DATABASE.TABLE=PLACE",
        multiple=True,
        help="The place of a table whose folder does not tell its name. May be given again.",
    ),
    click.option(
        "--names-from",
        shell_complete=completing.folders,
        metavar="PLACE",
        help="A repository whose newest PIT names the tables.",
    ),
    click.option(
        "--metadata-location",
        shell_complete=completing.folders,
        metavar="PLACE",
        help="Where rewritten metadata goes.",
    ),
    table_options(),
)


def standby_of(given: StandbyOptions, **more: Any) -> Standby:
    """The standby that options and ``bcn.toml`` describe; options win.

    Raises:
        InvalidRequest: they name none, or a part of it is missing.
        NotFound: nothing configures its catalog.
    """
    return open_standby(*standby_said(given, **more))


def standby_said(given: StandbyOptions, **more: Any) -> tuple[Settings, StandbySettings]:
    """The settings, and the section of the standby with the options' values in it.

    Raises:
        InvalidRequest: no such standby, or an option is not of its form.
    """
    settings = load(given["config"])
    said = standby_settings(settings, given["standby"])
    return settings, said.model_copy(update=_said(given, said) | more)


def _said(given: StandbyOptions, section: StandbySettings) -> dict[str, Any]:
    plainly = {
        "catalog": given["catalog"],
        "names_from": given["names_from"],
        "metadata_location": given["metadata_location"],
        "roots": given["root"],
        "prefixes": _pairs("--map", given["map"]),
    }
    found: dict[str, Any] = {name: value for name, value in plainly.items() if value}
    if given["name"]:
        found["tables"] = {**section.tables, **_pairs("--name", given["name"])}
    return found


_SIDES = {
    "--map": "--map s3://lake=s3://lake-east",
    "--name": "--name sales.orders=s3://lake-east/tables/7f3a",
}


def _pairs(option: str, given: Iterable[str]) -> dict[str, str]:
    found = {}
    for text in given:
        left, mark, right = text.partition("=")
        if not (left and mark and right):
            raise InvalidRequest(f"{option} '{text}' has no two sides", hint=f"such as {_SIDES[option]}")
        found[left] = right
    return found


def tell_problems(manner: Manner, found: Found) -> list[BcnError]:
    """Say what discovery could not decide or did not find."""
    told = problems(found)
    for error in told:
        manner.complain(error.message, error.hint)
    manner.answer({"problems": plain(told)})
    return told
