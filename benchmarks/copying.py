"""How fast BCN copies files, next to ``cp``, ``rclone`` and ``s5cmd``, among a folder and two buckets of an S3 server.

``python benchmarks/copying.py`` copies a few large files and many small ones. BCN is the engine of its backups and its
restores in a process of its own: it hashes, never overwrites, and waits for the disk; the peers do what they do.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bcn_core.copying import Copy, in_parallel
from bcn_core.processes.pool import Processes, Spread
from bcn_core.storage.opening import Stores
from bcn_core.storage.options import StorageOptions
from benchmarks.measuring import Cost, cheapest, measured
from benchmarks.reporting import Answer, Bars, Promise, keep
from tests.services.object_servers import SERVERS, ObjectServer, running_s3

WITHIN, TIMES_FASTER = 0.95, 2.0
RCLONE = Path(sys.executable).parent / "rclone"
REMARKS = [
    "Throughput is that of copying: what each tool takes for a file of one byte is subtracted.",
    (
        "BCN computes SHA-256 of every byte, refuses to overwrite, and waits until the disk has each file and its name;"
        " `cp` and `rclone` do none of it, `s5cmd` neither. `cp + sync` is `cp -r` and a sync of each file."
    ),
    "S3 is one Versity S3 gateway on the same cores, so a client's CPU seconds slow the server that it waits for.",
    (
        "`BCN` is what its commands do by themselves: processes for each core after 500 files over a network, none"
        " between folders. The rows below it are `--processes 1` and `2`; their start holds that of the processes."
    ),
    (
        "Local files: `cp` reads and writes a GB in 0.4 s of one core, SHA-256 takes 0.5 s of another. On two cores"
        " that is at best 0.89 times as fast as `cp`, on three more than once. A file of 30 KB takes `cp` 0.025 ms, its"
        " SHA-256 0.016 ms: twice as fast as `cp`, on two cores, would leave 0.025 ms of CPU for 0.041 ms of work in C."
        " BCN takes 0.08 ms in one thread (decision 0047), and 0.2 ms where several hand each other the files, which is"
        " Python's price."
    ),
    (
        "Small files: BCN is Python; the peers are C and Go. Where the table says **no**, CPU per file is the limit,"
        " not bytes: a request takes 0.4 ms (decision 0044), of which connection and HTTP are two thirds, signature"
        " and checksum a fifth. No check is dropped for it."
    ),
    (
        "What is possible here: a client's CPU and the server's share the same cores. s5cmd's own CPU is about a third"
        " of what both cores gave while it ran, so a client that took none at all would be some 1.4 times as fast as"
        " s5cmd, not 2 times. `benchmarks/latency.py` asks the same of a store that is far."
    ),
    (
        "A server-side copy of BCN takes four requests, as it is create-only and checked by SHA-256 before it appears;"
        " files below 8 MiB are read and written, which takes two. The server assembles the checked copy as one part,"
        " and writes its bytes twice for it where `s5cmd`'s unchecked CopyObject writes them once."
    ),
]


@dataclass(frozen=True, slots=True)
class Ways:
    """The folder that the copies lie in, and the server beside it."""

    folder: Path
    server: ObjectServer
    workers: int

    def place(self, where: str, kind: str) -> str:
        """Where files of a kind lie: ``local`` or a bucket."""
        return str(self.folder / kind) if where == "local" else f"s3://{where}/{kind}"

    @property
    def environment(self) -> dict[str, str]:
        """How every tool finds the server."""
        return {
            "AWS_ACCESS_KEY_ID": self.server.user,
            "AWS_SECRET_ACCESS_KEY": self.server.secret,
            "AWS_REGION": "us-east-1",
            "S3_ENDPOINT_URL": self.server.endpoint,
            "RCLONE_CONFIG_S3_TYPE": "s3",
            "RCLONE_CONFIG_S3_PROVIDER": "Other",
            "RCLONE_CONFIG_S3_ENV_AUTH": "true",
            "RCLONE_CONFIG_S3_ENDPOINT": self.server.endpoint,
            "RCLONE_CONFIG": os.devnull,
        }

    def requests(self) -> int:
        """How many requests the server has had, as its own log says."""
        return sum(" | vgw | " in line for line in (self.folder / "server/s3.log").read_text().splitlines())

    def commands(self, source: str, target: str) -> dict[str, list[str | Path]]:
        """The same copy, in each tool's words."""
        inside: list[str | Path] = [sys.executable, __file__, "--inside", source, target]
        inside += ["--workers", str(self.workers)]
        found: dict[str, list[str | Path]] = {
            "BCN": inside,
            "BCN, 1 process": [*inside, "--processes", "1"],
            "BCN, 2 processes": [*inside, "--processes", "2"],
            "rclone": [RCLONE, "copy", "--no-traverse", _remote(source), _remote(target)],
        }
        if "s3://" not in source + target:
            synced = 'cp -r "$0" "$1" && find "$1" -type f -print0 | xargs -0 sync'
            return found | {
                "cp": ["cp", "-r", source, target],
                "cp + sync": ["sh", "-c", synced, source, target],
            }
        return found | {"s5cmd": [SERVERS / "s5cmd", "--log", "error", "cp", f"{_all(source)}", f"{target}/"]}


