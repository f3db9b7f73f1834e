"""The project that every process of a run of benchmarks/workers.py loads, and one run of it.

``python -m benchmarks.workers_project multiprocess|celery backup|restore WORKERS`` prints when its steps were at work.
"""

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import yaml
from dagster_celery import celery_executor

from bcn_core.names import pit_id
from bcn_dagster.checks.fields import Checks
from bcn_dagster.components import IcebergCatalogBackups
from bcn_dagster.naming import Names
from tests.warehouse.source import NAME

NAMES = Names(NAME)
EXECUTORS = {"multiprocess": dg.multiprocess_executor, "celery": celery_executor}


def _job(executor: str, what: str) -> dg.JobDefinition:
    backups = IcebergCatalogBackups(
        executor="project",
        files_per_step=int(os.environ["FILES_PER_STEP"]),
        checks=Checks(verify_every_pit=False),
    )
    own = dg.Definitions(executor=EXECUTORS[executor])
    name = {"backup": "back_up", "restore": "restore"}[what]
    return dg.Definitions.merge(backups.definitions_now(), own).resolve_job_def(f"{NAME}_{name}")


def multiprocess_backup() -> dg.JobDefinition:
    """The backup, a process of this machine for each step."""
    return _job("multiprocess", "backup")


def celery_backup() -> dg.JobDefinition:
    """The backup, its steps taken by Celery workers."""
    return _job("celery", "backup")


def multiprocess_restore() -> dg.JobDefinition:
    """The restore, a process of this machine for each step."""
    return _job("multiprocess", "restore")


def main(executor: str, what: str, workers: str) -> None:
    """One run; the instants at which each of its steps was at work, in seconds since 1970."""
    job = globals()[f"{executor}_{what}"]
    with dg.DagsterInstance.get() as instance:
        tags = {}
        if what == "backup":
            pit = pit_id(datetime.now(UTC))
            instance.add_dynamic_partitions(NAMES.partitions_name, [pit])
            tags = {"dagster/partition": pit}
        config = _execution(executor, int(workers)) | (_restore(job()) if what == "restore" else {})
        with dg.execute_job(dg.reconstructable(job), instance, run_config=config, tags=tags) as done:
            if not done.success:
                raise SystemExit("the run failed")
            print(json.dumps(_at_work(instance, done.run_id)))


def _execution(executor: str, workers: int) -> dict[str, Any]:
    if executor == "multiprocess":
        return {"execution": {"config": {"max_concurrent": workers}}}
    found: dict[str, Any] = yaml.safe_load(Path(os.environ["CELERY_CONFIG"]).read_text())
    return found


def _restore(job: dg.JobDefinition) -> dict[str, Any]:
    first = job.nodes_in_topological_order[0].name
    target = {"other_catalog": {"catalog": "back"}}
    return {"ops": {first: {"config": {"dry_run": False, "target": target}}}}


def _at_work(instance: dg.DagsterInstance, run: str) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for entry in instance.all_logs(run):
        event = entry.dagster_event
        if event is not None and event.step_key and (event.is_step_start or event.is_step_success):
            found.setdefault(event.step_key, []).append(entry.timestamp)
    return found


if __name__ == "__main__":
    main(*sys.argv[1:])
