"""``--read`` and ``--read-all``: how many of the data files a check reads."""

from collections.abc import Callable
from typing import Any, TypedDict, TypeVar

import click

from bcn_core.errors import InvalidRequest
from bcn_core.verify import EVERYTHING, Slice

F = TypeVar("F", bound=Callable[..., Any])


class ReadOptions(TypedDict):
    """What commands take that check files."""

    read: str | None
    read_all: bool


def read_options(command: F) -> F:
    """``--read --read-all``."""
    command = click.option(
        "--read-all", is_flag=True, help="Also read every data file, and compare its SHA-256."
    )(command)
    return click.option(
        "--read", metavar="N/M", help="Also read the N-th of M parts of all data files, as 7/30."
    )(command)


def level_of(given: ReadOptions) -> Slice:
    """The part of the data files that is read; none without an option.

    Raises:
        InvalidRequest: both are given, or the slice is none.
    """
    if given["read"] is not None and given["read_all"]:
        raise InvalidRequest("--read and --read-all ask for different things", hint="give one of them")
    if given["read_all"]:
        return EVERYTHING
    return Slice() if given["read"] is None else Slice.of(given["read"])
