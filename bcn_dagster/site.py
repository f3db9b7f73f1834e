"""What all definitions of one catalog share: its ends, its names, its tables, its options."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any, Literal, TypedDict

import dagster as dg

from bcn_core.errors import BcnError
from bcn_core.inventorying.place import TABLES
from bcn_core.names import TableName
from bcn_dagster.alerts.channels import Alerts
from bcn_dagster.automation.reactions import Reaction
from bcn_dagster.checks.fields import Checks
from bcn_dagster.connection import Connection
from bcn_dagster.grouping import Group, Limits, groups_of
from bcn_dagster.listing import Listed
from bcn_dagster.naming import WRITER_TAG, Names

Executor = Literal["in_process", "multiprocess", "project"]
Backfill = Literal["multi_run", "single_run"]


def window(hours: float) -> dg.FreshnessPolicy:
    """A policy that fails when no PIT was seen for so many hours."""
    return dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=hours))


@dataclass(frozen=True, slots=True)
class Options:
    """How the definitions behave; None leaves the decision to ``bcn.toml``."""

    tables_per_step: int = 100
    large_table_bytes: int = 10 * 1024**3
    files_per_step: int = 100_000
    executor: Executor = "in_process"
    backfill: Backfill = "multi_run"
    retries: int = 2
    retry_delay_s: float = 10.0
    publish_partial: bool | None = None
    on_change: Mapping[str, Reaction] = field(default_factory=dict)
    storm: int = 500
    checks: Checks = field(default_factory=Checks)
    alerts: Alerts = field(default_factory=Alerts)
    freshness: Mapping[str, float] = field(default_factory=dict)
    webserver: str = "http://127.0.0.1:3000"
    pool: str | None = None
    owners: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    running: bool = False
    inventory: bool = False


class Labels(TypedDict):
    """By what people find and filter the assets of a catalog."""

    owners: list[str]
    tags: dict[str, str]
    kinds: set[str]


@dataclass(frozen=True)
class Site:
    """One catalog in Dagster. It holds no connection: each step opens its own."""

    connection: Connection
    options: Options
    tables: tuple[Listed, ...]
    state_key: str = ""

    @cached_property
    def names(self) -> Names:
        """The names of its definitions."""
        return Names(self.connection.catalog)

    @cached_property
    def by_key(self) -> Mapping[dg.AssetKey, Listed]:
        """The tables by their asset keys."""
        return {self.names.table(one.table): one for one in self.tables}

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The tables by steps."""
        options = self.options
        # One after the other in one process, parts would only walk the table again and again.
        files = None if options.executor == "in_process" else options.files_per_step
        return groups_of(self.tables, Limits(options.tables_per_step, options.large_table_bytes, files))

    @cached_property
    def step_of(self) -> Mapping[dg.AssetKey, dg.AssetKey]:
        """For each table's asset the asset that says that its step is done."""
        return {
            self.names.table(one.table): self.names.step(group.name)
            for group in self.groups
            for one in group.tables
        }

    @cached_property
    def parts_of(self) -> Mapping[dg.AssetKey, tuple[dg.AssetKey, ...]]:
        """For each very large table's asset those of the steps that copy its files in parts."""
        return {
            self.names.table(group.tables[0].table): tuple(map(self.names.step, group.part_names))
            for group in self.groups
            if group.parts
        }

    @cached_property
    def partitions(self) -> dg.DynamicPartitionsDefinition:
        """The PITs."""
        return self.names.partitions

    @property
    def inventory(self) -> tuple[dg.AssetKey, ...]:
        """The assets of the inventory's tables; none where no inventory is kept."""
        return tuple(self.names.inventory(table) for table in TABLES) if self.options.inventory else ()

    @property
    def backup_job(self) -> str:
        """The job that takes a PIT."""
        return self.job("back_up")

    def freshness_of(self, table: TableName) -> dg.FreshnessPolicy | None:
        """The policy of the first glob that fits a table."""
        hours = self.options.freshness
        fits = (glob for glob in hours if fnmatchcase(str(table), glob) or fnmatchcase(table.name, glob))
        glob = next(fits, None)
        return None if glob is None else window(hours[glob])

    def job(self, what: str) -> str:
        """The name of a job of this catalog."""
        return f"{self.names.plain}_{what}"

    @property
    def every_pit(self) -> list[dg.AssetCheckKey]:
        """The checks that belong to every backup; the others have schedules of their own."""
        asked = self.options.checks.verify_every_pit
        return [*self.names.told_by_pit, *([self.names.check_of("verify_quick")] if asked else [])]

    @property
    def pool(self) -> str:
        """The pool that all steps which write to the repository share."""
        return self.options.pool or self.names.pool

    @property
    def retry_policy(self) -> dg.RetryPolicy:
        """For what may pass: a store that does not answer, a table that moves while it is copied."""
        options = self.options
        return dg.RetryPolicy(
            max_retries=options.retries, delay=options.retry_delay_s, backoff=dg.Backoff.EXPONENTIAL
        )

    def try_again(self, tried: int, cause: BcnError | None = None) -> None:
        """Ask Dagster for another try of a step that failed by what may pass; nothing happens when none is left.

        The waits are those of the policy, which Dagster itself applies to a failure alone.

        Raises:
            RetryRequested: there is one left; ``tried`` were taken.
        """
        if tried < self.options.retries:
            wait_s = self.retry_policy.calculate_delay(tried + 1)
            raise dg.RetryRequested(self.options.retries, wait_s) from cause

    @property
    def backfill_policy(self) -> dg.BackfillPolicy:
        """How many runs a backfill of several PITs has: one for each, or one for all."""
        single = self.options.backfill == "single_run"
        return dg.BackfillPolicy.single_run() if single else dg.BackfillPolicy.multi_run(1)

    @property
    def labels(self) -> Labels:
        """What all of its assets bear."""
        return {"owners": list(self.options.owners), "tags": dict(self.options.tags), "kinds": {"iceberg"}}

    @property
    def run_tags(self) -> dict[str, Any]:
        """The tags of every run that writes to the repository."""
        return {WRITER_TAG: self.names.plain, **self.options.tags}

    @property
    def sensor_status(self) -> dg.DefaultSensorStatus:
        """Whether sensors run without a person switching them on."""
        return dg.DefaultSensorStatus.RUNNING if self.options.running else dg.DefaultSensorStatus.STOPPED

    @property
    def schedule_status(self) -> dg.DefaultScheduleStatus:
        """Whether the schedule runs without a person switching it on."""
        return dg.DefaultScheduleStatus.RUNNING if self.options.running else dg.DefaultScheduleStatus.STOPPED
