"""``bcn sync``: a standby catalog follows replicated storage."""

from typing import Any, Unpack

import click

from bcn_core.cli.examples import examples
from bcn_core.cli.manner import Manner
from bcn_core.cli.options import (
    dry_run_option,
    json_option,
)
from bcn_core.cli.progress import reporting
from bcn_core.cli.standby import StandbyOptions, standby_of, standby_options, tell_problems
from bcn_core.cli.sync_result import SyncDocument, draw_plan, draw_report, plan_document, report_document
from bcn_core.errors import FinishedWithProblems
from bcn_core.iceberg.snapshot_selection import HistoryMode
from bcn_core.sync import Sync, SyncRequest, plan_sync, sync_all


class SyncOptions(StandbyOptions):
    """What ``bcn sync`` takes."""

    history: HistoryMode | None
    full_check: bool
    rollback: bool
    accept_new_uuid: bool
    replace_diverged: bool
    dry_run: bool


@click.command(
    "sync",
    epilog=examples(
        "bcn sync --dry-run",
        "bcn sync --standby east --table 'sales.*'",
        "bcn sync --catalog standby --map s3://lake=s3://lake-east",
    ),
)
@standby_options
@click.option(
    "--history",
    type=click.Choice(["full", "current", "refs"]),
    help="Which snapshots must be whole: all (full), the current one, or also those of branches and tags (refs).",
)
@click.option("--full-check", is_flag=True, help="Trust nothing that an earlier run has found.")
@click.option("--rollback", is_flag=True, help="Follow the source back to an earlier version.")
@click.option(
    "--accept-new-uuid", "--accept-uuid", is_flag=True, help="Follow a table that was dropped and made again."
)
@click.option("--replace-diverged", is_flag=True, help="Give up what was written to the standby.")
@dry_run_option
@json_option(SyncDocument)
@click.pass_obj
def command(manner: Manner, **given: Unpack[SyncOptions]) -> None:
    """Bring a standby catalog up to date after its storage was replicated.

    Needs neither the source nor its catalog, and copies no data: metadata is rewritten for the standby, and each table
    shows its newest version whose files have all arrived. Run it again at any time: what is done stays done.
    """
    standby = standby_of(given, **({"history": given["history"]} if given["history"] else {}))
    with reporting(manner, standby.stores) as report:
        found = standby.find(given["table"], given["exclude"])
        sync = Sync(
            standby.catalog,
            standby.stores,
            report,
            standby.settings.tables_at_once,
            standby.settings.files_at_once,
        )
        request = standby.request(found, **_flags(given))
        has_problems = (_show if given["dry_run"] else _carry_out)(manner, sync, request)
    if tell_problems(manner, found) or has_problems:
        click.get_current_context().exit(FinishedWithProblems.exit_code)


def _show(manner: Manner, sync: Sync, request: SyncRequest) -> bool:
    """Show the plans; whether one is refused. The refusal of a single table is the command's own failure."""
    plans = plan_sync(sync, request)
    manner.answer({"plan": plan_document(plans)})
    if not manner.as_json:
        draw_plan(plans, sync.standby.name)
    refusals = [one.refusal for one in plans if one.refusal is not None]
    if refusals and len(plans) == 1:
        raise refusals[0]
    return bool(refusals)


def _carry_out(manner: Manner, sync: Sync, request: SyncRequest) -> bool:
    report = sync_all(sync, request)
    manner.answer({"result": report_document(report)})
    if not manner.as_json:
        draw_report(report, sync.standby.name)
    if len(report.tables) == 1 and report.tables[0].error is not None:
        raise report.tables[0].error
    return bool(report.failed)


def _flags(given: SyncOptions) -> dict[str, Any]:
    return {
        "full_check": given["full_check"],
        "rollback": given["rollback"],
        "accept_new_uuid": given["accept_new_uuid"],
        "replace_diverged": given["replace_diverged"],
    }
