"""The component: one Iceberg catalog and the repository of its backups."""

from functools import cached_property, lru_cache
from pathlib import Path
from typing import ClassVar

import dagster as dg
from dagster.components import ResolvedDefsStateConfig
from pydantic import Field, field_validator

from bcn_core.errors import BcnError
from bcn_core.inventory import is_enabled
from bcn_core.settings import load
from bcn_dagster.alerts.channels import Alerts
from bcn_dagster.automation.reactions import KINDS, Reaction, unknown_kinds
from bcn_dagster.building import build_definitions, notice
from bcn_dagster.checks.fields import Checks
from bcn_dagster.components.fields import (
    CONFIG,
    DEFS_STATE,
    OWNERS,
    REPOSITORY,
    RETRIES,
    RETRY_DELAY_SECONDS,
    TAGS,
)
from bcn_dagster.components.listed import LOG, ListedTables
from bcn_dagster.connection import Connection, webserver_at
from bcn_dagster.listing import Listed, Listing, discover
from bcn_dagster.site import Backfill, Executor, Options, Site


class IcebergCatalogBackups(ListedTables):
    """Backups of one Iceberg catalog: its tables as assets, its PITs as partitions, and a job that restores."""

    tables_of: ClassVar[str] = "the catalog"

    config: str | None = CONFIG
    catalog: str | None = Field(
        None,
        description="The catalog that is backed up, as bcn.toml or PyIceberg names it. Default: as bcn.toml says.",
    )
    repository: str | None = REPOSITORY
    tables_per_step: int = Field(
        100, ge=1, description="Tables that one step captures. Every step costs the start of a process."
    )
    large_table_bytes: int = Field(
        10 * 1024**3, ge=1, description="A table of this size or more has a step of its own."
    )
    files_per_step: int = Field(
        100_000,
        ge=1,
        description=(
            "The files of a table with more of them than this are copied by several steps ahead of its own, up to 16, "
            "which an executor may run on several machines, in backups and restores. With executor in_process one step "
            "of a backup copies all."
        ),
    )
    executor: Executor = Field(
        "in_process",
        description=(
            "Where the steps of the backup job run: in_process, all in the run's own process, tables side by side in "
            "threads; multiprocess, each in a process; project, as the project's Definitions say (Kubernetes, Celery)."
        ),
    )
    backfill: Backfill = Field(
        "multi_run",
        description=(
            "How many runs a backfill of several PITs has: multi_run, one for each PIT; single_run, one for PITs that "
            "follow each other. It makes them in order of time: its first step makes all but the last, whole."
        ),
    )
    nightly_cron: str | None = Field(
        "0 2 * * *", description="When the schedule takes a PIT; null for no schedule."
    )
    timezone: str = Field("UTC", description="The time zone of the schedule.")
    drift_interval_seconds: int | None = Field(
        300,
        ge=30,
        description="How often the sensor compares the catalog with the newest PIT; null for no sensor.",
    )
    on_change: dict[str, Reaction] = Field(
        {},
        description=(
            "What the sensor does about a kind of change: observe it, back_up (the default), or fail_check: back up, "
            f"and let the PIT's check no_unwanted_change fail. Kinds: {', '.join(KINDS)}."
        ),
    )
    storm: int = Field(
        500,
        ge=1,
        description="More changed tables than this are told in one event, and no metadata is read before the backup.",
    )
    checks: Checks = Field(
        default_factory=Checks, description="When checks run and what they find wrong: see below."
    )
    alerts: Alerts = Field(
        default_factory=Alerts, description="Who is told of failed runs, and how: see below."
    )
    freshness: dict[str, float] = Field(
        {},
        description=(
            "Freshness policies of tables: globs of database.table or bare names, each with the hours that may pass "
            "between two PITs. The first glob that fits holds."
        ),
    )
    webserver: str | None = Field(
        None,
        description=(
            "Where Dagster's web server answers: alerts link to it, and it is asked to reload. "
            "Default: the variable BCN_WEBSERVER, else http://127.0.0.1:3000."
        ),
    )
    pits_interval_seconds: int = Field(
        60, ge=30, description="How often PITs that were written or pruned elsewhere are looked for."
    )
    running: bool = Field(
        default=False,
        description="Whether schedule and sensors run without a person switching them on in the UI.",
    )
    publish_partial: bool | None = Field(
        None,
        description="Publish a PIT when a table failed; its run is red either way. Default: as bcn.toml says.",
    )
    retries: int = RETRIES
    retry_delay_seconds: float = RETRY_DELAY_SECONDS
    pool: str | None = Field(
        None, description="The pool of all steps that write to the repository. Default: bcn_repo_<catalog>."
    )
    inventory: bool | None = Field(
        None,
        description=(
            "Show the inventory's tables as assets, and keep them up after each PIT. Default: as bcn.toml, or "
            "BCN_INVENTORY, says when the location loads."
        ),
    )
    owners: list[str] = OWNERS
    tags: dict[str, str] = TAGS
    defs_state: ResolvedDefsStateConfig = DEFS_STATE

    @field_validator("on_change")
    @classmethod
    def _known_kinds(cls, value: dict[str, Reaction]) -> dict[str, Reaction]:
        unknown = unknown_kinds(value)
        if unknown:
            raise ValueError(f"{', '.join(unknown)}: no kind of change; they are {', '.join(KINDS)}")
        return value

    @property
    def name(self) -> str | None:
        return self.catalog

    def listed(self) -> str:
        return discover(self.connection).model_dump_json()

    def build_defs_from_state(
        self, context: dg.ComponentLoadContext, state_path: Path | None
    ) -> dg.Definitions:
        """Definitions from the listing; without one, everything but the tables, and a message that says why."""
        state = None if state_path is None else state_path.read_text()
        try:
            connection = self.connection
            found = _built(type(self), self.model_dump_json(), connection, state)
        except BcnError as error:
            LOG.warning("%s", error)
            return notice(self.label, str(error))
        if state is None:
            LOG.warning("the tables of catalog '%s' are not known yet: run %s", connection.catalog, _REFRESH)
        return found

    def definitions_now(self) -> dg.Definitions:
        """Ask the catalog and build at once, for scripts and notebooks: nothing is kept.

        Raises:
            BcnError: the catalog could not be asked.
        """
        return build_definitions(self.site(discover(self.connection).tables), self, known=True)

    def site(self, tables: tuple[Listed, ...]) -> Site:
        """What all definitions share."""
        return Site(self.connection, self._options, tables, self.defs_state_config.key)

    @cached_property
    def connection(self) -> Connection:
        """The two ends, from the fields and from ``bcn.toml``.

        Raises:
            InvalidRequest: no catalog or no repository is named, or ``bcn.toml`` is wrong.
        """
        path = Path(self.config) if self.config else None
        found = load(path).repository
        return Connection.named(self.catalog or found.catalog, self.repository or found.url, path)

    @property
    def _options(self) -> Options:
        return Options(
            tables_per_step=self.tables_per_step,
            large_table_bytes=self.large_table_bytes,
            files_per_step=self.files_per_step,
            executor=self.executor,
            backfill=self.backfill,
            retries=self.retries,
            retry_delay_s=self.retry_delay_seconds,
            publish_partial=self.publish_partial,
            on_change=self.on_change,
            storm=self.storm,
            checks=self.checks,
            alerts=self.alerts,
            freshness=self.freshness,
            webserver=webserver_at(self.webserver),
            pool=self.pool,
            owners=tuple(self.owners),
            tags=self.tags,
            running=self.running,
            inventory=is_enabled(self.connection.settings.inventory, self.inventory),
        )


_REFRESH = "`dg utils refresh-defs-state` and reload the code location"


@lru_cache(maxsize=8)
def _built(
    kind: type[IcebergCatalogBackups], fields: str, _connection: Connection, state: str | None
) -> dg.Definitions:
    """The definitions of a component as its fields, its state and what ``bcn.toml`` names are, once in each process.

    Dagster loads a run's code several times over in the process of the run: at 5,000 tables each time took seconds.
    """
    tables = () if state is None else Listing.model_validate_json(state).tables
    component = kind.model_validate_json(fields)
    return build_definitions(component.site(tables), component, known=state is not None)
