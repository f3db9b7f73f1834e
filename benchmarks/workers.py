"""How the copy of one large table gets faster with workers, on the engines that carry it out: Dagster's and Celery's.

Run: python benchmarks/workers.py [--files N] [--few N] [--kilobytes N] [--latency MS]. The very job that a deployment
runs, its table in four parts, with 1, 2 and 4 workers; then the restore of what was backed up. Repository and workers
are parted by a wire on which each request takes its time, so that what is measured is the sharing of the work and not
two cores of one machine.
"""

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import yaml

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.reporting import Answer, Bars, Promise, keep
from benchmarks.slow_wire import slow_wire
from tests.builders.avro_files import entry
from tests.services.celery_workers import running_redis, running_worker, worker_command
from tests.services.object_servers import ObjectServer, running_s3
from tests.warehouse.commits import HandMade
from tests.warehouse.runs import table
from tests.warehouse.source import NAME, Place, append, make

ROOT = Path(__file__).parents[1]
PARTS = 4
WORKERS = (1, 2, 4)
ENGINES = {"multiprocess": "Dagster's multiprocess", "celery": "Celery"}
LEAST_FILES = 160
DONE_BY = {"multiprocess": ("backup", "restore"), "celery": ("backup",)}
FILES_OF_A_COMMIT = 500
LEAST_OF_MANY, LEAST_OF_FEW = 3.3, 2.5
COLUMNS = ["engine", "what", "files", "workers", "parts", "speed-up", "the table's own step", "whole run"]


@dataclass(frozen=True, slots=True)
class Case:
    """A table of so many files, taken or brought back by one engine's workers."""

    engine: str
    what: str
    files: int
    workers: int


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds in which any part was at work, of the table's own step, and of the whole run with all it starts."""

    case: Case
    parts: float
    own: float
    whole: float


