"""The component: a standby catalog that follows replicated storage."""

import json
from pathlib import Path
from typing import ClassVar

import dagster as dg
from dagster.components import DefsStateConfig, ResolvedDefsStateConfig
from pydantic import Field

from bcn_core.errors import BcnError
from bcn_core.names import TableName
from bcn_dagster.building import unconfigured
from bcn_dagster.components.fields import CONFIG, DEFS_STATE, OWNERS, RETRIES, RETRY_DELAY_SECONDS, TAGS
from bcn_dagster.components.listed import LOG, ListedTables
from bcn_dagster.standby.assets import build_standby_assets, build_standby_job
from bcn_dagster.standby.following import Following, standby_name
from bcn_dagster.standby.sensor import build_sync_sensor


class IcebergStandby(ListedTables):
    """A standby catalog: its tables as assets, and a sensor that syncs them after each replication."""

    tables_of: ClassVar[str] = "the standby"

    config: str | None = CONFIG
    standby: str | None = Field(
        None, description="The [standby.NAME] of bcn.toml; not needed for the only one."
    )
    interval_seconds: int = Field(
        900,
        ge=30,
        description="How often a sync is asked for. With a marker in bcn.toml, it is looked at each minute instead.",
    )
    running: bool = Field(
        default=False, description="Whether the sensor runs without a person switching it on in the UI."
    )
    retries: int = RETRIES
    retry_delay_seconds: float = RETRY_DELAY_SECONDS
    owners: list[str] = OWNERS
    tags: dict[str, str] = TAGS
    defs_state: ResolvedDefsStateConfig = DEFS_STATE

    @property
    def defs_state_config(self) -> DefsStateConfig:
        """The state's key is the standby's name, so that several components live in one location."""
        key = f"IcebergStandby[{self.standby or 'default'}]"
        return DefsStateConfig.from_args(self.defs_state, default_key=key)

    def listed(self) -> str:
        return json.dumps([[*table.namespace, table.name] for table in self._discovered()])

    def build_defs_from_state(
        self, context: dg.ComponentLoadContext, state_path: Path | None
    ) -> dg.Definitions:
        """Definitions from the listing; without one, a message that says what to do."""
        tables = json.loads(state_path.read_text()) if state_path is not None else []
        if not tables:
            LOG.warning("the tables of the standby are not known yet: run `dg utils refresh-defs-state`")
            return dg.Definitions()
        try:
            return self._built([TableName(tuple(levels[:-1]), levels[-1]) for levels in tables])
        except BcnError as error:
            LOG.warning("%s", error)
            return unconfigured(error)

    def definitions_now(self) -> dg.Definitions:
        """Look for the tables and build at once, for scripts and notebooks: nothing is kept.

        Raises:
            BcnError: the replicated storage or the standby's catalog could not be asked.
        """
        return self._built(self._discovered())

    def _discovered(self) -> list[TableName]:
        return sorted(self._following().open().find().tables)

    def _built(self, tables: list[TableName]) -> dg.Definitions:
        following = self._following(tuple(tables))
        _, said = following.settings()
        retries = dg.RetryPolicy(
            max_retries=self.retries, delay=self.retry_delay_seconds, backoff=dg.Backoff.EXPONENTIAL
        )
        return dg.Definitions(
            assets=[build_standby_assets(following, retries)],
            jobs=[build_standby_job(following)],
            sensors=[build_sync_sensor(following, has_marker=said.marker is not None)],
        )

    def _following(self, tables: tuple[TableName, ...] = ()) -> Following:
        config = Path(self.config) if self.config else None
        return Following(
            standby_name(config, self.standby),
            config,
            tables,
            self.interval_seconds,
            self.running,
            tuple(self.owners),
            self.tags,
        )
