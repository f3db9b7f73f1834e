"""``bcn backup``: take one PIT."""

import math
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Unpack

import click

from bcn_core.backup import Backup, back_up
from bcn_core.capture.claiming import next_pit
from bcn_core.capture.making import make_repository
from bcn_core.catalog_database import tied_dump
from bcn_core.cli.backup_result import BackupDocument, draw_result, hint_for, result_of
from bcn_core.cli.bounds import ProcessOptions, at_once, bound_options, process_option, spread, throttle
from bcn_core.cli.examples import examples
from bcn_core.cli.inventory_keeping import inventory_option, inventory_wanted, keep_inventory
from bcn_core.cli.manner import Manner
from bcn_core.cli.opening import Place, open_place
from bcn_core.cli.options import ScopeOptions, json_option, place_options, scope_options
from bcn_core.cli.plain import plain
from bcn_core.cli.progress import reporting
from bcn_core.cli.scope import both_ends
from bcn_core.describe import PitDescription, describe_pit
from bcn_core.dumping.configured import configured_database
from bcn_core.errors import FinishedWithProblems, InvalidRequest
from bcn_core.events import Report, Warned
from bcn_core.names import is_pit_id, pit_id
from bcn_core.processes.pool import Processes
from bcn_core.repository.documents import PitManifest
from bcn_core.repository.pins import this_process


class BackupOptions(ScopeOptions, ProcessOptions):
    """What ``bcn backup`` takes."""

    at: str | None
    accept_source: bool
    newest_snapshots: int | None
    inventory: bool | None
    with_catalog_database: bool


@click.command(
    "backup",
    epilog=examples(
        "bcn backup --repo /backups/shop --catalog shop",
        "bcn backup",
        "bcn backup --at 2026-11-20T09:30:00Z",
    ),
)
@place_options
@scope_options
@bound_options
@process_option("Copy")
@click.option(
    "--at", metavar="TIMESTAMP", help="A PIT of the past, from what the tables' own metadata remembers."
)
@click.option(
    "--accept-source", is_flag=True, help="Go on though the catalog has another address, for this run."
)
@click.option(
    "--newest-snapshots",
    metavar="N",
    type=click.IntRange(min=1),
    help="Of a repository of one table: its newest N snapshots alone. The PIT is partial, and says so.",
)
@inventory_option
@click.option(
    "--with-catalog-database",
    is_flag=True,
    help="Also dump the catalog's own database, under the PIT's id. See: bcn catalog-database --help.",
)
@json_option(BackupDocument)
@click.pass_obj
def command(manner: Manner, **given: Unpack[BackupOptions]) -> None:
    """Take one point in time (PIT) of the repository's scope.

    The first backup makes the repository and fixes what it covers: the catalog, one --database, or one --table.
    Later ones need no scope. Only what changed since the newest PIT is read, and only new files are copied.
    """
    started = time.monotonic()
    found, lag = _take(manner, given)
    seconds = time.monotonic() - started
    manner.answer({**result_of(found, seconds), "inventory_lag": lag})
    if not manner.as_json:
        draw_result(found, seconds)
    if found.manifest.status != "complete":
        manner.advise(hint_for(found))
        click.get_current_context().exit(FinishedWithProblems.exit_code)


def _take(manner: Manner, given: BackupOptions) -> tuple[PitDescription, int | None]:
    """The PIT, and how far the inventory is behind it; None when no inventory is kept."""
    place = open_place(given)
    rate = throttle(place, given)
    bounds = at_once(place.settings.backup, given)
    asked = given["processes"] or place.settings.backup.processes
    wanted = inventory_wanted(place, given["inventory"])
    pit = None if given["at"] is None else _pit_at(given["at"])
    with (
        reporting(manner, place.stores) as report,
        Processes(place.stores, spread(asked, math.prod(bounds), rate)) as processes,
    ):
        backup = replace(_backup(place, given, report), copier=processes.carry_out)
        manifest = _with_database(manner, place, backup, pit) if _wants(given) else back_up(backup, pit)
        lag = keep_inventory(place, backup.repository, report, wanted=wanted)
    return describe_pit(backup.repository, manifest.pit, captures=True), lag


def _wants(given: BackupOptions) -> bool:
    if given["with_catalog_database"] and given["at"] is not None:
        raise InvalidRequest(
            "--at and --with-catalog-database contradict each other: a database cannot be dumped as it was",
            hint="give one of them",
        )
    return given["with_catalog_database"]


def _with_database(manner: Manner, place: Place, backup: Backup, pit: str | None) -> PitManifest:
    """The dump first, then the PIT under the same id: what the dump names, the PIT holds."""
    repository = backup.repository
    name, taken = repository.scope.catalog, pit or next_pit(repository)
    database = configured_database(place.settings, repository, backup.owner, backup.report)
    branch = place.settings.catalog_properties(name).get("ref", "main")
    with tied_dump(database, taken, branch) as tied:
        tied.pit = back_up(backup, taken)
    tie = tied.manifest.tie
    manner.answer({"dump": plain(tied.manifest)})
    if tie is None or tie.consistency == "skewed":
        backup.report(
            Warned(f"dump {taken} and its PIT do not show the same pointers: the catalog moved meanwhile")
        )
    return tied.pit


def _backup(place: Place, given: BackupOptions, report: Report) -> Backup:
    hint = "to make one, say what to back up: --catalog NAME; or check --repo"
    repository, catalog, _ = both_ends(place, given, make_repository, hint)
    tables_at_once, files_at_once = at_once(place.settings.backup, given)
    return Backup(
        repository,
        catalog,
        place.stores,
        this_process("bcn backup"),
        report,
        tables_at_once=tables_at_once,
        files_at_once=files_at_once,
        publish_partial=place.settings.backup.publish_partial,
        accept_source=given["accept_source"],
        newest_snapshots=given["newest_snapshots"],
        within=place.settings.backup.within,
    )


def _pit_at(text: str) -> str:
    if is_pit_id(text):
        return text
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidRequest(
            f"'{text}' is no timestamp", hint="such as 2026-11-20T09:30:00Z; UTC when no zone is given"
        ) from error
    return pit_id(found if found.tzinfo else found.replace(tzinfo=UTC))