@dataclass(frozen=True, slots=True)
class Lab:
    """The servers and the folders of all runs."""

    folder: Path
    server: ObjectServer
    endpoint: str
    broker: str

    def run(self, case: Case) -> Run:
        """One run in a process of its own, as Dagster's run launcher starts it."""
        home = self.folder / f"{case.engine}-{case.files}-{case.workers}"
        if not home.exists():
            self._furnish(home, case)
        environment = self._environment(home, case)
        command = [
            sys.executable,
            "-m",
            "benchmarks.workers_project",
            case.engine,
            case.what,
            str(case.workers),
        ]
        with self._taken_by_workers(home, case, environment), (home / "run.log").open("a") as log:
            done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=log, check=False)
        if done.returncode:
            raise RuntimeError(f"{case} failed:\n{(home / 'run.log').read_text()[-4000:]}")
        return _run(case, json.loads(done.stdout.splitlines()[-1]))

    @contextmanager
    def _taken_by_workers(self, home: Path, case: Case, environment: Mapping[str, str]) -> Iterator[None]:
        if case.engine != "celery":
            yield
            return
        with running_worker(worker_command(home / "celery.yaml", case.workers), home, environment):
            yield

    def _furnish(self, home: Path, case: Case) -> None:
        """A bcn.toml with a repository of its own, and a Dagster instance."""
        (home / "dagster").mkdir(parents=True)
        (home / "dagster/dagster.yaml").write_text("telemetry:\n  enabled: false\n")
        celery = {"execution": {"config": {"broker": self.broker, "backend": self.broker}}}
        (home / "celery.yaml").write_text(yaml.safe_dump(celery))
        places = (self.source(case.files), Place(home / "back", "back"))
        (home / "back").mkdir()
        (home / "bcn.toml").write_text(
            f'[repository]\nurl = "s3://backups/{home.name}"\ncatalog = "{NAME}"\n'
            + "".join(
                f'[catalogs.{one.name}]\ntype = "sql"\nuri = "{one.uri}"\nwarehouse = "file://{one.warehouse}"\n'
                for one in places
            )
        )

    def _environment(self, home: Path, case: Case) -> dict[str, str]:
        return {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "DAGSTER_HOME": str(home / "dagster"),
            "BCN_CONFIG": str(home / "bcn.toml"),
            "CELERY_CONFIG": str(home / "celery.yaml"),
            # A restore counts the metadata's files with the others.
            "FILES_PER_STEP": str(-(-case.files // PARTS) + 10),
            "S3_ENDPOINT": self.endpoint,
            "S3_ACCESS_KEY": self.server.user,
            "S3_SECRET_KEY": self.server.secret,
            "S3_REGION": "us-east-1",
        }

    def source(self, files: int) -> Place:
        """The catalog of the table of so many files."""
        return Place(self.folder / f"source-{files}")


def main() -> None:
    """Measure, and keep the answer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1600)
    parser.add_argument("--few", type=int, default=400, help="files of a second, smaller table")
    parser.add_argument("--kilobytes", type=int, default=64, help="of each file")
    parser.add_argument("--latency", type=int, default=100, help="milliseconds on the way of each request")
    parser.add_argument("--engines", nargs="+", choices=list(ENGINES), default=list(ENGINES))
    parser.add_argument("--trial", action="store_true", help="print the runs and keep nothing")
    options = parser.parse_args()
    if min(options.files, options.few) < LEAST_FILES:
        parser.error(f"a table of fewer than {LEAST_FILES} files is not shared out in {PARTS} parts")
    with tempfile.TemporaryDirectory() as name:
        runs = list(_measured(Path(name), options))
    if not options.trial:
        keep(_answer(runs, options))


def _measured(folder: Path, options: argparse.Namespace) -> Iterator[Run]:
    with (
        running_s3(folder / "s3") as server,
        slow_wire(server, options.latency / 1000) as wire,
        running_redis(folder) as broker,
    ):
        lab = Lab(folder, server, wire.endpoint, broker)
        sizes = list(dict.fromkeys((options.files, options.few)))
        for files in sizes:
            _make_source(lab.source(files), files, options.kilobytes * 1000)
        cases = (
            Case(engine, what, files, workers)
            for engine in options.engines
            for files in sizes
            for what in DONE_BY[engine]
            for workers in WORKERS
        )
        for case in cases:
            run = lab.run(case)
            print(run, file=sys.stderr, flush=True)
            yield run


def _make_source(place: Place, files: int, size: int) -> None:
    """A table of so many files with bytes of their own."""
    append(make(place.pyiceberg(), "sales.orders", properties={"format-version": "2"}), 0)
    hand = HandMade(place, table("sales.orders"))
    for start in range(0, files, FILES_OF_A_COMMIT):
        numbers = range(start, min(files, start + FILES_OF_A_COMMIT))
        written = [hand.write(f"data/{number:06}.parquet", secrets.token_bytes(size)) for number in numbers]
        hand.add(
            [entry(location, file_size_in_bytes=size) for location in written],
            edit=partial(_count_files, numbers.stop),
        )


def _count_files(files: int, metadata: dict[str, Any]) -> None:
    """Dagster shares a table out by what its writer counted."""
    metadata["snapshots"][-1]["summary"]["total-data-files"] = str(files)


def _run(case: Case, at_work: dict[str, list[float]]) -> Run:
    parts = {step: times for step, times in at_work.items() if "_part" in step and "after_parts" not in step}
    if len(parts) != PARTS:
        raise RuntimeError(f"{case} had the parts {sorted(parts)}")
    own = next(times for step, times in at_work.items() if step.endswith("orders") or "_large_table" in step)
    every = [instant for times in at_work.values() for instant in times]
    spans = [(times[0], times[-1]) for times in parts.values()]
    return Run(case, _together(spans), own[-1] - own[0], max(every) - min(every))


def _together(spans: list[tuple[float, float]]) -> float:
    """The seconds in which at least one of some was at work: the starts of processes between them are left out."""
    total, until = 0.0, 0.0
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, until))
        until = max(until, end)
    return total


def _answer(runs: list[Run], options: argparse.Namespace) -> Answer:
    alone = {_series(run.case): run for run in runs if run.case.workers == 1}
    most = [run for run in runs if run.case.workers == max(WORKERS)]
    return Answer(
        name="workers",
        question="What do more workers bring to one large table, on the engine that carries the steps out?",
        command=f"python benchmarks/workers.py --files {options.files} --latency {options.latency}",
        columns=COLUMNS,
        rows=[_row(run, alone[_series(run.case)]) for run in runs],
        promises=[_promise(run, alone[_series(run.case)], options.files) for run in most],
        remarks=[
            (
                f"Files of {options.kilobytes} kB in {PARTS} parts, 4 at once in each worker."
                " `parts` is the time in which any of them was at work."
                " The starts of processes between them stand in `whole run` alone."
            ),
            f"Each request to the repository is {options.latency} ms under way, as to a store on another continent.",
            "Workers, broker and server share this machine's cores; elsewhere workers share the store alone.",
        ],
        bars=Bars(
            f"Parts of a table of {options.files:,} files with {max(WORKERS)} workers (longer is better)",
            "times as fast as with one worker",
            _speed_ups([run for run in most if run.case.files == options.files], alone),
        ),
    )


def _speed_ups(runs: list[Run], alone: dict[tuple[str, str, int], Run]) -> dict[str, float]:
    return {
        f"{ENGINES[run.case.engine]}, {run.case.what}": alone[_series(run.case)].parts / run.parts
        for run in runs
    }


def _series(case: Case) -> tuple[str, str, int]:
    return case.engine, case.what, case.files


def _promise(run: Run, alone: Run, many: int) -> Promise:
    case, times = run.case, alone.parts / run.parts
    least = LEAST_OF_MANY if case.files == many else LEAST_OF_FEW
    return Promise(
        f"{ENGINES[case.engine]}, {case.what} of {case.files:,} files: "
        f"{case.workers} workers copy at least {least} times as fast as one",
        f"{times:.2f} times",
        times >= least,
    )


def _row(run: Run, alone: Run) -> list[str]:
    case = run.case
    return [
        ENGINES[case.engine],
        case.what,
        f"{case.files:,}",
        str(case.workers),
        f"{run.parts:.1f} s",
        f"{alone.parts / run.parts:.2f}",
        f"{run.own:.1f} s",
        f"{run.whole:.1f} s",
    ]


if __name__ == "__main__":
    main()
