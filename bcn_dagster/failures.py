"""The engine's errors as Dagster's failures, mapped in this one place."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import dagster as dg

from bcn_core.counting import counted
from bcn_core.errors import BcnError
from bcn_core.names import TableName
from bcn_dagster.assets.metadata import reasons as reasons_of


@contextmanager
def told_to_dagster() -> Iterator[None]:
    """Turn an engine error into a failure that says what to do next; only those that may pass are tried again."""
    try:
        yield
    except BcnError as error:
        raise failure(error) from error


def failure(error: BcnError) -> dg.Failure:
    """The failure that an error becomes."""
    metadata = {"error": type(error).__name__, "hint": error.hint or "none"}
    return dg.Failure(str(error), metadata=metadata, allow_retries=error.retryable)


def tables_failed(pit: str, reasons: Mapping[TableName, str], outcome: str) -> dg.Failure:
    """The failure of some tables of a PIT; their names and reasons are its metadata."""
    names = ", ".join(str(table) for table in sorted(reasons)[:10])
    more = f" and {len(reasons) - 10} more" if len(reasons) > 10 else ""
    return dg.Failure(
        f"{counted(len(reasons), 'table')} failed in PIT {pit}: {names}{more}; {outcome}",
        metadata={
            "failed_tables": reasons_of(reasons),
            "failed": len(reasons),
        },
        allow_retries=False,
    )


def unwanted_change(pit: str) -> dg.Failure:
    """The failure of a run whose PIT is published and holds a change that ``on_change`` calls unwanted."""
    return dg.Failure(
        f"PIT {pit} is published; a table changed in a way that nobody wanted: see its check no_unwanted_change",
        allow_retries=False,
    )
