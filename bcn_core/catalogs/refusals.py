"""What catalogs of every kind refuse in the same words, and where all of them put a table that nobody placed."""

from bcn_core.errors import Conflict, InvalidRequest
from bcn_core.names import TableName


def changed_meanwhile(table: TableName) -> Conflict:
    """Why a table is not replaced: it does not point at what was expected."""
    return Conflict(f"{table} was changed by somebody else meanwhile", hint="look at it, then restore again")


def name_taken(what: str) -> Conflict:
    """Why a table is not registered; ``what`` could not be done."""
    return Conflict(f"{what}: the name is taken", hint="choose another name or --on-conflict replace")


def no_views(catalog: str, view: TableName) -> InvalidRequest:
    """Why a view cannot be restored into a catalog of a kind that keeps none."""
    return InvalidRequest(
        f"catalog '{catalog}' keeps no views: {view} cannot be registered there",
        hint=f"leave it out (--exclude {view}), or restore it as a file: --files-only --table {view}",
    )


def view_taken(catalog: str, view: TableName) -> Conflict:
    """Why a view is not registered under a name that holds something else than was expected."""
    return Conflict(
        f"cannot register the view {view} in catalog '{catalog}': the name is taken, or it changed meanwhile",
        hint="choose another name or --on-conflict replace",
    )


def usual_place(table: TableName, database: str | None, warehouse: str | None) -> str | None:
    """Below the location of its database, else of the warehouse; None where neither is a place.

    A warehouse may also be a name that only the server knows, as of an Iceberg REST catalog.
    """
    if database:
        return f"{database.rstrip('/')}/{table.name}"
    if warehouse and "/" in warehouse:
        return f"{warehouse.rstrip('/')}/{table.database}/{table.name}"
    return None
