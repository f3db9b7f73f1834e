"""What all definitions of one catalog share: its ends, its names, its tables, its options."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import dagster as dg

from bcn_core.inventorying.place import TABLES
from bcn_dagster.automation.reactions import Reaction
from bcn_dagster.connection import Connection
from bcn_dagster.grouping import Group, groups_of
from bcn_dagster.listing import Listed
from bcn_dagster.naming import WRITER_TAG, Names

Executor = Literal["in_process", "multiprocess", "project"]


@dataclass(frozen=True, slots=True)
class Options:
    """How the definitions behave; None leaves the decision to ``bcn.toml``."""

    tables_per_step: int = 100
    large_table_bytes: int = 10 * 1024**3
    executor: Executor = "in_process"
    retries: int = 2
    retry_delay_s: float = 10.0
    publish_partial: bool | None = None
    on_change: Mapping[str, Reaction] = field(default_factory=dict)
    storm: int = 500
    pool: str | None = None
    owners: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    running: bool = False
    inventory: bool = False


@dataclass(frozen=True)
class Site:
    """One catalog in Dagster. It holds no connection: each step opens its own."""

    connection: Connection
    options: Options
    tables: tuple[Listed, ...]

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
        return groups_of(self.tables, self.options.tables_per_step, self.options.large_table_bytes)

    @cached_property
    def step_of(self) -> Mapping[dg.AssetKey, dg.AssetKey]:
        """For each table's asset the asset that says that its step is done."""
        return {
            self.names.table(one.table): self.names.step(group.name)
            for group in self.groups
            for one in group.tables
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
        return f"{self.names.plain}_back_up"

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
