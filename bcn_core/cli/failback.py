"""``bcn failback``: what a promoted standby holds that its source does not, and how it goes back."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, NotRequired, TypedDict, Unpack

import click

from bcn_core.cli.drawing import Cell, draw, failed, line, size
from bcn_core.cli.examples import examples
from bcn_core.cli.json_schema import Flat
from bcn_core.cli.manner import Manner
from bcn_core.cli.options import json_option
from bcn_core.cli.plain import plain
from bcn_core.cli.progress import reporting
from bcn_core.cli.standby import StandbyOptions, standby_of, standby_options, tell_problems
from bcn_core.counting import counted
from bcn_core.errors import BcnError, FinishedWithProblems, InvalidRequest
from bcn_core.failback import Commit, Failback, FileToCopy, TableFailback, plan_failback, way_back
from bcn_core.locations import PrefixMap
from bcn_core.replication.standby import Standby
from bcn_core.settings import StandbySettings
from bcn_core.storage.opening import absolute


class FailbackOptions(StandbyOptions):
    """What ``bcn failback`` takes."""

    copy_list: Path | None


class Size(TypedDict):
    """What the files to copy come to, in bytes."""

    bytes: int


class FailbackDocument(TypedDict):
    """What must go back, table by table; ``prefixes`` turn the way round."""

    plan: list[Annotated[dict[str, Any], Flat(TableFailback, Size)]]
    prefixes: dict[str, str]
    problems: NotRequired[list[BcnError]]


@click.command(
    "failback",
    epilog=examples(
        "bcn failback",
        "bcn failback --standby east --copy-list files.tsv",
    ),
)
@standby_options
@click.option(
    "--copy-list",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the files to copy: one a line, FROM, TO and bytes with tabs between.",
)
@json_option(FailbackDocument)
@click.pass_obj
def command(manner: Manner, **given: Unpack[FailbackOptions]) -> None:
    """Show what must go back to the source after a failover; changes nothing.

    Says for each promoted table which commits exist only here, which of the source's are given up, and which files are
    to be copied. The replicator copies them; then bcn sync, with the prefixes turned round, shows them at the source.
    """
    standby = standby_of(given)
    with reporting(manner, standby.stores):
        found = standby.find(given["table"], given["exclude"])
        failback = Failback(
            standby.catalog,
            standby.stores,
            standby.request(found),
            standby.settings.tables_at_once,
            standby.settings.files_at_once,
        )
        plans = plan_failback(failback)
    back = way_back(failback.request)
    manner.answer({"plan": [_document(one) for one in plans], "prefixes": back})
    if len(plans) == 1 and plans[0].refusal is not None:
        raise plans[0].refusal
    if given["copy_list"] is not None:
        _write(given["copy_list"], plans)
    if not manner.as_json:
        _draw(plans, standby, back)
    if tell_problems(manner, found) or any(one.refusal for one in plans):
        click.get_current_context().exit(FinishedWithProblems.exit_code)


def _document(one: TableFailback) -> dict[str, Any]:
    found: dict[str, Any] = plain(one)
    return found | {"bytes": one.bytes}


def _write(path: Path, plans: Sequence[TableFailback]) -> None:
    lines = [copy_line(one) for plan in plans for one in plan.files]
    try:
        path.write_text("".join(lines), encoding="utf-8")
    except OSError as error:
        raise InvalidRequest(
            f"{path} cannot be written: {error.strerror}", hint="choose another file for --copy-list"
        ) from error


def copy_line(one: FileToCopy) -> str:
    """A line for whoever copies: from where, to where, how many bytes, with tabs between.

    Raises:
        InvalidRequest: a name has a tab or a line's end in it. A table's metadata may name any place, and would add
            lines of its own.
    """
    if not (one.location + one.target).isprintable():
        raise InvalidRequest(
            f"a file's name does not fit on a line of tabs: {one.location!r}",
            hint="take the files from --json",
        )
    return f"{one.location}\t{one.target}\t{'' if one.bytes is None else one.bytes}\n"


def _draw(plans: Sequence[TableFailback], standby: Standby, back: dict[str, str]) -> None:
    line("Failback plan - nothing written")
    headings = ("TABLE", "PROMOTED AT (UTC)", ">ONLY HERE", ">GIVEN UP", ">FILES TO COPY", ">SIZE")
    draw(headings, (_row(one) for one in plans if one.refusal is None))
    for one in plans:
        if one.refusal is not None:
            failed(one.table, one.refusal)
        _draw_commits(f"{one.table}: only here", one.only_here)
        _draw_commits(f"{one.table}: only at the source, given up", one.only_at_source)
    _draw_way_back(standby, back)


def _row(one: TableFailback) -> tuple[Cell, ...]:
    promoted = one.promoted_at and one.promoted_at.replace("T", " ").removesuffix("Z")
    copied = len(one.files), size(one.bytes)
    return str(one.table), promoted, len(one.only_here), len(one.only_at_source), *copied


def _draw_way_back(standby: Standby, back: dict[str, str]) -> None:
    line("Then: 1. stop the writers, here and at the source  2. copy the files (--copy-list FILE)")
    line("3. where the source's files are, first with --dry-run, which tells what is given up there:")
    line(f"  bcn sync --catalog SOURCE {' '.join(_options(standby.settings, back))} --replace-diverged")
    line("4. check the tables there, and bcn promote them, with the same --catalog, --map and the rest")
    line(
        f"5. turn the replication round again; bcn sync into '{standby.catalog.name}', once with --replace-diverged"
    )


def _options(said: StandbySettings, back: dict[str, str]) -> Iterator[str]:
    """What turns the section of the standby round, wherever the command is typed."""
    there = PrefixMap.of(back.items())
    yield from (f"--map {place}={target}" for place, target in back.items())
    yield from (f"--root {there.map(absolute(root))}" for root in said.roots)
    yield from (f"--name {table}={there.map(absolute(place))}" for table, place in said.tables.items())
    if said.metadata_location is not None:
        yield f"--metadata-location {there.map(absolute(said.metadata_location))}"


def _draw_commits(title: str, commits: Sequence[Commit]) -> None:
    for one in commits:
        rows = f"{counted(one.rows_added, 'row')} added, {one.rows_deleted:,} deleted"
        line(f"{title}: {one.at:%Y-%m-%d %H:%M:%S} UTC {one.operation} {one.snapshot_id}, {rows}")
