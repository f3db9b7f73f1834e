"""How fast a table's metadata comes back under new paths, next to Iceberg's rewrite_table_path and a naive script.

Run: python benchmarks/relocation.py [--files N] [--curve N,N,N]. Data files are names alone
(large_table.py); delete files are real. Spark's JVM is warm: its start and a first small table are not counted.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).parents[1]))

from bcn_core.backup import Backup, back_up
from bcn_core.events import silent
from bcn_core.locations import PrefixMap
from bcn_core.names import Scope
from bcn_core.processes.cores import usable_cores
from bcn_core.processes.pool import Processes, Spread
from bcn_core.repository.documents import SourceRecord
from bcn_core.repository.pins import this_process
from bcn_core.repository.repository import Repository
from bcn_core.restoration.checking import check_restored
from bcn_core.restoration.contents import open_contents
from bcn_core.restoration.writing import Writer
from bcn_core.restore import Restore, RestoreRequest, plan_restore
from benchmarks.large_table import LargeTable, NamesOnly, names_only
from benchmarks.measuring import measured
from benchmarks.relocation_peers import Peer, cpu_of, naive_script, rewrite_table_path
from benchmarks.reporting import Answer, Bars, Promise, keep
from tests.builders.avro_files import avro_bytes, entry_schema
from tests.warehouse.source import Place

T = TypeVar("T")
FILES_AT_ONCE = 4
METADATA = ("delete files", "manifests", "lists and metadata")
REMARKS = [
    "Seconds of the table are of CPU. Data files are names: `content` is the work around each copy, without its bytes.",
    "Spark's session is warm, in `local[2]`; charged are its call, the copy of what it staged, register_table.",
    "BCN is charged for delete files, manifests, lists and metadata; its plan and its check have no counterpart there.",
    "BCN relocates by a process for each core, and Spark by a thread; the start of neither is counted.",
    "The naive script leaves delete files and their bounds alone: a table with deletes comes out wrong.",
]
PHASES = ("plan", "list of files", "content", *METADATA, "check")


@dataclass(frozen=True, slots=True)
class Run:
    """A backup and a restore of one table, each a process of its own; CPU seconds of the restore's phases."""

    files: int
    backup_cpu: float
    restore_cpu: float
    backup_peak: float
    restore_peak: float
    seconds: dict[str, float]
    cpu: dict[str, float]

    @property
    def metadata_seconds(self) -> float:
        return sum(self.seconds[phase] for phase in METADATA)

    @property
    def metadata_cpu(self) -> float:
        return sum(self.cpu[phase] for phase in METADATA)


def main() -> None:
    """Measure, and keep the answer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100_000, help="of the table that the peers get as well")
    parser.add_argument("--curve", default="10000,100000,1000000", help="numbers of files for the curve")
    parser.add_argument("--inside", choices=["back-up", "restore"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        told = {"back-up": _back_up, "restore": _restore}[options.inside](options.folder)
        print(json.dumps({**told, "peak": _peak_megabytes()}))
        return
    with tempfile.TemporaryDirectory() as folder:
        peers = _peers(Path(folder) / "peers", options.files)
    runs = [_run(int(files)) for files in options.curve.split(",")]
    keep(_answer(options.files, peers, runs))


def _answer(files: int, peers: list[Peer], runs: list[Run]) -> Answer:
    ours = next((run for run in runs if run.files == files), runs[-1])
    spark, naive = peers
    largest = runs[-1]
    return Answer(
        name="relocation",
        question="How fast does a table's metadata come back under new paths?",
        command=f"python benchmarks/relocation.py --files {files}",
        columns=[
            "files",
            *PHASES,
            "restore, whole process",
            "peak of the restore",
            "backup",
            "peak of the backup",
        ],
        rows=[_row(run) for run in runs],
        promises=_promises(ours, spark, largest),
        remarks=[*REMARKS, f"{naive.name}, {files:,} files: {naive.cpu_seconds:.1f} s of CPU"],
        bars=Bars(
            f"Metadata of a table of {files:,} files",
            "CPU seconds, without the start of Python and JVM",
            {"bcn restore": ours.metadata_cpu, **{peer.name: peer.cpu_seconds for peer in peers}},
        ),
    )


def _promises(ours: Run, spark: Peer, largest: Run) -> list[Promise]:
    return [_faster_than(spark, ours), _within_a_minute(largest), *_bounded_memory(ours, largest)]


def _faster_than(spark: Peer, ours: Run) -> Promise:
    cpu, wall = spark.cpu_seconds / ours.metadata_cpu, spark.seconds / ours.metadata_seconds
    return Promise(
        f"metadata of {ours.files:,} files at least 10 times as fast as rewrite_table_path",
        f"{cpu:.1f} times by CPU ({ours.metadata_cpu:.2f} s and {spark.cpu_seconds:.1f} s), "
        f"{wall:.1f} times by the clock ({ours.metadata_seconds:.2f} s and {spark.seconds:.1f} s)",
        min(cpu, wall) >= 10,
    )


def _within_a_minute(largest: Run) -> Promise:
    spent = largest.restore_cpu - largest.cpu["content"]
    return Promise(
        f"{largest.files:,} files within 60 s of CPU: plan, relocation, check, start of Python",
        f"{spent:.1f} s",
        spent <= 60,
    )


def _bounded_memory(ours: Run, largest: Run) -> list[Promise]:
    growth = largest.restore_peak / ours.restore_peak
    return [
        Promise(
            "peak memory of a restore under 500 MB",
            f"{largest.restore_peak:.0f} MB at {largest.files:,} files",
            largest.restore_peak < 500,
        ),
        Promise(
            "peak memory flat in the number of files",
            f"{growth:.2f} times from {ours.files:,} to {largest.files:,} files",
            growth < 1.2,
        ),
        Promise(
            "peak memory of a backup under 500 MB",
            f"{largest.backup_peak:.0f} MB at {largest.files:,} files, {ours.backup_peak:.0f} MB at {ours.files:,}",
            largest.backup_peak < 500,
        ),
    ]


def _row(run: Run) -> list[str]:
    return [
        f"{run.files:,}",
        *(f"{run.cpu[phase]:.2f} s" for phase in PHASES),
        f"{run.restore_cpu:.1f} s",
        f"{run.restore_peak:.0f} MB",
        f"{run.backup_cpu:.1f} s",
        f"{run.backup_peak:.0f} MB",
    ]


def _run(files: int) -> Run:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        LargeTable(files).make(Place(folder / "source"))
        backup = measured(_command("back-up", folder))
        restore = measured(_command("restore", folder))
        ours, back = (json.loads(cost.said.splitlines()[-1]) for cost in (backup, restore))
        return Run(
            files,
            backup.cpu_seconds,
            restore.cpu_seconds,
            ours["peak"],
            back["peak"],
            back["seconds"],
            back["cpu"],
        )


def _command(inside: str, folder: Path) -> list[str | Path]:
    return [sys.executable, __file__, "--inside", inside, "--folder", folder]


def _peers(folder: Path, files: int) -> list[Peer]:
    source = Place(folder / "source")
    hand = LargeTable(files).make(source)
    warm = Place(folder / "warm", "warm")
    LargeTable(400, 100, 2).make(warm)
    naive = naive_script(hand)
    return [rewrite_table_path(source, warm), naive]


def _peak_megabytes() -> float:
    """The most memory of this program alone; what wait4 tells begins with the memory of the one that started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def _back_up(folder: Path) -> dict[str, dict[str, float]]:
    """One PIT of the table, in a new repository."""
    source = Place(folder / "source")
    identity = source.bcn().identity()
    record = SourceRecord(kind=identity.kind, address=identity.address)
    store = _repository_store(folder)
    repository = Repository.create(store, Scope(source.name), record, datetime.now(UTC))
    backup = Backup(repository, source.bcn(), names_only(folder), this_process("benchmark"))
    back_up(backup)
    return {}


