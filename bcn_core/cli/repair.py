"""``bcn repair``: show what can be mended and what is lost, and with ``--apply`` mend it."""

from collections.abc import Iterator
from typing import NotRequired, TypedDict, Unpack

import click

from bcn_core.cli import completing
from bcn_core.cli.drawing import Tone, failed, line
from bcn_core.cli.examples import examples
from bcn_core.cli.faults import MOST_SHOWN, draw_faults, draw_more, draw_still_whole
from bcn_core.cli.manner import Manner
from bcn_core.cli.opening import open_place
from bcn_core.cli.options import PlaceOptions, apply_option, json_option, place_options
from bcn_core.cli.plain import plain
from bcn_core.cli.progress import reporting
from bcn_core.cli.reading import ReadOptions, level_of, read_options
from bcn_core.counting import counted
from bcn_core.errors import DamagedRepository, FinishedWithProblems
from bcn_core.mending.plan import Apart, Replacement
from bcn_core.repair import Repair, Repaired, RepairPlan, apply_repair, open_to_repair, plan_repair
from bcn_core.repository.layout import REPOSITORY_MANIFEST
from bcn_core.repository.pins import this_process
from bcn_core.verify import Fault


class RepairOptions(PlaceOptions, ReadOptions):
    """What ``bcn repair`` takes."""

    copy: str | None
    apply: bool


class RepairPlanDocument(TypedDict):
    """What can be mended and what is lost; ``still_whole`` is the newest PIT that has a harmed table whole."""

    level: str
    repository_manifest: bool
    replace: list[Replacement]
    isolate: list[Apart]
    isolate_captures: list[Apart]
    readmit: list[str]
    views: list[str]
    lost: list[Fault]
    as_written: list[Fault]
    still_whole: dict[str, str | None]


class RepairDocument(TypedDict):
    """A plan, and with ``result`` what came of it."""

    plan: RepairPlanDocument
    applied: bool
    result: NotRequired[Repaired]


@click.command(
    "repair",
    epilog=examples(
        "bcn repair",
        "bcn repair --read-all --copy s3://second/backups --apply",
    ),
)
@place_options
@read_options
@click.option(
    "--copy",
    shell_complete=completing.folders,
    metavar="PLACE",
    help="Another copy of the repository, to take right bytes from.",
)
@apply_option
@json_option(RepairDocument)
@click.pass_obj
def command(manner: Manner, **given: Unpack[RepairOptions]) -> None:
    """Mend what bcn verify finds.

    A damaged object is replaced from the source, or from another copy of the repository, where that still has the very
    bytes by their SHA-256. A PIT whose manifest is lost is set apart, and so is a capture that has lost something: the
    next backup does not stand on it. Views are written anew. What is lost for good is told, with the PIT that still has
    the table whole. Exit code 6 when a PIT has lost something.
    """
    place = open_place(given)
    stores = place.stores
    with reporting(manner, stores) as report:
        repair = Repair(
            repository=open_to_repair(place.store),
            stores=stores,
            owner=this_process("bcn repair"),
            copy=stores.at(given["copy"]) if given["copy"] else None,
            level=level_of(given),
            report=report,
        )
        planned = plan_repair(repair)
        done = apply_repair(repair, planned) if given["apply"] else None
    manner.answer({"plan": _document(planned), "applied": given["apply"]})
    if done is not None:
        manner.answer({"result": plain(done)})
    if not manner.as_json:
        _draw(planned)
        _draw_end(planned, done)
    _exit(planned, done)


def _document(planned: RepairPlan) -> RepairPlanDocument:
    return {
        "level": planned.level,
        "repository_manifest": planned.root is not None,
        "replace": plain(planned.replace),
        "isolate": plain(planned.isolate),
        "isolate_captures": plain(planned.isolate_captures),
        "readmit": [*planned.readmit, *planned.readmit_captures],
        "views": list(planned.views),
        "lost": plain(planned.lost),
        "as_written": plain(planned.as_written),
        "still_whole": {str(table): pit for table, pit in planned.whole.items()},
    }


def _draw(planned: RepairPlan) -> None:
    deeds = list(_deeds(planned))
    for text, tone in deeds[:MOST_SHOWN]:
        line(text, tone)
    draw_more(len(deeds))
    draw_faults("LOST", planned.lost)
    draw_faults("AS WRITTEN", planned.as_written)
    draw_still_whole(planned.whole, "nowhere: lost for good")


def _deeds(planned: RepairPlan) -> Iterator[tuple[str, Tone]]:
    if planned.root is not None:
        yield f"make again  {REPOSITORY_MANIFEST}, as the newest PIT remembers it", ""
    for one in planned.replace:
        yield f"replace     {one.fault.key}", ""
        yield f"            it {one.fault.problem}; the bytes are at {one.origin}", ""
    for apart in planned.isolate:
        yield f"set apart   PIT {apart.name}: {apart.reason}", "attention"
    for apart in planned.isolate_captures:
        yield f"set apart   {apart.name}; the next backup captures {apart.table} anew", "attention"
    for name in (*planned.readmit, *planned.readmit_captures):
        yield f"take back   {name} is whole again, or gone", ""
    for key in planned.views:
        yield f"write anew  the view {key}", ""


def _draw_end(planned: RepairPlan, done: Repaired | None) -> None:
    lost = f"{len(planned.losses)} lost for good"
    if done is None:
        said = "Nothing to mend." if planned.is_empty else "Nothing has been changed; add --apply."
        line(f"{counted(len(planned.replace), 'object')} can be replaced, {lost}. {said}")
        return
    line(
        f"{counted(len(done.replaced), 'object')} replaced, {counted(len(done.views), 'view')} written, {lost}"
    )
    for key, why in done.refused.items():
        failed(key, why)


def _exit(planned: RepairPlan, done: Repaired | None) -> None:
    if planned.losses:
        click.get_current_context().exit(DamagedRepository.exit_code)
    if done is not None and done.refused:
        click.get_current_context().exit(FinishedWithProblems.exit_code)
