"""What commands that make or remove PITs do about the inventory."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from bcn_core.cli.opening import Place
from bcn_core.events import Report
from bcn_core.inventory import Inventory, check_place, is_enabled, keep_up
from bcn_core.repository.repository import Repository

F = TypeVar("F", bound=Callable[..., Any])


def inventory_option(command: F) -> F:
    """``--inventory / --no-inventory``."""
    return click.option(
        "--inventory/--no-inventory",
        default=None,
        help="Keep the inventory up in this run, or not (else BCN_INVENTORY, else bcn.toml).",
    )(command)


def inventory_wanted(place: Place, given: bool | None) -> bool:
    """Whether a run is to keep the inventory; asked before its work, since a wrong setting must not follow a backup.

    Raises:
        InvalidRequest: the setting is wrong.
    """
    wanted = is_enabled(place.settings.inventory, given)
    if wanted:
        check_place(place.settings, place.url)
    return wanted


def keep_inventory(place: Place, repository: Repository, report: Report, *, wanted: bool) -> int | None:
    """PITs that the inventory lacks after it was brought up, as far as that went; None when none is kept."""
    if not wanted:
        return None
    return keep_up(Inventory.of(repository, place.stores, place.settings, report))
