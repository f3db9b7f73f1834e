"""What more processes bring to the copy of many small files: 1, 2 and 4 of one run, to an S3 server far away.

Run: python benchmarks/processes.py [--files N] [--kilobytes N] [--latency MS] [--concurrency N]. Each request takes
its time on the wire, and the server shares this machine's cores. So beside the seconds, the CPU of the run itself and
of its processes is told for each file: it says what a machine with more cores does, and what ends that.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from bcn_core.copying import Copy, in_parallel
from bcn_core.processes.pool import Processes, Spread
from benchmarks.copying import make
from benchmarks.reporting import Answer, Bars, Promise, keep
from benchmarks.slow_wire import slow_wire
from tests.services.object_servers import ObjectServer, running_s3

PROCESSES = (1, 2, 4)
CORES = 32
LEAST_TIMES = 4
COLUMNS = ["processes", "files/s", "CPU of the run itself, a file", "CPU of all, a file", "which allows"]


@dataclass(frozen=True, slots=True)
class Run:
    """One copy of all files: seconds by the clock, CPU seconds of the run itself and of the processes it started."""

    processes: int
    files: int
    seconds: float
    own: float
    others: float

    @property
    def per_second(self) -> float:
        """Files a second, by the clock."""
        return self.files / self.seconds

    @property
    def own_ms(self) -> float:
        """Milliseconds of CPU that the run itself spends on a file: Python, so one core of any machine."""
        return self.own / self.files * 1000

    @property
    def cpu_ms(self) -> float:
        """Milliseconds of CPU that a file takes in all of them."""
        return (self.own + self.others) / self.files * 1000


def main() -> None:
    """Measure, and keep the answer; or be the measured run."""
    options = _parser().parse_args()
    if options.inside:
        print(json.dumps(asdict(copied(options.inside))))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder / "source", options.files, options.kilobytes * 1000)
        with running_s3(folder / "s3") as server, slow_wire(server, options.latency / 1000) as wire:
            runs = [_run(folder, server, wire.endpoint, count, options) for count in PROCESSES]
    keep(answer(runs, options))


def copied(told: dict[str, Any]) -> Run:
    """Copy everything, as the threads of a backup do; the first file opens the stores and is not counted."""
    server = ObjectServer(*told["server"])
    stores = server.stores(endpoint=told["endpoint"])
    here, there = stores.at(told["source"]), stores.at(told["target"])
    first, *files = ((found.key, found.size) for found in here.list(""))
    with Processes(stores, Spread(told["processes"], told["concurrency"])) as processes:

        def copy(file: tuple[str, int]) -> None:
            processes.carry_out(Copy(here, file[0], there, *file))

        copy(first)
        started, before = time.perf_counter(), time.process_time()
        for _ in in_parallel(copy, files, told["concurrency"]):
            pass
        seconds, own = time.perf_counter() - started, time.process_time() - before
    ended = os.times()
    return Run(told["processes"], len(files), seconds, own, ended.children_user + ended.children_system)


def _run(folder: Path, server: ObjectServer, endpoint: str, count: int, options: argparse.Namespace) -> Run:
    told = {
        "server": [server.endpoint, server.user, server.secret],
        "endpoint": endpoint,
        "source": str(folder / "source"),
        "target": f"s3://backups/{count}",
        "processes": count,
        "concurrency": options.concurrency,
    }
    command = [sys.executable, __file__, "--inside", json.dumps(told)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return Run(**json.loads(done.stdout))


def answer(runs: list[Run], options: argparse.Namespace) -> Answer:
    """The page's section."""
    return Answer(
        name="processes",
        question="What do more processes of one run bring to many small files?",
        command=f"python benchmarks/processes.py --files {options.files} --latency {options.latency}",
        columns=COLUMNS,
        rows=[_row(run) for run in runs],
        promises=[_relieved(runs[0], runs[-1])],
        remarks=_remarks(runs[-1], options),
        bars=Bars(
            "Files a second that one run allows (longer is better)",
            "files a second",
            {f"bcn, {run.processes} processes": 1000 / run.own_ms for run in runs},
        ),
    )


def _relieved(alone: Run, last: Run) -> Promise:
    times = alone.own_ms / last.own_ms
    return Promise(
        f"the run itself spends less than a {LEAST_TIMES}th of the CPU on a file when processes copy it",
        f"{times:.1f} times less",
        times >= LEAST_TIMES,
    )


def _remarks(last: Run, options: argparse.Namespace) -> list[str]:
    fed, many = 1000 / last.own_ms, CORES * 1000 / last.cpu_ms
    return [
        (
            f"{options.files:,} files of {options.kilobytes} kB from a folder to S3, {options.concurrency} under"
            f" way in all, {options.latency} ms for each request. Client, wire and server share these cores."
        ),
        "The run itself is one Python process, which computes on one core: a second over its CPU for a file.",
        (
            f"On {CORES} cores its processes could copy {many:,.0f} files a second, and it can feed {fed:,.0f}:"
            " the lesser counts, where enough files are under way to wait for the answers."
        ),
        "CPU of all holds the start of the processes.",
    ]


def _row(run: Run) -> list[str]:
    bound = f"{1000 / run.own_ms:,.0f} files/s"
    spent = [f"{run.own_ms:.2f} ms", f"{run.cpu_ms:.2f} ms"]
    return [str(run.processes), f"{run.per_second:,.0f}", *spent, bound]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=3000)
    parser.add_argument("--kilobytes", type=int, default=30, help="of each file")
    parser.add_argument("--latency", type=int, default=20, help="milliseconds on the way of each request")
    parser.add_argument(
        "--concurrency", type=int, default=64, help="files under way at once, in all processes"
    )
    parser.add_argument("--inside", type=json.loads, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    main()
