"""``bcn catalog-database``: the group, and the commands that only add or read dumps."""

from typing import Unpack

import click

from bcn_core.catalog_database import CatalogDatabase, DumpCheck, back_up_database, verify_dumps
from bcn_core.cli import completing
from bcn_core.cli.catalog_database_restore import drill_command, reset_command, restore_command
from bcn_core.cli.database_documents import DumpChecksDocument, DumpDocument, DumpListDocument
from bcn_core.cli.drawing import draw, duration, facts, failed, line, size
from bcn_core.cli.examples import examples
from bcn_core.cli.manner import Manner
from bcn_core.cli.opening import Place, open_place
from bcn_core.cli.opening_database import opened_database
from bcn_core.cli.options import PlaceOptions, json_option, place_options
from bcn_core.cli.plain import plain
from bcn_core.cli.wording import tables_and_rows
from bcn_core.counting import counted
from bcn_core.dumping.dumps import Dumps
from bcn_core.dumping.overview import DumpOverview, overview_of
from bcn_core.dumping.running import check_running
from bcn_core.errors import DamagedRepository, FinishedWithProblems
from bcn_core.repository.dump_documents import DumpManifest
from bcn_core.repository.repository import Repository
from bcn_core.settings import CatalogDatabaseSettings


class DumpOptions(PlaceOptions):
    """One dump."""

    dump: str


class VerifyOptions(DumpOptions):
    """And what else to look at."""

    all: bool
    running: bool


@click.group("catalog-database")
def group() -> None:
    """Back up the catalog's own PostgreSQL database, and bring it back.

    Dumps lie in the repository, beside the PITs and under the same rules: bcn prune, hold, release and undelete know
    them too. Where the database is, stands in [catalog_databases.NAME] of bcn.toml; for a SQL catalog in its uri.
    """


@group.command(
    "backup",
    epilog=examples(
        "bcn catalog-database backup",
    ),
)
@place_options
@json_option(DumpDocument)
@click.pass_obj
def backup_command(manner: Manner, **given: Unpack[PlaceOptions]) -> None:
    """Dump the catalog's database with pg_dump.

    The dump, its row counts and the catalog's state are of one instant. It is looked through before it is kept. To
    take it together with a PIT, under one id: bcn backup --with-catalog-database.
    """
    with opened_database(manner, given, "catalog-database backup") as (_, database):
        found = back_up_database(database)
    manner.answer({"dump": plain(found)})
    if not manner.as_json:
        line(f"dump {found.dump}", "good")
        _draw(found)


@group.command(
    "list",
    epilog=examples(
        "bcn catalog-database list",
    ),
)
@place_options
@json_option(DumpListDocument)
@click.pass_obj
def list_command(manner: Manner, **given: Unpack[PlaceOptions]) -> None:
    """List the dumps, with how old the newest is.

    Its age is what would be lost (RPO); how long the last drill took is how soon all would be back (RTO).
    """
    place = open_place(given)
    repository = place.repository()
    found, limit = overview_of(repository), _limit(place, repository)
    manner.answer({**plain(found), "no_older_than": limit.no_older_than.total_seconds()})
    if not manner.as_json:
        _draw_overview(found)
    if found.age is None or found.age > limit.no_older_than:
        manner.advise(f"{_too_old(found, limit)}: bcn catalog-database backup")
        click.get_current_context().exit(FinishedWithProblems.exit_code)


@group.command(
    "describe",
    epilog=examples(
        "bcn catalog-database describe",
        "bcn catalog-database describe 20261120T09",
    ),
)
@place_options
@click.argument("dump", shell_complete=completing.dumps, default="latest")
@json_option(DumpDocument)
@click.pass_obj
def describe_command(manner: Manner, **given: Unpack[DumpOptions]) -> None:
    """Show one dump: an id, a prefix of one, or 'latest' (default)."""
    known = Dumps(open_place(given).repository())
    found = known.manifest(known.select(given["dump"]))
    manner.answer({"dump": plain(found)})
    if manner.as_json:
        return
    _draw(found)
    draw(("TABLE", ">ROWS"), [(table.name, table.rows) for table in found.tables])
    if found.state.references:
        draw(("REFERENCE", "HASH"), sorted(found.state.references.items()))
    if found.state.tables:
        draw(("TABLE OF THE CATALOG", "METADATA"), sorted(found.state.tables.items()))


