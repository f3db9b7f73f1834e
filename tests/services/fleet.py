"""A Dagster deployment over several hosts: PostgreSQL, S3 and Redis on one, Celery workers on the others."""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import make_url

from bcn_core.repository.repository import Repository
from tests.services.celery_workers import running_redis, running_worker, worker_command
from tests.services.hosts import Host, running_hosts
from tests.services.object_servers import ObjectServer, running_s3
from tests.services.postgres import running_server

ROOT = Path(__file__).parents[2]
PROJECT = "tests.services.fleet_project"
LAKE = "tests.services.fleet_lake"
REPOSITORY = "s3://backups/shop"
_SETTINGS = f"""
[repository]
url = "{REPOSITORY}"
catalog = "shop"

[catalogs.shop]
type = "sql"
uri = "${{CATALOG_URI}}"
warehouse = "s3://lake/shop"
"""
_DEPLOYED = ROOT / "deploy/dagster.yaml"


@dataclass(frozen=True, slots=True)
class Fleet:
    """The servers, their addresses, and who may use them."""

    hub: Host
    workers: Sequence[Host]
    stranger: Host
    s3: ObjectServer
    postgres: str
    broker: str

    @property
    def catalog(self) -> dict[str, str]:
        """The catalog that is backed up, on PostgreSQL, its tables on S3."""
        return {"type": "sql", "uri": self.postgres, "warehouse": "s3://lake/shop", **self.s3.properties}

    @property
    def repository(self) -> Repository:
        """What all hosts share. To be used on the hub's network."""
        return Repository.open(self.s3.stores().at(REPOSITORY))

    @property
    def execution(self) -> dict[str, Any]:
        """The run config that leads to the workers."""
        return {"execution": {"config": {"broker": self.broker, "backend": self.broker}}}

    def environment(self, host: Host) -> dict[str, str]:
        """What a process of this deployment finds in its environment: addresses and secrets, the same on every host."""
        server = make_url(self.postgres)
        return {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "HOME": str(host.here),
            "DAGSTER_HOME": str(host.here / "dagster"),
            "BCN_CONFIG": str(host.here / "bcn.toml"),
            "DAGSTER_PG_HOST": str(server.host),
            "DAGSTER_PG_USER": str(server.username),
            "DAGSTER_PG_PASSWORD": str(server.password),
            "DAGSTER_PG_DB": str(server.database),
            "S3_ENDPOINT": self.s3.endpoint,
            "S3_ACCESS_KEY": self.s3.user,
            "S3_SECRET_KEY": self.s3.secret,
            "S3_REGION": "us-east-1",
            "CATALOG_URI": self.postgres,
        }

    def furnish(self, host: Host, *, own_deployment: bool = False) -> None:
        """Give a host its bcn.toml and its DAGSTER_HOME: of this deployment, or of one of its own."""
        (host.home / "bcn.toml").write_text(_SETTINGS)
        (host.home / "celery.yaml").write_text(yaml.safe_dump(self.execution))
        home = host.home / "dagster"
        home.mkdir()
        instance = {"telemetry": {"enabled": False}} if own_deployment else self._instance(host)
        (home / "dagster.yaml").write_text(yaml.safe_dump(instance))

    def make_lake(self) -> None:
        """Write the tables that are to be backed up."""
        environment = self.environment(self.hub) | {"LAKE": json.dumps(self.catalog)}
        done = self.hub.run(sys.executable, "-m", LAKE, environment=environment)
        if done.returncode:
            raise RuntimeError(f"the tables could not be written:\n{done.stderr[-4000:]}")

    def back_up(self, host: Host, how: str, pit: str, *assets: str) -> dict[str, Any]:
        """A run that a host starts, its steps on the workers (``celery``) or in its own process (``alone``)."""
        config = {"RUN_CONFIG": json.dumps(self.execution if how == "celery" else {})}
        command = [sys.executable, "-m", PROJECT, how, pit, *assets]
        done = host.run(*command, environment=self.environment(host) | config)
        if done.returncode:
            raise RuntimeError(f"the run on {host.name} did not start:\n{done.stderr[-4000:]}")
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found

    def _instance(self, host: Host) -> dict[str, Any]:
        """The one that BCN deploys, its folders on this host alone."""
        deployed = _DEPLOYED.read_text().replace("/opt/dagster/shared", str(host.here / "dagster"))
        found: dict[str, Any] = yaml.safe_load(deployed)
        found["storage"]["postgres"]["postgres_db"]["port"] = make_url(self.postgres).port
        return found


@contextmanager
def running_fleet(folder: Path) -> Iterator[Fleet]:
    """Servers on the hub, two hosts for its workers, and a host with a Dagster deployment of its own."""
    with (
        running_hosts(folder, ["hub", "worker-1", "worker-2", "stranger"]) as [hub, *others],
        ExitStack() as up,
    ):
        with hub.entered():
            s3 = up.enter_context(running_s3(hub.home, hub.address))
            postgres = up.enter_context(running_server(hub.address))
            broker = up.enter_context(running_redis(hub.home, hub.address))
        fleet = Fleet(hub, others[:-1], others[-1], s3, postgres, broker)
        for host in (hub, *others):
            fleet.furnish(host, own_deployment=host is fleet.stranger)
        yield fleet


@contextmanager
def running_workers(fleet: Fleet) -> Iterator[None]:
    """A Celery worker with one process on each of the hosts for them."""
    with ExitStack() as up:
        for host in fleet.workers:
            command = host.command(*worker_command(host.here / "celery.yaml", 1))
            up.enter_context(running_worker(command, host.home, fleet.environment(host)))
        yield
