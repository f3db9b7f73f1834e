"""``bcn catalog-database restore``, ``reset`` and ``drill``: the commands that write to a database."""

import sys
from typing import Unpack

import click

from bcn_core.catalog_database import (
    DatabasePlan,
    DatabaseRequest,
    drill_database,
    plan_database,
    reset_database,
    restore_database,
)
from bcn_core.cli import completing
from bcn_core.cli.confirming import confirm
from bcn_core.cli.database_documents import (
    DatabasePlanDocument,
    DrillDocument,
    ResetDocument,
    RestoreDocument,
)
from bcn_core.cli.drawing import duration, facts, line
from bcn_core.cli.examples import examples
from bcn_core.cli.manner import Manner
from bcn_core.cli.opening_database import opened_database
from bcn_core.cli.options import (
    PlaceOptions,
    dry_run_option,
    json_option,
    place_options,
    yes_option,
)
from bcn_core.cli.plain import plain
from bcn_core.cli.tied_result import draw_tied, tied_document
from bcn_core.cli.wording import tables_and_rows
from bcn_core.counting import counted
from bcn_core.errors import DamagedRepository, InvalidRequest
from bcn_core.tied_restore import TiedPlan, TiedRestore


class DrillOptions(PlaceOptions):
    """One dump."""

    dump: str


class RestoreOptions(DrillOptions):
    """And where it goes."""

    target_database: str | None
    with_tables: bool
    while_in_use: bool
    dry_run: bool
    yes: bool


class ResetOptions(PlaceOptions):
    """Which database loses everything."""

    database: str | None
    while_in_use: bool


_IN_USE = "Also while the catalog answers or somebody is connected."


@click.command(
    "restore",
    epilog=examples(
        "bcn catalog-database restore --dry-run",
        "bcn catalog-database restore 20261120T09 --with-tables",
        "bcn catalog-database restore latest --target-database catalog_check",
    ),
)
@place_options
@click.argument("dump", shell_complete=completing.dumps, default="latest")
@click.option(
    "--target-database", metavar="NAME", help="Another database of the same server, made if need be."
)
@click.option(
    "--with-tables",
    is_flag=True,
    help="First put back the tables' files that are missing, from the PIT of the same id.",
)
@click.option("--while-in-use", is_flag=True, help=_IN_USE)
@dry_run_option
@yes_option
@json_option(RestoreDocument)
@click.pass_obj
def restore_command(manner: Manner, **given: Unpack[RestoreOptions]) -> None:
    """Put the catalog's database into the state of a dump.

    Shows its plan and asks before it writes anything. Stop the catalog first. What the database holds is dumped
    before. The load is one transaction that ends with the rows of the dump: at the first error the old state stands.
    With --with-tables one plan covers the tables' files too: those that are missing come back to where they were,
    before the database that names them.
    """
    with opened_database(manner, given, "catalog-database restore") as (place, database):
        properties = place.settings.catalog_properties(database.repository.scope.catalog)
        request = DatabaseRequest(given["dump"], given["target_database"], given["while_in_use"])
        both = TiedRestore(database, request, properties, place.stores, place.settings.restore.files_at_once)
        tied = both.plan() if given["with_tables"] else None
        plan = tied.database if tied else plan_database(database, request, properties)
        _show(manner, plan, tied)
        refusal = (tied or plan).refusal
        if refusal is not None:
            raise refusal
        if given["dry_run"]:
            return
        confirm(manner, f"Replace what {plan.target.place} holds?", yes=given["yes"])
        done = both.carry_out(tied) if tied else restore_database(database, plan)
    manner.answer(
        {"result": {"dump": plan.manifest.dump, "safety": done.safety, "seconds": round(done.seconds, 3)}}
    )
    if not manner.as_json:
        _draw_end(plan, done.seconds)


