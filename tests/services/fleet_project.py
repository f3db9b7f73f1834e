"""The project that every host of a fleet loads, as docs/guides/several-machines.md shows it; and a run of it.

``python -m tests.services.fleet_project celery|alone PIT [ASSET ...]`` takes a PIT and prints what became of the run.
"""

import json
import os
import sys
from typing import Any

import dagster as dg
from dagster_celery import celery_executor

from bcn_dagster.components import IcebergCatalogBackups
from bcn_dagster.naming import Names

NAMES = Names("shop")


def celery() -> dg.JobDefinition:
    """The job whose steps any worker may take, as every process of a run builds it."""
    backups = IcebergCatalogBackups(executor="project", tables_per_step=1, files_per_step=2)
    whole = dg.Definitions.merge(backups.definitions_now(), dg.Definitions(executor=celery_executor))
    return whole.resolve_job_def("shop_back_up")


def alone() -> dg.JobDefinition:
    """The same backups in one process."""
    return IcebergCatalogBackups(retries=0).definitions_now().resolve_job_def("shop_back_up")


def main(which: str, pit: str, *assets: str) -> None:
    """One run, of all assets or of some."""
    job = {"celery": celery, "alone": alone}[which]
    with dg.DagsterInstance.get() as instance:
        instance.add_dynamic_partitions(NAMES.partitions_name, [pit])
        with dg.execute_job(
            dg.reconstructable(job),
            instance,
            run_config=json.loads(os.environ.get("RUN_CONFIG", "{}")),
            tags={"dagster/partition": pit},
            asset_selection=[dg.AssetKey(["shop", one]) for one in assets] or None,
        ) as done:
            print(json.dumps(told(done)))  # noqa: T201 - the answer to whoever started this process


def told(done: dg.JobExecutionResult) -> dict[str, Any]:
    """Whether it went well, which host ran which step, and what failed steps said."""
    hosts = {}
    for event in done.all_events:
        named = event.engine_event_data.metadata if event.is_engine_event else {}
        if "Celery worker" in named:
            hosts[event.step_key] = str(named["Celery worker"].value).partition("@")[2]
    failures = [one.step_failure_data for one in done.all_events if one.is_step_failure]
    said = [one.user_failure_data.description for one in failures if one and one.user_failure_data]
    return {"success": done.success, "hosts": hosts, "failures": said}


if __name__ == "__main__":
    main(*sys.argv[1:])