@dataclass(frozen=True, slots=True)
class Measured:
    """One tool on one way."""

    cost: Cost
    requests: int
    start: float = 0.0

    @property
    def copying(self) -> float:
        """Seconds without those that the same tool takes for a single byte."""
        return max(self.cost.seconds - self.start, 0.001)


def main() -> None:
    """Measure every tool on every way, or be the measured process."""
    options = _parser().parse_args()
    if options.inside:
        source, target = options.inside
        copy_all(source, target, options.workers, options.processes)
        return
    sizes = {
        "large": (options.large, options.megabytes * 2**20),
        "small": (options.small, options.kilobytes * 1024),
    }
    with tempfile.TemporaryDirectory() as folder, running_s3(Path(folder) / "server") as server:
        ways = Ways(Path(folder), server, options.workers)
        starts = dict(measure(ways, "start", 1, 1, options.times))
        found = {kind: dict(measure(ways, kind, *sizes[kind], options.times)) for kind in sizes}
    found = {
        kind: {way: _from_start(tools, starts[way]) for way, tools in ways.items()}
        for kind, ways in found.items()
    }
    keep(answer(found, sizes))


def measure(
    ways: Ways, kind: str, count: int, size: int, times: int
) -> Iterator[tuple[str, dict[str, Measured]]]:
    """Every way of one kind of files."""
    make(ways.folder / kind, count, size)
    local, lake, backups = (ways.place(where, kind) for where in ("local", "lake", "backups"))
    yield "local → local", race(ways, local, str(ways.folder / "copy"), times)
    copy = str(ways.folder / "kept")
    yield "local → S3", race(ways, local, backups, times)
    measured(ways.commands(local, lake)["rclone"], ways.environment)
    yield "S3 → local", race(ways, lake, copy, times)
    yield "S3 → S3", race(ways, lake, backups, times)
    for used in (
        local,
        *(str(ways.folder / f"server/objects/{bucket}/{kind}") for bucket in ("lake", "backups")),
    ):
        shutil.rmtree(used)


def _from_start(tools: dict[str, Measured], starts: dict[str, Measured]) -> dict[str, Measured]:
    return {tool: replace(one, start=starts[tool].cost.seconds) for tool, one in tools.items()}


def race(ways: Ways, source: str, target: str, times: int) -> dict[str, Measured]:
    """All tools on one way, each into an empty target."""
    return {
        tool: one(ways, command, target, times) for tool, command in ways.commands(source, target).items()
    }


def one(ways: Ways, command: Sequence[str | Path], target: str, times: int) -> Measured:
    """The undisturbed one of some runs."""
    below = target.removeprefix("s3://")
    place = Path(target) if below == target else ways.folder / "server/objects" / below
    asked: list[int] = []

    def run() -> Cost:
        shutil.rmtree(place, ignore_errors=True)
        before = ways.requests()
        cost = measured(command, ways.environment)
        asked.append(ways.requests() - before)
        return cost

    cost = cheapest(run, times)
    return Measured(cost, min(asked))


def make(folder: Path, count: int, size: int) -> None:
    """Files of random bytes, in folders of a thousand."""
    for number in range(count):
        path = folder / f"{number // 1000:03}" / f"{number:06}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            for start in range(0, size, 2**20):
                file.write(os.urandom(min(2**20, size - start)))