@click.command(
    "reset",
    epilog=examples(
        "bcn catalog-database reset",
    ),
)
@place_options
@click.option("--database", metavar="NAME", help="The database's name, instead of being asked for it.")
@click.option("--while-in-use", is_flag=True, help=_IN_USE)
@json_option(ResetDocument)
@click.pass_obj
def reset_command(manner: Manner, **given: Unpack[ResetOptions]) -> None:
    """Remove all of the catalog's state, so that it starts empty.

    The last resort when no dump restores. Asks for the database's name. What the database holds is dumped before. The
    tables' files are not touched.
    """
    with opened_database(manner, given, "catalog-database reset") as (place, database):
        name = given["database"] or _typed(manner, database.address.place)
        properties = place.settings.catalog_properties(database.repository.scope.catalog)
        safety = reset_database(database, name, properties, while_in_use=given["while_in_use"])
    manner.answer({"reset": database.address.place, "safety": safety})
    if not manner.as_json:
        line(f"{database.address.place} is empty; start the catalog to make its tables anew")
        line(
            f"what was there: bcn catalog-database restore {safety}"
            if safety
            else "there was nothing to dump before"
        )


@click.command(
    "drill",
    epilog=examples(
        "bcn catalog-database drill",
    ),
)
@place_options
@click.argument("dump", shell_complete=completing.dumps, default="latest")
@json_option(DrillDocument)
@click.pass_obj
def drill_command(manner: Manner, **given: Unpack[DrillOptions]) -> None:
    """Prove that a dump restores.

    It is loaded into a scratch database of the same server, compared and removed again. The user must be allowed to
    create databases. How long it took is kept, and shown as the measured RTO.
    """
    with opened_database(manner, given, "catalog-database drill") as (_, database):
        done = drill_database(database, database.dumps.select(given["dump"]))
    manner.answer(
        {"drill": {"dump": done.manifest.dump, "seconds": round(done.seconds, 3), "problem": done.problem}}
    )
    if not manner.as_json:
        text = done.problem or f"restored, compared and removed in {duration(done.seconds)}"
        line(f"dump {done.manifest.dump}: {text}", "lost" if done.problem else "good")
    if done.problem:
        click.get_current_context().exit(DamagedRepository.exit_code)


def _show(manner: Manner, plan: DatabasePlan, tied: TiedPlan | None) -> None:
    manner.answer({"plan": _document(plan) | ({"with_tables": tied_document(tied)} if tied else {})})
    if manner.as_json:
        return
    if tied:
        draw_tied(tied)
    _draw(plan)


def _document(plan: DatabasePlan) -> DatabasePlanDocument:
    return {
        "dump": plan.manifest.dump,
        "target": plan.target.place,
        "creates": plan.creates,
        "safety_dump": plan.safety,
        "tables_now": plan.tables_now,
        "connections": list(plan.connections),
        "catalog_answers": plan.catalog_answers,
        "refusal": plain(plan.refusal),
    }


def _draw(plan: DatabasePlan) -> None:
    held = plan.manifest
    now = (
        "a new database"
        if plan.creates
        else f"{counted(plan.tables_now, 'table')}, dumped before"
        if plan.safety
        else "empty"
    )
    facts(
        [
            ("dump", f"{held.dump}: {tables_and_rows(held)}"),
            ("into", plan.target.place),
            ("there now", now),
            ("in use by", ", ".join([*filter(None, [plan.catalog_answers]), *plan.connections]) or None),
        ]
    )


def _draw_end(plan: DatabasePlan, seconds: float) -> None:
    dump = plan.manifest.dump
    line(f"{plan.target.place} is in the state of dump {dump}, in {duration(seconds)}", "good")
    line(f"start the catalog, then: bcn catalog-database verify --running {dump}")


def _typed(manner: Manner, place: str) -> str:
    if manner.as_json or not sys.stdin.isatty():
        raise InvalidRequest(
            f"nothing was removed: nobody is there to name the database of {place}",
            hint="say --database NAME",
        )
    found: str = click.prompt(
        f"This removes all of the catalog's state at {place}. Type the database's name", err=True
    )
    return found
