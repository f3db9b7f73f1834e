"""``bcn promote``: standby tables become tables of their own."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NotRequired, TypedDict, Unpack

import click

from bcn_core.cli.confirming import confirm
from bcn_core.cli.drawing import draw, duration, failed, line
from bcn_core.cli.examples import examples
from bcn_core.cli.manner import Manner
from bcn_core.cli.options import (
    dry_run_option,
    json_option,
    yes_option,
)
from bcn_core.cli.plain import plain
from bcn_core.cli.progress import reporting
from bcn_core.cli.standby import StandbyOptions, standby_of, standby_options, tell_problems
from bcn_core.cli.wording import version_number
from bcn_core.counting import counted
from bcn_core.errors import BcnError, FinishedWithProblems
from bcn_core.promote import Promote, Promotion, plan_promotion, promote_all


class PromoteOptions(StandbyOptions):
    """What ``bcn promote`` takes."""

    as_is: bool
    dry_run: bool
    yes: bool


class PromoteDocument(TypedDict):
    """A plan, and with ``result`` what came of it, table by table."""

    plan: list[Promotion]
    result: NotRequired[list[Promotion]]
    problems: NotRequired[list[BcnError]]


@click.command(
    "promote",
    epilog=examples(
        "bcn promote --dry-run",
        "bcn promote --standby east --yes",
    ),
)
@standby_options
@click.option("--as-is", is_flag=True, help="Promote what is shown, even when more has arrived.")
@dry_run_option
@yes_option
@json_option(PromoteDocument)
@click.pass_obj
def command(manner: Manner, **given: Unpack[PromoteOptions]) -> None:
    """Failover: make standby tables writable, and say how far they are behind.

    Stop the replication first: it must not bring the source's files over what is written here. From then on bcn sync
    leaves the tables alone, and bcn failback shows what must go back.
    """
    standby = standby_of(given)
    with reporting(manner, standby.stores) as report:
        found = standby.find(given["table"], given["exclude"])
        promote = Promote(
            standby.catalog,
            standby.stores,
            standby.request(found),
            report,
            given["as_is"],
            standby.settings.tables_at_once,
            standby.settings.files_at_once,
        )
        plans = plan_promotion(promote)
    manner.answer({"plan": plain(plans)})
    _draw(manner, plans, f"Promotion plan: catalog '{standby.catalog.name}' - nothing written yet")
    done = plans
    if not given["dry_run"]:
        _ask(manner, plans, yes=given["yes"])
        done = promote_all(promote)
        manner.answer({"result": plain(done)})
        _tell(manner, done)
    if tell_problems(manner, found) or any(one.refusal for one in done):
        click.get_current_context().exit(FinishedWithProblems.exit_code)


def _ask(manner: Manner, plans: Sequence[Promotion], *, yes: bool) -> None:
    refusals = [one.refusal for one in plans if one.refusal is not None]
    if len(refusals) == len(plans) and refusals:
        raise refusals[0]
    confirm(manner, "Promote these tables?", yes=yes)


def _draw(manner: Manner, plans: Sequence[Promotion], title: str) -> None:
    if manner.as_json:
        return
    line(title)
    draw(("TABLE", "ACTION", ">VERSION", "WRITTEN AT (UTC)", ">AGE", ">BEHIND"), (_row(one) for one in plans))
    for one in plans:
        if one.refusal is not None:
            failed(one.table, one.refusal)
        elif one.action == "promote":
            line(_loss(one))


def _row(one: Promotion) -> tuple[str | None, ...]:
    shown = one.shown_at
    return (
        str(one.table),
        one.action,
        version_number(one.version),
        f"{shown:%Y-%m-%d %H:%M:%S}" if shown else None,
        duration((datetime.now(UTC) - shown).total_seconds()) if shown else None,
        str(one.lag.versions) if one.lag else None,
    )


def _loss(one: Promotion) -> str:
    """What will be missing, as far as anybody here can know."""
    if one.lag is None:
        return f"{one.table}: how far it is behind cannot be told; later commits of the source are not in it"
    if one.lag.versions == 0:
        return f"{one.table}: has all that has arrived; a commit that never arrived is not in it"
    seconds = "" if one.lag.seconds is None else f" ({duration(one.lag.seconds)})"
    return f"{one.table}: LOSES {counted(one.lag.versions, 'version')}{seconds} that arrived in part: {one.lag.missing}"


def _tell(manner: Manner, done: Sequence[Promotion]) -> None:
    if manner.as_json:
        return
    count = sum(one.action == "promote" for one in done)
    already = sum(one.action == "none" for one in done)
    line(f"{count} of {len(done)} tables promoted" + (f", {already} were already" if already else ""))
    for one in done:
        if one.refusal is not None:
            failed(one.table, one.refusal)
