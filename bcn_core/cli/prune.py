"""``bcn prune``: show which PITs would go, and with ``--apply`` let them go."""

from collections.abc import Callable
from datetime import timedelta
from operator import itemgetter
from typing import Any, NotRequired, TypedDict, TypeVar, Unpack

import click

from bcn_core.cli.drawing import draw, failed, line, size, warn
from bcn_core.cli.durations import Span
from bcn_core.cli.examples import examples
from bcn_core.cli.inventory_keeping import inventory_option, inventory_wanted, keep_inventory
from bcn_core.cli.manner import Manner
from bcn_core.cli.opening import open_place
from bcn_core.cli.options import PlaceOptions, apply_option, json_option, place_options
from bcn_core.cli.plain import plain
from bcn_core.cli.progress import reporting
from bcn_core.cli.prune_dumps import draw_dump_plan, plan_dumps, prune_dumps
from bcn_core.counting import counted
from bcn_core.dump_retention import DumpPrunePlan, DumpsPruned
from bcn_core.errors import FinishedWithProblems
from bcn_core.pruning.unfinished import Unfinished
from bcn_core.repository.pins import this_process
from bcn_core.retention import Policy, Pruned, PrunePlan, Rules, apply_prune, plan_prune
from bcn_core.settings import RetentionSettings

F = TypeVar("F", bound=Callable[..., Any])


class RuleOptions(PlaceOptions):
    """What is kept; a rule that is not given comes from bcn.toml, unless any is given."""

    keep_last: int | None
    keep_hourly: int | None
    keep_daily: int | None
    keep_weekly: int | None
    keep_monthly: int | None
    keep_yearly: int | None
    keep_within: timedelta | None
    grace: timedelta | None
    orphans_after: timedelta | None
    drop_isolated: bool


class PruneOptions(RuleOptions):
    """What ``bcn prune`` takes."""

    apply: bool
    inventory: bool | None


class PruneDocument(TypedDict):
    """A plan, and with ``result`` what came of it; dumps of the catalog's own database apart."""

    plan: PrunePlan
    dumps: DumpPrunePlan
    applied: bool
    result: NotRequired[Pruned]
    inventory_lag: NotRequired[int | None]
    dumps_result: NotRequired[DumpsPruned]


_COUNT = click.IntRange(min=0)


_RULES = (
    click.option("--keep-last", type=_COUNT, metavar="N", help="Keep the N newest PITs."),
    click.option("--keep-hourly", type=_COUNT, metavar="N", help="Keep the last PIT of N hours."),
    click.option("--keep-daily", type=_COUNT, metavar="N", help="Keep the last PIT of N days (UTC)."),
    click.option("--keep-weekly", type=_COUNT, metavar="N", help="Keep the last PIT of N ISO weeks."),
    click.option("--keep-monthly", type=_COUNT, metavar="N", help="Keep the last PIT of N months."),
    click.option("--keep-yearly", type=_COUNT, metavar="N", help="Keep the last PIT of N years."),
    click.option("--keep-within", type=Span(), help="Keep all PITs this near to the newest: 30d, 12h."),
    click.option("--grace", type=Span(), help="How long a PIT can be called back (bcn.toml, else 3d)."),
    click.option("--orphans-after", type=Span(), help="Age at which unnamed objects go (bcn.toml, else 7d)."),
    click.option(
        "--drop-isolated", is_flag=True, help="Also let go of PITs that bcn repair set apart as damaged."
    ),
)


def rule_options(command: F) -> F:
    """What is kept, and for how long the rest waits."""
    for option in reversed(_RULES):
        command = option(command)
    return command


