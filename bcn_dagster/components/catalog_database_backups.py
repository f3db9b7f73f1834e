"""The component: the PostgreSQL database of one catalog and its dumps."""

import logging
from pathlib import Path

import dagster as dg
from pydantic import Field

from bcn_core.errors import BcnError
from bcn_core.settings import load
from bcn_dagster.alerts.channels import Alerts
from bcn_dagster.alerts.sensor import Job, build_alerts
from bcn_dagster.building import notice
from bcn_dagster.components.fields import ALERTS, CONFIG, OWNERS, REPOSITORY, TAGS, WEBSERVER
from bcn_dagster.connection import Connection, webserver_at
from bcn_dagster.database.dumping import (
    build_dump_asset,
    build_dump_job,
    build_dump_schedule,
    build_fresh_check,
)
from bcn_dagster.database.place import DatabasePlace
from bcn_dagster.database.restoring import build_database_drill_job, build_database_restore_job
from bcn_dagster.documented import Documented

_LOG = logging.getLogger("bcn_dagster")


class CatalogDatabaseBackups(dg.Component, Documented):
    """Dumps of a catalog's own database: one a day, with checks, and jobs that restore and drill."""

    config: str | None = CONFIG
    catalog: str | None = Field(
        None, description="The catalog whose database is dumped. Default: as bcn.toml says."
    )
    repository: str | None = REPOSITORY
    daily_cron: str | None = Field("0 2 * * *", description="When the schedule dumps; null for no schedule.")
    timezone: str = Field("UTC", description="The time zone of the schedule and of the days.")
    start_date: str = Field("2026-01-01", description="The first day that is a partition.")
    running: bool = Field(
        default=False,
        description="Whether schedule and alerts run without a person switching it on in the UI.",
    )
    alerts: Alerts = ALERTS
    webserver: str | None = WEBSERVER
    owners: list[str] = OWNERS
    tags: dict[str, str] = TAGS

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """All definitions; neither database nor repository is asked for them."""
        return self.definitions_now()

    def definitions_now(self) -> dg.Definitions:
        """The same without Dagster's context, for scripts."""
        try:
            place = self.place
        except BcnError as error:
            _LOG.warning("%s", error)
            return notice(f"CatalogDatabaseBackups[{self.catalog or self.config or 'default'}]", str(error))
        schedules = [build_dump_schedule(place, self.daily_cron)] if self.daily_cron else []
        jobs: list[Job] = [
            build_dump_job(place),
            build_database_restore_job(place),
            build_database_drill_job(place),
        ]
        found = dg.Definitions(
            assets=[build_dump_asset(place)],
            asset_checks=[build_fresh_check(place)],
            jobs=jobs,
            schedules=schedules,
        )
        return dg.Definitions.merge(found, build_alerts(place.watch, jobs, place.sensor_status))

    @property
    def place(self) -> DatabasePlace:
        """What the definitions share.

        Raises:
            InvalidRequest: no catalog or no repository is named, or ``bcn.toml`` is wrong.
        """
        path = Path(self.config) if self.config else None
        found = load(path).repository
        connection = Connection.named(self.catalog or found.catalog, self.repository or found.url, path)
        return DatabasePlace(
            connection,
            cron=self.daily_cron,
            timezone=self.timezone,
            start_date=self.start_date,
            running=self.running,
            alerts=self.alerts,
            webserver=webserver_at(self.webserver),
            owners=tuple(self.owners),
            tags=self.tags,
        )
