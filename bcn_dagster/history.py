"""Past PITs as partitions, so that a normal Dagster backfill rebuilds them from what the tables themselves remember.

``python -m bcn_dagster.history --from 2026-11-01 --to 2026-11-20 --every day`` adds them; then start a backfill of the
job ``<catalog>_back_up`` over the new partitions. What was rebuilt says whether it is exact or derived.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path

import dagster as dg
from pydantic import Field

from bcn_core.errors import BcnError, InvalidRequest
from bcn_core.names import pit_id
from bcn_core.settings import load
from bcn_dagster.failures import told_to_dagster
from bcn_dagster.naming import Names
from bcn_dagster.site import Site

_MOST_PITS = 10_000


class Every(Enum):
    """The distance between two past PITs."""

    hour = "hour"
    day = "day"
    week = "week"

    @property
    def step(self) -> timedelta:
        """As a length of time."""
        return timedelta(**{f"{self.value}s": 1})


def past_pits(first: datetime, last: datetime, every: Every) -> list[str]:
    """The PIT ids of the instants from ``first`` to ``last``, both included, oldest first.

    Raises:
        InvalidRequest: the range is empty, reaches into the future, or holds more than 10,000 instants.
    """
    if last < first:
        raise InvalidRequest(f"{last} lies before {first}", hint="give the older instant first")
    if last > datetime.now(UTC):
        raise InvalidRequest(f"{last} lies in the future", hint="history can only be rebuilt up to now")
    if (last - first) / every.step >= _MOST_PITS:
        raise InvalidRequest(
            f"that is more than {_MOST_PITS:,} PITs", hint="choose a shorter range or larger steps"
        )
    return [pit_id(instant) for instant in _instants(first, last, every.step)]


def add_past_pits(instance: dg.DagsterInstance, catalog: str, pits: Sequence[str]) -> list[str]:
    """Add the partitions that are not there yet; returns them."""
    names = Names(catalog)
    known = set(instance.get_dynamic_partitions(names.partitions_name))
    new = [pit for pit in pits if pit not in known]
    instance.add_dynamic_partitions(names.partitions_name, new)
    return new


def instant(text: str) -> datetime:
    """A date or a timestamp as people type it, in UTC where it does not say otherwise.

    Raises:
        InvalidRequest: it is neither.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidRequest(
            f"'{text}' is neither a date nor a timestamp", hint="2026-11-20, or 2026-11-20T09:30:00+01:00"
        ) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


class HistoryConfig(dg.Config):
    """Which past PITs to add."""

    first: str = Field(
        description="The first instant: a date, or a timestamp (UTC unless it says otherwise)."
    )
    last: str = Field(description="The last instant, included.")
    every: Every = Field(Every.day, description="The distance between two PITs.")


def build_history_job(site: Site) -> dg.JobDefinition:
    """A job that adds the partitions, for people who have the UI and no shell."""
    prefix = site.names.plain

    @dg.op(
        name=f"{prefix}_add_past_pits",
        description="Adds the partitions that are missing, and names the job to backfill over them.",
    )
    def add(context: dg.OpExecutionContext, config: HistoryConfig) -> None:
        with told_to_dagster():
            pits = past_pits(instant(config.first), instant(config.last), config.every)
        new = add_past_pits(context.instance, site.connection.catalog, pits)
        context.log.info(
            "%d of %d PITs are new; now backfill %s over them", len(new), len(pits), site.backup_job
        )
        context.add_output_metadata({"bcn/added": len(new), "bcn/pits": dg.MetadataValue.json(new)})

    @dg.job(
        name=site.job("add_history"),
        tags={"bcn/upkeep": "add_history", **site.options.tags},
        description="Adds PITs of the past; a backfill of them rebuilds the history.",
    )
    def add_history() -> None:
        add()

    return add_history


def main(arguments: Sequence[str] | None = None) -> int:
    """Add past PITs from the shell; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        pits = past_pits(instant(options.first), instant(options.last), Every(options.every))
        catalog = options.catalog or load(options.config).repository.catalog
        if catalog is None:
            raise InvalidRequest("no catalog is named", hint="--catalog NAME, or name it in bcn.toml")
    except BcnError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    with dg.DagsterInstance.get() as instance:
        new = add_past_pits(instance, catalog, pits)
    job = f"{Names(catalog).plain}_back_up"
    sys.stdout.write(f"{len(new)} of {len(pits)} PITs are new. Now start a backfill of them:\n")
    sys.stdout.write("  in the UI: the job's Partitions page, or in the shell:\n")
    sys.stdout.write(f"  dagster job backfill -j {job} --partitions {','.join(new) or '(none)'} --noprompt\n")
    return 0


def _instants(first: datetime, last: datetime, step: timedelta) -> Iterator[datetime]:
    current = first
    while current <= last:
        yield current
        current += step


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bcn_dagster.history", description="Add past PITs as partitions."
    )
    parser.add_argument("--from", dest="first", required=True, help="first instant: a date or a timestamp")
    parser.add_argument("--to", dest="last", required=True, help="last instant, included")
    parser.add_argument("--every", choices=[every.value for every in Every], default="day")
    parser.add_argument("--catalog", help="default: the one that bcn.toml backs up")
    parser.add_argument("--config", type=Path, help="bcn.toml; default: BCN_CONFIG, else bcn.toml here")
    return parser


if __name__ == "__main__":
    sys.exit(main())