def _repository_store(folder: Path) -> NamesOnly:
    (folder / "repository").mkdir(exist_ok=True)
    return NamesOnly(folder / "repository", folder / "repository-names.txt")


def _restore(folder: Path) -> dict[str, dict[str, float]]:
    """What bcn restore does for one table, phase by phase; the seconds and CPU seconds of each."""
    clock = _Clock({}, {})
    repository = Repository.open(_repository_store(folder))
    stores = names_only(folder)
    target = Place(folder / "target").bcn()
    restore = Restore(repository, target, stores)
    plan = clock("plan", lambda: plan_restore(restore, RestoreRequest()))
    [table] = plan.tables
    if table.refusal:
        raise table.refusal
    for database in plan.databases:
        target.create_database(database.namespace, {})
    record = repository.capture(table.entry)
    contents = clock("list of files", lambda: open_contents(repository, record, table.history))
    with Processes(stores, Spread(usable_cores(), FILES_AT_ONCE, after=0)) as processes:
        _warm(processes)
        _write(Writer(table, contents, stores, silent, FILES_AT_ONCE, relocator=processes.relocate), clock)
    clock("check", lambda: check_restored(table, contents, stores))
    target.register(table.target, table.metadata_location)
    return {"seconds": clock.seconds, "cpu": clock.cpu}


def _write(writer: Writer, clock: "_Clock") -> None:
    clock("content", writer.copy_content)
    deletes = clock("delete files", writer.write_delete_files)
    lengths = clock("manifests", lambda: writer.write_manifests(deletes.rewrites))
    clock("lists and metadata", lambda: _finish(writer, lengths))


def _warm(processes: Processes) -> None:
    """Start them: a run that copies 100,000 files has done so before its first manifest."""
    tiny = avro_bytes(entry_schema(2), [], header={})
    for _ in range(FILES_AT_ONCE):
        processes.relocate(tiny, "tiny.avro", PrefixMap.of([("a", "b")]), "b")


def _finish(writer: Writer, lengths: dict[str, int]) -> None:
    writer.write_lists(lengths)
    writer.write_metadata()


@dataclass(frozen=True, slots=True)
class _Clock:
    """Wall and CPU seconds of named phases, those of its processes included."""

    seconds: dict[str, float]
    cpu: dict[str, float]

    def __call__(self, phase: str, work: Callable[[], T]) -> T:
        seconds, cpu = time.perf_counter(), _cpu_seconds()
        result = work()
        self.seconds[phase] = time.perf_counter() - seconds
        self.cpu[phase] = _cpu_seconds() - cpu
        return result


def _cpu_seconds() -> float:
    """Of this process and of its children, those that still run included."""
    used = os.times()
    told = [file.read_text() for file in Path("/proc/self/task").glob("*/children")]
    running = sum(cpu_of(int(child)) for line in told for child in line.split())
    return used.user + used.system + used.children_user + used.children_system + running


if __name__ == "__main__":
    main()