def copy_all(source: str, target: str, workers: int, processes: int | None) -> None:
    """What a backup does with the files of a table, whose sizes its manifests say."""
    properties = {"s3.endpoint": os.environ["S3_ENDPOINT_URL"], "s3.region": "us-east-1"}
    stores = Stores(options=StorageOptions({"s3://": properties}, {}))
    here, there = (stores.at(place if "://" in place else f"file://{place}") for place in (source, target))
    files = [(found.key, found.size) for found in here.list("")]
    spread = Spread.by_cores(workers) if processes is None else Spread(processes, workers)
    with Processes(stores, spread) as copying:
        for _ in in_parallel(
            lambda file: copying.carry_out(Copy(here, file[0], there, *file)), files, workers
        ):
            pass


def answer(found: dict[str, dict[str, dict[str, Measured]]], sizes: dict[str, tuple[int, int]]) -> Answer:
    """The page's section."""
    rows = [
        [f"{kind}, {way}", tool, *_cells(one, sizes[kind])]
        for kind, ways in found.items()
        for way, tools in ways.items()
        for tool, one in tools.items()
    ]
    shown = " and ".join(f"{count:,} of {size / 2**20:.3g} MB" for count, size in sizes.values())
    promises = [_promise(kind, way, tools) for kind, ways in found.items() for way, tools in ways.items()]
    return Answer(
        name="copying",
        question="Copying files: BCN, cp, rclone and s5cmd",
        command="python benchmarks/copying.py",
        columns=["files and way", "tool", "MB/s", "seconds", "of them start", "CPU s", "peak MB", "requests"],
        rows=rows,
        promises=[*promises, _server_side(found["large"]["S3 → S3"]["BCN"], sizes["large"])],
        remarks=[f"Files: {shown}.", *REMARKS],
        bars=Bars("BCN's throughput over the fastest peer's (longer is better)", "times", _ratios(found)),
    )


def _cells(one: Measured, size: tuple[int, int]) -> list[str]:
    cost = one.cost
    rate = size[0] * size[1] / 2**20 / one.copying
    spent = [
        f"{cost.seconds:.2f}",
        f"{one.start:.2f}",
        f"{cost.cpu_seconds:.2f}",
        f"{cost.peak_megabytes:.0f}",
    ]
    return [f"{rate:,.0f}", *spent, f"{one.requests:,}"]


def _ratio(tools: dict[str, Measured]) -> float:
    """BCN's throughput over that of its fastest peer."""
    peers = (one.copying for tool, one in tools.items() if not tool.startswith("BCN"))
    return min(peers) / tools["BCN"].copying


def _ratios(found: dict[str, dict[str, dict[str, Measured]]]) -> dict[str, float]:
    return {
        f"BCN, {kind}, {way}": _ratio(tools) for kind, ways in found.items() for way, tools in ways.items()
    }


def _promise(kind: str, way: str, tools: dict[str, Measured]) -> Promise:
    wanted = WITHIN if kind == "large" else TIMES_FASTER
    text = f"{kind} files, {way}: at least {wanted} times the throughput of the fastest peer"
    return Promise(text, f"{_ratio(tools):.2f} times", _ratio(tools) >= wanted)


def _server_side(one: Measured, size: tuple[int, int]) -> Promise:
    """A file that passed through the client would take a GET and a PUT for each of its parts."""
    moved = one.requests
    return Promise(
        "server-side copies: four requests a file and a listing, none of which reads an object",
        f"{moved:,} requests for {size[0]:,} files",
        moved <= 4 * size[0] + 1 + size[0] // 1000,
    )


def _remote(place: str) -> str:
    return place.replace("s3://", "s3:")


def _all(place: str) -> str:
    return f"{place}/*" if place.startswith("s3://") else f"{place}/"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", type=int, default=4, help="how many large files")
    parser.add_argument("--megabytes", type=int, default=128, help="of how many MB each")
    parser.add_argument("--small", type=int, default=2000, help="how many small files")
    parser.add_argument("--kilobytes", type=int, default=30, help="of how many KB each")
    parser.add_argument("--workers", type=int, default=8, help="BCN's files at once")
    parser.add_argument("--processes", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--times", type=int, default=1, help="runs of each, of which the shortest counts")
    parser.add_argument("--inside", nargs=2, metavar=("SOURCE", "TARGET"), help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    main()
