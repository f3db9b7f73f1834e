"""``bcn inventory rebuild`` and ``bcn inventory status``."""

from typing import Annotated, Any, TypedDict, Unpack

import click

from bcn_core.cli.drawing import facts, line
from bcn_core.cli.examples import examples
from bcn_core.cli.json_schema import Flat
from bcn_core.cli.manner import Manner
from bcn_core.cli.opening import Place, open_place
from bcn_core.cli.options import PlaceOptions, json_option, place_options
from bcn_core.cli.plain import plain
from bcn_core.cli.progress import reporting
from bcn_core.counting import counted
from bcn_core.events import Report, silent
from bcn_core.inventory import Inventory, InventoryStatus, rebuild, status


class Behind(TypedDict):
    """PITs that the inventory lacks, under the name that other commands give it."""

    inventory_lag: int


InventoryDocument = Annotated[dict[str, Any], Flat(InventoryStatus, Behind)]


def open_inventory(place: Place, report: Report = silent) -> Inventory:
    """The inventory of the repository at a place.

    Raises:
        NotFound: there is no repository.
        InvalidRequest: the settings put the inventory where it must not lie.
    """
    return Inventory.of(place.repository(), place.stores, place.settings, report)


@click.group("inventory")
def group() -> None:
    """The tables that describe the repository, for any engine that reads Iceberg.

    They are written after each backup where [inventory] of bcn.toml says enable = true.
    """


@group.command(
    "status",
    epilog=examples(
        "bcn inventory status",
    ),
)
@place_options
@json_option(InventoryDocument)
@click.pass_obj
def status_command(manner: Manner, **given: Unpack[PlaceOptions]) -> None:
    """Show how far the inventory is, and where its tables lie."""
    found = status(open_inventory(open_place(given)))
    manner.answer({**plain(found), "inventory_lag": found.lag})
    if not manner.as_json:
        _draw(found)


@group.command(
    "rebuild",
    epilog=examples(
        "bcn inventory rebuild",
    ),
)
@place_options
@json_option(InventoryDocument)
@click.pass_obj
def rebuild_command(manner: Manner, **given: Unpack[PlaceOptions]) -> None:
    """Make the inventory anew from the PITs, whatever state it is in."""
    place = open_place(given)
    with reporting(manner, place.stores) as report:
        inventory = open_inventory(place, report)
        rebuild(inventory)
    found = status(inventory)
    manner.answer({**plain(found), "inventory_lag": found.lag})
    if not manner.as_json:
        _draw(found)


def _draw(found: InventoryStatus) -> None:
    facts([("inventory", found.folder), ("PITs", found.pits), ("lag", found.lag)])
    if found.documented is not None:
        facts([("documents", f"of {counted(found.documented, 'PIT')}")])
    for one in found.tables:
        line(f"{one.name:<12} {counted(one.rows, 'row')}  {one.metadata_location}")
    if found.lag or found.needs:
        line(
            f"behind: {found.needs or 'PITs are missing'}; the next backup catches up, or bcn inventory rebuild"
        )