@group.command(
    "verify",
    epilog=examples(
        "bcn catalog-database verify --all",
        "bcn catalog-database verify --running",
    ),
)
@place_options
@click.argument("dump", shell_complete=completing.dumps, default="latest")
@click.option("--all", is_flag=True, help="Every dump, not one.")
@click.option(
    "--running", is_flag=True, help="Also ask the running catalog whether it says what the dump says."
)
@json_option(DumpChecksDocument)
@click.pass_obj
def verify_command(manner: Manner, **given: Unpack[VerifyOptions]) -> None:
    """Look a dump through; no server is needed.

    Its digest, a statement for every table, its rows, its last line.

    --running, after a restore: the catalog answers, names the same references and pointers, and a table loads.
    """
    with opened_database(manner, given, "catalog-database verify") as (place, database):
        known = database.dumps
        newest = known.select("latest" if given["all"] else given["dump"])
        wanted = known.ids() if given["all"] else [newest]
        found = verify_dumps(database, wanted)
        said = _asked(place, database, newest) if given["running"] else []
    manner.answer({"dumps": plain(found), "running": said})
    if not manner.as_json:
        _draw_checks(found, said)
    if any(one.problem for one in found):
        click.get_current_context().exit(DamagedRepository.exit_code)


def _asked(place: Place, database: CatalogDatabase, dump: str) -> list[str]:
    name = database.repository.scope.catalog
    state = database.dumps.manifest(dump).state
    return check_running(state, place.catalog(name), place.settings.catalog_properties(name), place.stores)


def _limit(place: Place, repository: Repository) -> CatalogDatabaseSettings:
    return place.settings.catalog_databases.get(repository.scope.catalog, CatalogDatabaseSettings())


def _too_old(found: DumpOverview, limit: CatalogDatabaseSettings) -> str:
    if found.age is None:
        return "take the first dump"
    return f"the newest dump is older than {duration(limit.no_older_than.total_seconds())}"


def _draw(found: DumpManifest) -> None:
    pointers = len(found.state.references or found.state.tables)
    noun = "reference" if found.state.references else "table"
    facts(
        [
            ("database", f"{found.server}, PostgreSQL {found.server_version}"),
            ("taken at", f"{found.taken_at:%Y-%m-%d %H:%M:%S} UTC, in {duration(found.duration_ms / 1000)}"),
            ("written by", f"pg_dump {found.tool_version}, {_form(found)}"),
            ("holds", tables_and_rows(found)),
            ("catalog", f"{found.state.kind}, {counted(pointers, noun)}"),
            ("size", size(found.bytes)),
            ("PIT", f"{found.tie.pit.pit}, {found.tie.consistency}" if found.tie else None),
            ("reason", found.reason),
        ]
    )


def _form(found: DumpManifest) -> str:
    packed = ", compressed" if found.compressed else ""
    return f"{found.format}{packed}" + (", encrypted for age" if found.encryption == "age" else "")


def _draw_overview(found: DumpOverview) -> None:
    rows = [
        (
            one.dump,
            "damaged" if one.problem else one.kind,
            one.rows,
            size(one.bytes),
            one.pit,
            ", ".join(filter(None, (one.problem, one.waits, *one.held))) or one.reason,
        )
        for one in found.dumps
    ]
    draw(("DUMP (UTC)", "KIND", ">ROWS", ">SIZE", "PIT", "~NOTE"), rows)
    age = "there is none" if found.age is None else duration(found.age.total_seconds())
    drilled = "never" if found.drill is None or found.drill.seconds is None else duration(found.drill.seconds)
    line(f"age of the newest dump (RPO): {age} · last drill took (RTO): {drilled}")
    if found.drill is not None and found.drill.faults:
        failed("the last drill", found.drill.first_fault)


def _draw_checks(found: list[DumpCheck], said: list[str]) -> None:
    for one in found:
        line(f"dump {one.dump}: {one.problem or one.note or 'whole'}", "lost" if one.problem else "good")
    for text in said:
        line(text)


for _command in (restore_command, reset_command, drill_command):
    group.add_command(_command)
