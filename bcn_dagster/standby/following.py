"""What all definitions of one standby share: its settings, its names, its tables."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg

from bcn_core.errors import InvalidRequest, NotFound
from bcn_core.names import TableName, nearest
from bcn_core.replication.standby import Standby, open_standby
from bcn_core.settings import Settings, StandbySettings, load
from bcn_dagster.alerts.channels import Alerts
from bcn_dagster.alerts.sensor import Watch
from bcn_dagster.connection import WEBSERVER
from bcn_dagster.naming import Names, plain


@dataclass(frozen=True, slots=True)
class Following:
    """One standby in Dagster. It holds no connection: each step and tick opens its own."""

    name: str
    config: Path | None
    tables: tuple[TableName, ...] = ()
    interval_seconds: int = 900
    running: bool = False
    alerts: Alerts = field(default_factory=Alerts)
    webserver: str = WEBSERVER
    owners: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def plain(self) -> str:
        """The standby's name, as ops, jobs and sensors may bear it."""
        return plain(self.name)

    @property
    def job(self) -> str:
        """The job that brings all tables up to date."""
        return f"{self.plain}_sync"

    def key(self, table: TableName) -> dg.AssetKey:
        """A standby table's asset."""
        return Names(self.name).table(table)

    @property
    def watch(self) -> Watch:
        """Failures of syncs are told."""
        return Watch(
            prefix=self.plain,
            catalog=self.name,
            repository="",
            alerts=self.alerts,
            webserver=self.webserver,
            owns=lambda asset: asset.path[0] == self.name,
            tags=self.tags,
        )

    @property
    def sensor_status(self) -> dg.DefaultSensorStatus:
        """Whether the sensors run without a person switching them on."""
        return dg.DefaultSensorStatus.RUNNING if self.running else dg.DefaultSensorStatus.STOPPED

    def settings(self) -> tuple[Settings, StandbySettings]:
        """What ``bcn.toml`` says of it now.

        Raises:
            NotFound: it has no such section.
            InvalidRequest: the file is missing or wrong.
        """
        settings = load(self.config)
        if self.name not in settings.standby:
            raise NotFound(f"no [standby.{self.name}] in bcn.toml", hint=nearest(self.name, settings.standby))
        return settings, settings.standby[self.name]

    def open(self) -> Standby:
        """The standby, for one step or listing.

        Raises:
            BcnError: its settings are wrong, or its catalog cannot be opened.
        """
        return open_standby(*self.settings())


def standby_name(config: Path | None, wanted: str | None) -> str:
    """The standby that is meant: the only one of ``bcn.toml`` when none is named.

    Raises:
        InvalidRequest: there is none, or there are several.
    """
    if wanted is not None:
        return wanted
    known = load(config).standby
    if len(known) != 1:
        raise InvalidRequest(
            f"bcn.toml describes {len(known)} standbys", hint="name one: the field standby, [standby.NAME]"
        )
    return next(iter(known))
