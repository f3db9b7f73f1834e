"""The component: a standby catalog that follows replicated storage."""

import json
from pathlib import Path
from typing import ClassVar

import dagster as dg
from dagster.components import ResolvedDefsStateConfig
from pydantic import Field

from bcn_core.errors import BcnError
from bcn_core.names import TableName
from bcn_dagster.alerts.channels import Alerts
from bcn_dagster.alerts.sensor import build_alerts
from bcn_dagster.building import notice
from bcn_dagster.components.fields import (
    ALERTS,
    CONFIG,
    DEFS_STATE,
    OWNERS,
    RETRIES,
    RETRY_DELAY_SECONDS,
    TAGS,
    WEBSERVER,
)
from bcn_dagster.components.listed import LOG, ListedTables
from bcn_dagster.connection import webserver_at
from bcn_dagster.naming import levels_of, of_levels
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
        default=False,
        description="Whether the sensor and the alerts run without a person switching them on in the UI.",
    )
    alerts: Alerts = ALERTS
    webserver: str | None = WEBSERVER
    retries: int = RETRIES
    retry_delay_seconds: float = RETRY_DELAY_SECONDS
    owners: list[str] = OWNERS
    tags: dict[str, str] = TAGS
    defs_state: ResolvedDefsStateConfig = DEFS_STATE

    @property
    def name(self) -> str | None:
        return self.standby

    def listed(self) -> str:
        return json.dumps([levels_of(table) for table in self._discovered()])

    def build_defs_from_state(
        self, context: dg.ComponentLoadContext, state_path: Path | None
    ) -> dg.Definitions:
        """Definitions from the listing; without one, a message that says what to do."""
        tables = json.loads(state_path.read_text()) if state_path is not None else []
        try:
            return self._built([of_levels(levels) for levels in tables])
        except BcnError as error:
            LOG.warning("%s", error)
            return notice(self.label, str(error))

    def definitions_now(self) -> dg.Definitions:
        """Look for the tables and build at once, for scripts and notebooks: nothing is kept.

        Raises:
            BcnError: the replicated storage or the standby's catalog could not be asked.
        """
        return self._built(self._discovered())

    def _discovered(self) -> list[TableName]:
        return sorted(self._following().open().find().tables)

    def _built(self, tables: list[TableName]) -> dg.Definitions:
        if not tables:
            LOG.warning("%s: %s", self.label, _UNKNOWN)
            return notice(self.label, _UNKNOWN)
        following = self._following(tuple(tables))
        _, said = following.settings()
        retries = dg.RetryPolicy(
            max_retries=self.retries, delay=self.retry_delay_seconds, backoff=dg.Backoff.EXPONENTIAL
        )
        job = build_standby_job(following)
        found = dg.Definitions(
            assets=[build_standby_assets(following, retries)],
            jobs=[job],
            sensors=[build_sync_sensor(following, has_marker=said.marker is not None)],
        )
        return dg.Definitions.merge(found, build_alerts(following.watch, [job], following.sensor_status))

    def _following(self, tables: tuple[TableName, ...] = ()) -> Following:
        config = Path(self.config) if self.config else None
        return Following(
            standby_name(config, self.standby),
            config,
            tables,
            interval_seconds=self.interval_seconds,
            running=self.running,
            alerts=self.alerts,
            webserver=webserver_at(self.webserver),
            owners=tuple(self.owners),
            tags=self.tags,
        )


_UNKNOWN = (
    "THE TABLES OF THIS STANDBY ARE NOT KNOWN YET, so nothing follows its source. Once the replicator has brought the "
    "first one, refresh the state (`dg utils refresh-defs-state`) and reload the code location."
)
