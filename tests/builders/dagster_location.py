"""The code location on a small source, with a Dagster instance in memory: runs, ticks and what they left behind."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import dagster as dg
from pyiceberg.catalog.sql import SqlCatalog

from bcn_core.backup import Backup
from bcn_core.names import pit_id
from bcn_core.repository.documents import PitManifest
from bcn_core.repository.pins import this_process
from bcn_core.repository.repository import Repository
from bcn_core.storage.opening import Stores
from bcn_dagster.components import IcebergCatalogBackups
from bcn_dagster.naming import Names
from tests.warehouse.source import NAME, Place

PLAN, PIT = Names(NAME).plan, Names(NAME).pit
STEP = Names(NAME).step("tables_0")
PARTITIONS = f"bcn/{NAME}/pit"
BACK = {"other_catalog": {"catalog": "back"}}
"""The target of restores into :attr:`Location.back`."""


def key(table: str) -> dg.AssetKey:
    """The asset of ``database.table``."""
    return dg.AssetKey([NAME, *table.split(".", 1)])


@dataclass
class Run:
    """A run that ended, and what it says of each asset."""

    pit: str
    result: dg.ExecuteInProcessResult

    @property
    def is_green(self) -> bool:
        return self.result.success

    @property
    def metadata(self) -> dict[str, dict[str, Any]]:
        """The metadata of what was materialized, by the last part of the key."""
        events = self.result.get_asset_materialization_events()
        return {_last(one.asset_key): _values(one.materialization.metadata) for one in events}

    @property
    def statuses(self) -> dict[str, str]:
        return {name: found["bcn/status"] for name, found in self.metadata.items() if "bcn/status" in found}

    @property
    def observed(self) -> dict[str, dict[str, Any]]:
        """The metadata of observations, by the last part of the key."""
        events = self.result.get_asset_observation_events()
        found = [one.asset_observation_data.asset_observation for one in events]
        return {one.asset_key.path[-1]: _values(one.metadata) for one in found}

    @property
    def checks(self) -> dict[str, tuple[bool, str]]:
        evaluations = self.result.get_asset_check_evaluations()
        return {one.check_name: (one.passed, one.severity.value) for one in evaluations}

    @property
    def failures(self) -> list[str]:
        """What the failed steps said."""
        events = [one for one in self.result.all_events if one.is_step_failure]
        return [str(one.step_failure_data.user_failure_data.description) for one in events]  # type: ignore[union-attr]


@dataclass
class Location:
    """One catalog's code location below a folder."""

    folder: Path
    fields: dict[str, Any] = field(default_factory=dict)
    instance: dg.DagsterInstance = field(default_factory=dg.DagsterInstance.ephemeral)

    def __post_init__(self) -> None:
        self.place = Place(self.folder / "source")
        self.settings.write_text(self._settings())

    @property
    def settings(self) -> Path:
        return self.folder / "bcn.toml"

    @cached_property
    def catalog(self) -> SqlCatalog:
        return self.place.pyiceberg()

    @property
    def back(self) -> Place:
        """Where tests restore to."""
        return Place(self.folder / "back", "back")

    @property
    def component(self) -> IcebergCatalogBackups:
        return IcebergCatalogBackups(config=str(self.settings), retry_delay_seconds=0, **self.fields)

    @cached_property
    def definitions(self) -> dg.Definitions:
        """As of the first time that a test asks for them."""
        return self.component.definitions_now()

    @property
    def repository(self) -> Repository:
        return Repository.open(Stores().at(str(self.folder / "repo")))

    @property
    def newest(self) -> PitManifest:
        return self.repository.pit(self.repository.pits()[-1])

    def add_pit(self, ago: timedelta = timedelta()) -> str:
        """A new partition."""
        pit = pit_id(datetime.now(UTC) - ago)
        self.instance.add_dynamic_partitions(PARTITIONS, [pit])
        return pit

    def back_up(
        self, *selected: dg.AssetKey, pit: str | None = None, tags: dict[str, str] | None = None
    ) -> Run:
        """One run of the backup job."""
        partition = pit or self.add_pit()
        return Run(partition, self._execute(selected, tags, partition))

    def back_up_range(self, first: str, last: str, *selected: dg.AssetKey) -> Run:
        """The run that Dagster's daemon starts for partitions that follow each other."""
        tags = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
        return Run(last, self._execute(selected, tags))

    def run_request(self, request: dg.RunRequest) -> Run:
        """What the daemon would make of a run request."""
        return self.back_up(
            *(request.asset_selection or ()), pit=request.partition_key, tags=dict(request.tags)
        )

    def tick(self, sensor: str, cursor: str | None = None) -> dg.SensorResult | dg.SkipReason:
        """One evaluation of a sensor, and of its requests for partitions."""
        answer = self.sensor(sensor)(dg.build_sensor_context(instance=self.instance, cursor=cursor))
        assert isinstance(answer, dg.SensorResult | dg.SkipReason)
        if isinstance(answer, dg.SensorResult):
            self._carry_out(answer.dynamic_partitions_requests or ())
        return answer

    @property
    def schedule(self) -> Any:
        """The nightly schedule."""
        return self._named(self.definitions.schedules, "nightly")

    def sensor(self, name: str) -> Any:
        """A sensor, to be called with a context."""
        return self._named(self.definitions.sensors, name)

    def config(self, job: str, **config: Any) -> dict[str, Any]:
        """The run config of a job whose first op takes some."""
        return {
            "ops": {
                self.definitions.resolve_job_def(job).nodes_in_topological_order[0].name: {"config": config}
            }
        }

    def run(self, job: str, **config: Any) -> dg.ExecuteInProcessResult:
        """One run of a job beside the backup job."""
        name = f"{NAME}_{job}"
        return self.definitions.resolve_job_def(name).execute_in_process(
            instance=self.instance,
            run_config=self.config(name, **config) if config else None,
            raise_on_error=False,
        )

    def restore(self, **config: Any) -> dg.ExecuteInProcessResult:
        """One run of the restore job."""
        return self.run("restore", **config)

    @property
    def partitions(self) -> list[str]:
        return sorted(self.instance.get_dynamic_partitions(PARTITIONS))

    def _execute(
        self, selected: Sequence[dg.AssetKey], tags: dict[str, str] | None, partition: str | None = None
    ) -> dg.ExecuteInProcessResult:
        return self.definitions.resolve_job_def(f"{NAME}_back_up").execute_in_process(
            instance=self.instance,
            partition_key=partition,
            asset_selection=list(selected) or None,
            tags=tags,
            raise_on_error=False,
        )

    def _named(self, found: Iterable[Any] | None, name: str) -> Any:
        (one,) = [one for one in found or () if one.name == f"{NAME}_{name}"]
        return one

    def _carry_out(
        self, requests: Sequence[dg.AddDynamicPartitionsRequest | dg.DeleteDynamicPartitionsRequest]
    ) -> None:
        for request in requests:
            if isinstance(request, dg.AddDynamicPartitionsRequest):
                self.instance.add_dynamic_partitions(PARTITIONS, request.partition_keys)
            else:
                for one in request.partition_keys:
                    self.instance.delete_dynamic_partition(PARTITIONS, one)

    def _settings(self) -> str:
        catalogs = "".join(
            f'[catalogs.{one.name}]\ntype = "sql"\nuri = "{one.uri}"\nwarehouse = "file://{one.warehouse}"\n'
            for one in (self.place, self.back)
        )
        return f'[repository]\nurl = "{self.folder / "repo"}"\ncatalog = "{NAME}"\n{catalogs}'


def backup_job() -> dg.JobDefinition:
    """The backup job as each process of a run builds it, by ``BCN_CONFIG``; a step and a process for each table."""
    component = IcebergCatalogBackups(tables_per_step=1, executor="multiprocess")
    return component.definitions_now().resolve_job_def(f"{NAME}_back_up")


def restore_job() -> dg.JobDefinition:
    """The restore job as each process of a run builds it, by ``BCN_CONFIG``; a large table in parts."""
    component = IcebergCatalogBackups(files_per_step=16, retry_delay_seconds=0)
    return component.definitions_now().resolve_job_def(f"{NAME}_restore")


def _last(asset: dg.AssetKey | None) -> str:
    assert asset is not None
    return asset.path[-1]


def _values(metadata: Any) -> dict[str, Any]:
    return {name: getattr(value, "value", value) for name, value in metadata.items()}


def at_the_command_line(location: Location) -> Backup:
    """A backup of the location's catalog by another writer than Dagster."""
    return Backup(location.repository, location.place.bcn(), Stores(), this_process("bcn backup"))
