"""An estimate for people and as a document."""

from collections.abc import Callable
from typing import Any, TypedDict, TypeVar

import click

from bcn_core.cli.bounds import ByteRate
from bcn_core.cli.drawing import draw, duration, line, size
from bcn_core.cli.manner import Manner
from bcn_core.cli.opening import Place
from bcn_core.cli.options import PlaceOptions
from bcn_core.cli.plain import plain
from bcn_core.counting import counted
from bcn_core.estimate import Costs, Estimate, Moved, Pace, costs_of
from bcn_core.settings import BackupSettings, RestoreSettings

F = TypeVar("F", bound=Callable[..., Any])
_CHECKS_AT_ONCE = 8
"""Requests that reading commands have under way; no setting says so."""


class PaceOptions(PlaceOptions):
    """What every estimate takes."""

    throughput: int | None
    request_ms: float | None
    egress: bool


class EstimateDocument(TypedDict):
    """What one operation would cost and take; ``counts`` are terms that `bcn docs requests` explains."""

    operation: str
    repository: str
    tables: int
    files_new: int
    files_reused: int
    bytes_new: int
    bytes_reused: int
    moved: Moved
    growth: int
    counts: dict[str, int]
    requests: dict[str, int]
    costs: Costs
    pace: Pace
    notes: list[str]


def pace_options(command: F) -> F:
    """``--throughput --request-ms --egress``."""
    command = click.option(
        "--egress", is_flag=True, help="What is read leaves the cloud: price that transfer as well."
    )(command)
    command = click.option(
        "--request-ms",
        type=click.FloatRange(min=0),
        metavar="N",
        help="Milliseconds until a request is answered (bcn.toml, else 20).",
    )(command)
    return click.option(
        "--throughput",
        type=ByteRate(),
        metavar="RATE",
        help="Bytes per second through this machine, such as 200MB/s or 200MiB/s (bcn.toml, else 100MiB/s).",
    )(command)


def show(
    manner: Manner,
    place: Place,
    given: PaceOptions,
    found: Estimate,
    settings: BackupSettings | RestoreSettings | None = None,
) -> None:
    """Price an estimate and answer with it; ``settings`` say how much of the operation is under way at once."""
    at_once = settings.tables_at_once * settings.files_at_once if settings else _CHECKS_AT_ONCE
    assumed = place.settings.estimate
    pace = Pace(
        assumed.throughput if given["throughput"] is None else given["throughput"],
        assumed.request_ms if given["request_ms"] is None else given["request_ms"],
        at_once,
    )
    costs = costs_of(found, place.settings.prices, pace, egress=given["egress"])
    manner.answer(_document(place, found, costs, pace))
    if not manner.as_json:
        _draw(found, costs, pace, egress=given["egress"])


def _document(place: Place, found: Estimate, costs: Costs, pace: Pace) -> EstimateDocument:
    return {
        "operation": found.operation,
        "repository": place.store.url,
        "tables": found.tables,
        "files_new": found.files_new,
        "files_reused": found.files_reused,
        "bytes_new": found.bytes_new,
        "bytes_reused": found.bytes_reused,
        "moved": plain(found.moved),
        "growth": found.growth,
        "counts": dict(found.counts),
        "requests": dict(found.requests.by_class()),
        "costs": plain(costs),
        "pace": plain(pace),
        "notes": list(found.notes),
    }


def _draw(found: Estimate, costs: Costs, pace: Pace, *, egress: bool) -> None:
    moved = found.moved
    draw(
        ("FILES", ">COUNT", ">BYTES"),
        (
            (_NEW[found.operation], found.files_new, size(found.bytes_new)),
            (_OLD[found.operation], found.files_reused, size(found.bytes_reused)),
        ),
    )
    line(
        f"{counted(found.tables, 'table')}: {size(moved.read)} read, {size(moved.written)} written, "
        f"{size(moved.within)} copied by the store itself"
    )
    asked = {name: count for name, count in found.requests.by_class().items() if count}
    draw(("REQUEST", ">COUNT"), (*asked.items(), ("all", found.requests.all)))
    transfer = f", {_money(costs, costs.transfer)} for the transfer" if egress else ""
    line(f"{_money(costs, costs.once)} once: {_money(costs, costs.requests)} for requests{transfer}")
    line(f"{_change(found.growth)} stored, {_money(costs, costs.storage_month)} a month")
    line(
        f"about {duration(costs.seconds)} at {size(pace.throughput)}/s and {pace.request_ms:g} ms a request, "
        f"{pace.at_once} at once"
    )
    for note in found.notes:
        line(f"note: {note}")


_NEW = {"backup": "new", "restore": "to write", "verify": "to read", "prune": "to remove"}
_OLD = {"backup": "held already", "restore": "left alone", "verify": "by their size", "prune": "kept"}


def _money(costs: Costs, amount: float) -> str:
    return f"{amount:,.4f} {costs.currency}"


def _change(count: int) -> str:
    return f"{size(count)} more" if count >= 0 else f"{size(-count)} less"
