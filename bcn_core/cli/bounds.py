"""``--limit-rate``, ``--concurrency``, ``--processes``: how much of a machine and of its network a run takes."""

import re
from collections.abc import Callable
from typing import Any, TypedDict, TypeVar

import click

from bcn_core.cli.opening import Place
from bcn_core.processes.pool import WORTH_STARTING, Spread
from bcn_core.settings import BackupSettings, RestoreSettings
from bcn_core.storage.throttling import Rate, Throttled

F = TypeVar("F", bound=Callable[..., Any])
_RATE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?(?:/s)?", re.IGNORECASE)
_FACTORS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}


class BoundOptions(TypedDict):
    """What commands that copy take."""

    limit_rate: int | None
    concurrency: int | None


class ProcessOptions(BoundOptions):
    """What commands take that can copy or read by several processes."""

    processes: int | None


class ByteRate(click.ParamType[int]):
    """``50M`` -> bytes per second."""

    name = "rate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        found = _RATE.fullmatch(str(value).strip())
        count = int(float(found[1]) * _FACTORS[found[2].lower()]) if found else 0
        if count < 1:
            self.fail(f"'{value}' is no rate; say bytes per second, such as 800K or 50M", param, ctx)
        return count


def bound_options(command: F) -> F:
    """``--limit-rate --concurrency``."""
    command = click.option(
        "--concurrency",
        metavar="N",
        type=click.IntRange(1, 256),
        help="At most N files are under way at once.",
    )(command)
    return click.option(
        "--limit-rate",
        metavar="RATE",
        type=ByteRate(),
        help="Read at most so many bytes per second, such as 50M.",
    )(command)


def process_option(what: str) -> Callable[[F], F]:
    """``--processes``, which do ``what``."""
    return click.option(
        "--processes",
        metavar="N",
        type=click.IntRange(1, 256),
        help=f"{what} by N processes; else, over a network, by one for each core from {WORTH_STARTING} files on.",
    )


def throttle(place: Place, given: BoundOptions) -> Rate | None:
    """Hold all stores of the run to the rate that was asked for."""
    if given["limit_rate"] is None:
        return None
    rate = Rate(given["limit_rate"])
    place.stores.wrap = lambda store: Throttled(store, rate)
    return rate


def spread(asked: int | None, files_at_once: int, rate: Rate | None) -> Spread:
    """How the files of a run are spread over processes, which share its bounds: all together keep to them."""
    if asked is None:
        return Spread.by_cores(files_at_once, rate)
    return Spread(asked, files_at_once, rate=rate)


def at_once(settings: BackupSettings | RestoreSettings, given: BoundOptions) -> tuple[int, int]:
    """Tables, and files of each table, that are under way at once; their product keeps to ``--concurrency``."""
    asked = given["concurrency"]
    if asked is None:
        return settings.tables_at_once, settings.files_at_once
    tables = min(settings.tables_at_once, asked)
    return tables, asked // tables
