"""``bcn adopt``: a new table from Parquet files alone."""

from dataclasses import replace
from typing import NotRequired, TypedDict, Unpack

import click

from bcn_core.adopt import Adopt, Adoption, adopt_table, plan_adoption
from bcn_core.catalogs.opening import open_target
from bcn_core.cli import completing
from bcn_core.cli.confirming import confirm
from bcn_core.cli.drawing import draw, line, size, warn
from bcn_core.cli.examples import examples
from bcn_core.cli.manner import Manner
from bcn_core.cli.options import (
    RunOptions,
    dry_run_option,
    json_option,
    run_options,
    yes_option,
)
from bcn_core.cli.plain import plain
from bcn_core.cli.progress import reporting
from bcn_core.cli.standby import which_standby
from bcn_core.counting import counted
from bcn_core.errors import InvalidRequest
from bcn_core.replication.discovery import table_name
from bcn_core.replication.standby import standby_settings
from bcn_core.settings import load
from bcn_core.storage.opening import open_stores


class AdoptOptions(RunOptions):
    """What ``bcn adopt`` takes."""

    table: str
    place: str
    standby: str | None
    catalog: str | None
    append_only: bool
    dry_run: bool
    yes: bool


class AdoptDocument(TypedDict):
    """A plan, and with ``result`` what came of it."""

    plan: Adoption
    result: NotRequired[Adoption]


@click.command(
    "adopt",
    epilog=examples(
        "bcn adopt sales.orders s3://lake-east/sales/orders --dry-run",
        "bcn adopt web.visits /lake/web/visits --catalog standby --append-only",
    ),
)
@click.argument("table", metavar="DATABASE.TABLE")
@click.argument("place", metavar="PLACE", shell_complete=completing.folders)
@which_standby
@click.option(
    "--append-only",
    is_flag=True,
    help="Rows were only ever appended: no update, delete, overwrite or compaction. Needed for files of Iceberg.",
)
@dry_run_option
@yes_option
@run_options
@json_option(AdoptDocument)
@click.pass_obj
def command(manner: Manner, **given: Unpack[AdoptOptions]) -> None:
    """The lesser way: make a new table from Parquet files whose metadata was not replicated.

    The schema comes from the files' footers, partitions from folders key=value. History, tags and the source's ids are
    lost, and every file counts as live: it is refused where deletes may have existed. Where the metadata is there,
    use bcn sync.
    """
    adopt = _opened(given)
    with reporting(manner, adopt.stores):
        plan = plan_adoption(adopt)
    manner.answer({"plan": plain(plan)})
    if not manner.as_json:
        _draw(plan, adopt.standby.name)
    if not given["dry_run"]:
        confirm(manner, "Make this table from files alone?", yes=given["yes"])
        _carry_out(manner, adopt)


def _opened(given: AdoptOptions) -> Adopt:
    settings = load(given["config"])
    said = standby_settings(settings, given["standby"])
    name = given["catalog"] or said.catalog
    if name is None:
        raise InvalidRequest(
            "no standby catalog is named", hint="add --catalog NAME, or catalog in [standby.NAME] of bcn.toml"
        )
    return Adopt(
        open_target(name, settings.catalog_properties(name)),
        open_stores(settings),
        table_name(given["table"]),
        given["place"],
        given["append_only"],
        files_at_once=said.files_at_once,
    )


def _carry_out(manner: Manner, adopt: Adopt) -> None:
    with reporting(manner, adopt.stores) as report:
        done = adopt_table(replace(adopt, report=report))
    manner.answer({"result": plain(done)})
    if not manner.as_json:
        line(f"{done.table} is adopted: {counted(done.files, 'file')}, {counted(done.rows, 'row')}")


def _draw(plan: Adoption, catalog: str) -> None:
    line(f"Adoption plan: {plan.table} of catalog '{catalog}' - nothing written yet")
    draw(("COLUMN", "TYPE"), plan.columns.items())
    line(f"partitioned by {', '.join(plan.partitions)}" if plan.partitions else "not partitioned")
    line(f"{counted(plan.files, 'file')}, {counted(plan.rows, 'row')}, {size(plan.bytes)}")
    for note in plan.notes:
        line(note)
    warn(plan.warning)