@click.command(
    "prune",
    epilog=examples(
        "bcn prune",
        "bcn prune --keep-daily 7 --keep-weekly 4 --keep-monthly 12",
        "bcn prune --apply",
    ),
)
@place_options
@rule_options
@apply_option
@inventory_option
@json_option(PruneDocument)
@click.pass_obj
def command(manner: Manner, **given: Unpack[PruneOptions]) -> None:
    """Let go of PITs that no rule keeps, and of objects that no PIT names.

    A PIT goes in two steps: it waits for the grace period, in which bcn undelete calls it back; a later prune removes
    its data. The newest complete PIT, and PITs that are held or in use, never go.
    """
    place = open_place(given)
    wanted = inventory_wanted(place, given["inventory"])
    repository = place.repository()
    plan = plan_prune(repository, rules_of(given, place.settings.retention))
    dumps = plan_dumps(repository, plan.rules)
    manner.answer({"plan": plain(plan), "dumps": plain(dumps), "applied": given["apply"]})
    if not manner.as_json:
        _draw_plan(plan)
        draw_dump_plan(dumps)
        if not given["apply"]:
            line("Nothing has been changed; add --apply.")
    if not given["apply"]:
        return
    done = apply_prune(repository, plan, this_process("bcn prune"))
    with reporting(manner, place.stores) as report:
        lag = keep_inventory(place, repository, report, wanted=wanted)
    manner.answer({"result": plain(done), "inventory_lag": lag})
    if not manner.as_json:
        _draw_done(done)
    prune_dumps(manner, repository, dumps, plan.rules)
    if done.swept.refused or done.spared:
        click.get_current_context().exit(FinishedWithProblems.exit_code)


def rules_of(given: RuleOptions, settings: RetentionSettings) -> Rules:
    """The rules that options and settings make."""
    names = ("last", "hourly", "daily", "weekly", "monthly", "yearly")
    typed = {name: given[f"keep_{name}"] for name in names}  # type: ignore[literal-required]
    if given["keep_within"] is None and all(value is None for value in typed.values()):
        counts = {name: getattr(settings, f"keep_{name}") for name in names}
        policy = Policy(**counts, within=settings.keep_within)
    else:
        policy = Policy(
            **{name: value or 0 for name, value in typed.items()}, within=given["keep_within"] or timedelta()
        )
    return Rules(
        policy,
        settings.grace if given["grace"] is None else given["grace"],
        settings.orphans_after if given["orphans_after"] is None else given["orphans_after"],
        given["drop_isolated"],
    )


def _draw_plan(plan: PrunePlan) -> None:
    rows = [("keep", one.pit, one.status, ", ".join(one.reasons)) for one in plan.keep]
    rows += [("remove", one.pit, one.status, ", ".join(one.reasons)) for one in plan.remove]
    rows += [
        ("waiting", one.pit, "", f"can be called back until {one.until:%Y-%m-%d %H:%M} UTC")
        for one in plan.waiting
    ]
    rows += [("remove now", pit, "", "its grace is over") for pit in plan.due]
    draw(("WHAT", "PIT (UTC)", "STATUS", "~WHY"), sorted(rows, key=itemgetter(1)))
    line(f"{counted(len(plan.remove), 'PIT')} to remove, {len(plan.waiting)} waiting, {len(plan.due)} due")
    line(f"{size(plan.bytes)} freed in the end, after {_days(plan.rules.grace)} of grace")
    if plan.orphans or plan.young_orphans:
        line(
            f"{counted(plan.orphans, 'object')} named by no PIT and old enough to go ({size(plan.orphan_bytes)}), "
            f"{plan.young_orphans:,} left alone as yet"
        )


def _draw_done(done: Pruned) -> None:
    swept = done.swept
    line(
        f"{counted(len(done.condemned), 'PIT')} waiting now, {len(swept.pits)} removed · "
        f"{counted(swept.objects, 'object')}, {size(swept.bytes)} freed, {swept.orphans} of them named by no PIT"
    )
    for pit, why in sorted(done.spared.items()):
        warn(f"PIT {pit} was spared: {why}")
    _draw_unfinished(swept.unfinished)
    if swept.refused:
        what = f"the removal of {counted(len(swept.refused), 'object')}"
        failed(what, f"no rights, or locked: {swept.refused[0]}")


def _draw_unfinished(found: Unfinished) -> None:
    if found.writes:
        freed = f", {size(found.bytes)}" if found.bytes else ""
        line(f"{counted(found.writes, 'unfinished write')} of killed runs removed{freed}")
    if found.kept:
        warn(f"what killed runs may have left unfinished stays: {found.kept}")


def _days(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return f"{hours / 24:g} days" if hours >= 24 else f"{hours:g} hours"
