"""What the definitions of one catalog's database share; every step opens its ends anew."""

from dataclasses import dataclass, field

import dagster as dg

from bcn_core.catalog_database import CatalogDatabase
from bcn_core.dumping.configured import configured_database
from bcn_core.repository.pins import this_process
from bcn_core.settings import CatalogDatabaseSettings
from bcn_dagster.alerts.channels import Alerts
from bcn_dagster.alerts.sensor import Watch
from bcn_dagster.connection import WEBSERVER, Connection
from bcn_dagster.naming import Names, plain
from bcn_dagster.reporting import log_events


@dataclass(frozen=True, slots=True)
class DatabasePlace:
    """One catalog's database, how its definitions are called, and when they run."""

    connection: Connection
    cron: str | None = "0 2 * * *"
    timezone: str = "UTC"
    start_date: str = "2026-01-01"
    running: bool = False
    alerts: Alerts = field(default_factory=Alerts)
    webserver: str = WEBSERVER
    owners: tuple[str, ...] = ()
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def plain(self) -> str:
        """The catalog's name, as ops and jobs may bear it."""
        return plain(self.connection.catalog)

    @property
    def key(self) -> dg.AssetKey:
        """The asset of the dumps."""
        return Names(self.connection.catalog).database_dump

    @property
    def pool(self) -> str:
        """With a limit of 1 no two runs dump or restore one database at a time; the repository's pin is the guard."""
        return f"bcn_database_{self.plain}"

    @property
    def job(self) -> str:
        """The job that dumps."""
        return f"{self.plain}_dump_database"

    @property
    def restore_job(self) -> str:
        """The job that restores a dump."""
        return f"{self.plain}_restore_database"

    @property
    def drill_job(self) -> str:
        """The job that proves that a dump restores."""
        return f"{self.plain}_drill_database"

    @property
    def run_tags(self) -> dict[str, str]:
        """The tags of the runs of all jobs."""
        return {"bcn/database": self.plain, **self.tags}

    @property
    def watch(self) -> Watch:
        """Failures of what is about the asset are told."""
        return Watch(
            prefix=f"{self.plain}_database",
            catalog=self.connection.catalog,
            repository=self.connection.repository,
            alerts=self.alerts,
            webserver=self.webserver,
            owns=self.key.__eq__,
            tags=self.tags,
        )

    @property
    def sensor_status(self) -> dg.DefaultSensorStatus:
        """Whether the sensor runs without a person switching it on."""
        return dg.DefaultSensorStatus.RUNNING if self.running else dg.DefaultSensorStatus.STOPPED

    @property
    def partitions(self) -> dg.DailyPartitionsDefinition:
        """The days; today is one of them, since a dump shows the moment when it is taken."""
        return dg.DailyPartitionsDefinition(self.start_date, timezone=self.timezone, end_offset=1)

    @property
    def limits(self) -> CatalogDatabaseSettings:
        """What bcn.toml says of the database."""
        return self.connection.settings.catalog_databases.get(
            self.connection.catalog, CatalogDatabaseSettings()
        )

    def open(self, context: dg.OpExecutionContext | dg.AssetCheckExecutionContext) -> CatalogDatabase:
        """The database and the repository of its dumps.

        Raises:
            NotFound: there is no repository yet.
            InvalidRequest: nothing says where the database is.
        """
        repository = self.connection.open_repository()
        owner = this_process(f"Dagster run {context.run.run_id}")
        return configured_database(self.connection.settings, repository, owner, log_events(context.log))
