"""The demo's code location: the same definitions that ``make dev`` serves, run on the same Dagster instance."""

import os
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg

from bcn_core.errors import FinishedWithProblems, InvalidRequest
from bcn_core.names import pit_id
from bcn_dagster.components import IcebergCatalogBackups
from bcn_dagster.demo.place import CATALOG, Place
from bcn_dagster.naming import Names

_NAMES = Names(CATALOG)
# Errors are told; the many lines of a run that goes well are in the UI.
_QUIET: dict[str, Any] = {"loggers": {"console": {"config": {"log_level": "ERROR"}}}}


class DemoLocation:
    """Jobs and sensors of the demo's catalog, carried out as Dagster's daemon would have them carried out."""

    def __init__(self, place: Place, instance: dg.DagsterInstance) -> None:
        self._component = IcebergCatalogBackups(config=str(place.settings))
        self._instance = instance
        self._definitions = self._component.definitions_now()

    def back_up_all(self) -> str:
        """Materialize the PIT of this instant: every table, and the PIT itself."""
        pit = pit_id(datetime.now(UTC))
        self._instance.add_dynamic_partitions(_NAMES.partitions_name, [pit])
        self._run(f"{_NAMES.plain}_back_up", partition_key=pit)
        return pit

    def ask_drift_sensor(self) -> dg.RunRequest:
        """Let the drift sensor look at the catalog; what it observes and asks for is carried out, but for the run.

        Raises:
            InvalidRequest: it asks for none.
        """
        evaluate: Callable[[Any], Any] = self._definitions.get_sensor_def(f"{_NAMES.plain}_drift")
        answer = evaluate(dg.build_sensor_context(instance=self._instance))
        if not isinstance(answer, dg.SensorResult) or not answer.run_requests:
            raise InvalidRequest(f"the drift sensor asks for no backup: {answer}")
        for request in answer.dynamic_partitions_requests or ():
            self._instance.add_dynamic_partitions(request.partitions_def_name, list(request.partition_keys))
        for event in answer.asset_events:
            self._instance.report_runless_asset_event(event)
        return answer.run_requests[0]

    def run(self, request: dg.RunRequest) -> str:
        """Carry out a sensor's request; the PIT that it makes."""
        self._run(
            f"{_NAMES.plain}_back_up",
            partition_key=request.partition_key,
            asset_selection=request.asset_selection,
            tags=dict(request.tags),
        )
        return str(request.partition_key)

    def restore(self, config: dict[str, Any]) -> None:
        """Run the restore job with what the launchpad would ask for."""
        ops = {f"{_NAMES.plain}_plan_restore": {"config": {"dry_run": False, **config}}}
        self._run(f"{_NAMES.plain}_restore", run_config={"ops": ops})

    def _run(
        self,
        job: str,
        *,
        partition_key: str | None = None,
        asset_selection: Sequence[dg.AssetKey] | None = None,
        tags: dict[str, str] | None = None,
        run_config: dict[str, Any] | None = None,
    ) -> None:
        result = self._definitions.resolve_job_def(job).execute_in_process(
            instance=self._instance,
            partition_key=partition_key,
            asset_selection=asset_selection,
            tags=tags,
            run_config={**_QUIET, **(run_config or {})},
            raise_on_error=False,
        )
        if not result.success:
            raise FinishedWithProblems(
                f"run {result.run_id} of {job} failed", hint="look at it in the UI: make dev"
            )


def make_dagster_home(place: Place) -> None:
    """Give the demo's Dagster instance its folder and its configuration, and make it the one of this process."""
    place.dagster.mkdir(parents=True, exist_ok=True)
    of_the_project = Path(__file__).parents[2] / "dagster.yaml"
    if of_the_project.is_file():
        shutil.copy(of_the_project, place.dagster / "dagster.yaml")
    os.environ["DAGSTER_HOME"] = str(place.dagster)
