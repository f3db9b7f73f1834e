"""``bcn restore``: plan, show, ask, carry out."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar, Unpack

import click

from bcn_core.catalogs.catalog import Catalog
from bcn_core.catalogs.files_only import FilesOnly
from bcn_core.catalogs.opening import open_target
from bcn_core.cli import completing
from bcn_core.cli.bounds import ProcessOptions, at_once, bound_options, process_option, spread, throttle
from bcn_core.cli.confirming import confirm
from bcn_core.cli.examples import examples
from bcn_core.cli.manner import Manner
from bcn_core.cli.opening import Place, open_place
from bcn_core.cli.options import (
    PlaceOptions,
    dry_run_option,
    json_option,
    place_options,
    table_options,
    yes_option,
)
from bcn_core.cli.progress import reporting
from bcn_core.cli.restore_result import (
    RestoreDocument,
    destination,
    draw_plan,
    draw_report,
    plan_document,
    report_document,
)
from bcn_core.errors import DamagedRepository, FinishedWithProblems, InvalidRequest, NotFound
from bcn_core.iceberg.snapshot_selection import HistoryMode
from bcn_core.processes.pool import Processes
from bcn_core.repository.repository import Repository
from bcn_core.restoration.request import OnConflict, UuidChoice
from bcn_core.restore import Restore, RestorePlan, RestoreRequest, plan_restore, restore_all

F = TypeVar("F", bound=Callable[..., Any])


class RequestOptions(PlaceOptions):
    """What is to be restored, and where to."""

    pit: str
    database: tuple[str, ...]
    table: tuple[str, ...]
    exclude: tuple[str, ...]
    include_deleted: bool
    target_catalog: str | None
    files_only: bool
    target_database: str | None
    target_table: str | None
    target_location: str | None
    on_conflict: OnConflict
    uuid: UuidChoice
    history: HistoryMode


class RestoreOptions(RequestOptions, ProcessOptions):
    """What ``bcn restore`` takes."""

    dry_run: bool
    yes: bool


_AGAIN = "run the same command again with --on-conflict skip; what is in place is not copied again"
_AFTER_DAMAGE = (
    "bcn verify --read-all names the newest PIT in which a damaged table is whole: "
    "restore that table with --pit; what else failed, with --on-conflict skip"
)
_REQUEST = (
    click.option(
        "--pit",
        shell_complete=completing.pits,
        metavar="PIT",
        default="latest",
        help="An id, a prefix of one, a timestamp, or 'latest' (default).",
    ),
    click.option(
        "--database",
        shell_complete=completing.databases,
        metavar="GLOB",
        multiple=True,
        help="Only these databases. May be given again.",
    ),
    table_options(completing.tables),
    click.option("--include-deleted", is_flag=True, help="Also tables that the source had dropped by then."),
    click.option(
        "--target-catalog",
        shell_complete=completing.catalogs,
        metavar="NAME",
        help="Restore into this catalog, else into the one that was backed up.",
    ),
    click.option(
        "--files-only", is_flag=True, help="Restore files, register nothing; shows the metadata files."
    ),
    click.option(
        "--target-database", metavar="NAME", help="The new database; may hold {database} and {table}."
    ),
    click.option("--target-table", metavar="NAME", help="The new name; may hold {database} and {table}."),
    click.option(
        "--target-location",
        shell_complete=completing.folders,
        metavar="PLACE",
        help="Where the files go; may hold {database} and {table}.",
    ),
    click.option(
        "--on-conflict",
        type=click.Choice(["fail", "skip", "replace"]),
        default="fail",
        help="When a target exists: refuse it (fail), leave it as it is (skip), or replace it.",
    ),
    click.option(
        "--uuid",
        type=click.Choice(["auto", "keep", "new"]),
        default="auto",
        help="The tables' UUIDs: kept under the own name and new under another (auto), kept, or new.",
    ),
    click.option(
        "--history",
        type=click.Choice(["full", "current", "refs", "covered"]),
        default="full",
        help="Which snapshots: all (full), the current one, also the heads of branches and tags (refs), "
        "or what a partial PIT holds (covered).",
    ),
)


def request_options(command: F) -> F:
    """What is to be restored, and where to."""
    for option in reversed(_REQUEST):
        command = option(command)
    return command


@click.command(
    "restore",
    epilog=examples(
        "bcn restore --table sales.orders --target-table orders_then --dry-run",
        "bcn restore --pit 20261120T09 --database sales --on-conflict replace",
        "bcn restore --target-catalog spare --target-location s3://spare/{table}",
        "bcn restore --files-only --target-location /recovered",
    ),
)
@place_options
@bound_options
@process_option("Copy")
@request_options
@dry_run_option
@yes_option
@json_option(RestoreDocument)
@click.pass_obj
def command(manner: Manner, **given: Unpack[RestoreOptions]) -> None:
    """Restore tables and views from a PIT; shows its plan and asks before it writes anything.

    Needs the repository alone: not the source catalog, not its storage. A table appears in the target catalog when all
    its files are in place and checked. Run again after an interruption, it goes on.
    """
    place = open_place(given)
    rate, bounds = throttle(place, given), at_once(place.settings.restore, given)
    repository = place.repository()
    target = target_of(place, repository, given)
    with reporting(manner, place.stores) as report:
        restore = Restore(repository, target, place.stores, report, *bounds)
        plan = plan_restore(restore, request_of(given))
    _show_plan(manner, plan)
    if given["dry_run"]:
        return
    confirm(manner, f"Restore {destination(plan)}?", yes=given["yes"])
    asked = given["processes"] or place.settings.restore.processes
    with Processes(place.stores, spread(asked, math.prod(bounds), rate)) as processes:
        spread_out = replace(restore, copier=processes.carry_out, relocator=processes.relocate)
        _carry_out(manner, spread_out, plan)


def _show_plan(manner: Manner, plan: RestorePlan) -> None:
    """Show the plan, and refuse it when it is nothing but refusals."""
    manner.answer({"plan": plan_document(plan)})
    if not manner.as_json:
        draw_plan(plan)
    if plan.is_refused:
        raise plan.refusals[0]


def _carry_out(manner: Manner, restore: Restore, plan: RestorePlan) -> None:
    with reporting(manner, restore.stores) as report:
        # The bar of the planning is gone by now: the question stood between.
        found = restore_all(replace(restore, report=report), plan)
    manner.answer({"result": report_document(found)})
    if not manner.as_json:
        draw_report(found)
    if found.failed:
        manner.advise(
            _AFTER_DAMAGE
            if any(isinstance(one.failure, DamagedRepository) for one in found.failed)
            else _AGAIN
        )
        click.get_current_context().exit(FinishedWithProblems.exit_code)


def target_of(place: Place, repository: Repository, given: RequestOptions) -> Catalog:
    """The catalog that a restore goes to, or none at all.

    Raises:
        InvalidRequest: a catalog and none are asked for.
        NotFound: nothing knows the catalog.
    """
    return FilesOnly() if _only_files(given) else _target(place, repository, given["target_catalog"])


def _only_files(given: RequestOptions) -> bool:
    if given["files_only"] and (given["target_catalog"] or given["on_conflict"] == "replace"):
        raise InvalidRequest(
            "--files-only takes no catalog, so nothing can be replaced there",
            hint="leave out --target-catalog and --on-conflict, or leave out --files-only",
        )
    return given["files_only"]


def _target(place: Place, repository: Repository, name: str | None) -> Catalog:
    wanted = name or repository.scope.catalog
    try:
        return open_target(wanted, place.settings.catalog_properties(wanted))
    except NotFound as error:
        others = " or ".join(f"--target-catalog {one}" for one in place.settings.catalogs if one != wanted)
        known = f"; bcn.toml has others: {others}" if others else ""
        without = "; without any catalog: --files-only --target-location PLACE"
        raise NotFound(error.message, hint=f"{error.hint}{known}{without}") from error


def request_of(given: RequestOptions) -> RestoreRequest:
    """The request that options make."""
    return RestoreRequest(
        pit=given["pit"],
        databases=given["database"],
        tables=given["table"],
        exclude=given["exclude"],
        include_deleted=given["include_deleted"],
        target_database=given["target_database"],
        target_table=given["target_table"],
        target_location=given["target_location"],
        on_conflict=given["on_conflict"],
        uuid=given["uuid"],
        history=given["history"],
    )
