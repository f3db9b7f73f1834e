"""How fast small files are copied when the store is far, and that a copy within a store moves no byte through here.

Run: python benchmarks/latency.py [--small N] [--latency MS]. The S3 server is behind a wire on which each request takes
its time, as it does on a network; there, how many files are under way counts more than what each takes of a core.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.copying import Measured, Ways, make, one
from benchmarks.measuring import measured
from benchmarks.reporting import Answer, Bars, Promise, keep
from benchmarks.slow_wire import SlowWire, slow_wire
from tests.services.object_servers import running_s3

AT_ONCE = (4, 16, 64)
PEERS = ("rclone", "rclone, 64 at once", "s5cmd")
COLUMNS = ["way", "tool", "files/s", "seconds", "CPU s", "peak MB", "requests", "MB through the client"]
REMARKS = [
    "16 at once is what a backup does for one table unless told otherwise: `files_at_once`, up to 256.",
    "s5cmd has 256 files under way, rclone 4 unless told otherwise; neither hashes what it copies.",
    "The wire is Python on the same two cores: where many are under way, it bounds the fastest of all tools.",
    (
        "Bytes are counted on the wire. A small file between buckets is read and written by BCN, which is two requests;"
        " a server-side copy that is checked before it appears would be four."
    ),
]


@dataclass(frozen=True, slots=True)
class Moved:
    """One tool on one way: what it took, and how many bytes it passed through its connections."""

    way: str
    tool: str
    run: Measured
    passed: int


def main() -> None:
    """Measure, and keep the answer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", type=int, default=2000, help="how many small files")
    parser.add_argument("--kilobytes", type=int, default=30, help="of how many KB each")
    parser.add_argument("--megabytes", type=int, default=64, help="size of each of four large files")
    parser.add_argument("--latency", type=int, default=20, help="milliseconds on the way of each request")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        running = running_s3(folder / "server", keep_alive=True)
        with running as server, slow_wire(server, options.latency / 1000) as wire:
            ways = Ways(folder, replace(server, endpoint=wire.endpoint), AT_ONCE[0])
            small = list(_small(ways, wire, options.small, options.kilobytes * 1024))
            large = _large(ways, wire, options.megabytes * 2**20)
    keep(_answer(small, large, options))


def _small(ways: Ways, wire: SlowWire, count: int, size: int) -> Iterator[Moved]:
    make(ways.folder / "small", count, size)
    local, lake, backups = (ways.place(where, "small") for where in ("local", "lake", "backups"))
    yield from _race(ways, wire, "local → S3", local, backups)
    measured(ways.commands(local, lake)["s5cmd"], ways.environment)
    yield from _race(ways, wire, "S3 → local", lake, str(ways.folder / "kept"))
    yield from _race(ways, wire, "S3 → S3", lake, backups)


def _large(ways: Ways, wire: SlowWire, size: int) -> Moved:
    """BCN's copy of four files between two buckets."""
    make(ways.folder / "large", 4, size)
    source, target = ways.place("lake", "large"), ways.place("backups", "large")
    # By another tool, as a lake's are: this server tells no digest of its copy of an object with a checksum of parts.
    measured(ways.commands(str(ways.folder / "large"), source)["s5cmd"], ways.environment)
    return next(_race(ways, wire, "four large files, S3 → S3", source, target))


def _race(ways: Ways, wire: SlowWire, way: str, source: str, target: str) -> Iterator[Moved]:
    said = ways.commands(source, target)
    commands = {f"BCN, {count} at once": [*said["BCN"], "--workers", str(count)] for count in AT_ONCE}
    commands |= {
        PEERS[0]: said["rclone"],
        PEERS[1]: [*said["rclone"], "--transfers", "64", "--checkers", "64"],
    }
    commands |= {PEERS[2]: said["s5cmd"]}
    for tool, command in commands.items():
        before = wire.passed
        run = one(ways, command, target, 1)
        yield Moved(way, tool, run, wire.passed - before)


def _answer(small: list[Moved], large: Moved, options: argparse.Namespace) -> Answer:
    ratios = _ratios(small)
    return Answer(
        name="latency",
        question="Small files in a store that is far: BCN, rclone and s5cmd",
        command=f"python benchmarks/latency.py --small {options.small} --latency {options.latency}",
        columns=COLUMNS,
        rows=[_row(moved, 4 if moved is large else options.small) for moved in [*small, large]],
        promises=[
            *(_promise(way, ratio) for way, ratio in ratios.items()),
            _moves_no_byte(large, 4 * options.megabytes * 2**20),
        ],
        remarks=[
            f"{options.small:,} files of {options.kilobytes} KB; each request is {options.latency} ms under way.",
            *REMARKS,
        ],
        bars=Bars(
            "BCN's small files a second over the fastest peer's (longer is better)", "times", _named(ratios)
        ),
    )


def _named(ratios: dict[str, float]) -> dict[str, float]:
    return {f"BCN, {AT_ONCE[-1]} at once, {way}": ratio for way, ratio in ratios.items()}


def _ratios(small: list[Moved]) -> dict[str, float]:
    """BCN's speed over that of the fastest peer, on each way."""
    taken: dict[str, dict[str, float]] = {}
    for moved in small:
        taken.setdefault(moved.way, {})[moved.tool] = moved.run.cost.seconds
    ours = f"BCN, {AT_ONCE[-1]} at once"
    return {way: min(tools[peer] for peer in PEERS) / tools[ours] for way, tools in taken.items()}


def _promise(way: str, ratio: float) -> Promise:
    text = f"small files, {way}: at least 2.0 times the throughput of the fastest peer"
    return Promise(text, f"{ratio:.2f} times", ratio >= 2.0)


def _moves_no_byte(large: Moved, size: int) -> Promise:
    return Promise(
        "server-side copies of large files: less than a thousandth of their bytes through the client",
        f"{large.passed:,} bytes, requests and answers, for {size:,}",
        large.passed < size / 1000,
    )


def _row(moved: Moved, count: int) -> list[str]:
    cost = moved.run.cost
    spent = [f"{cost.seconds:.2f}", f"{cost.cpu_seconds:.2f}", f"{cost.peak_megabytes:.0f}"]
    rate = f"{count / cost.seconds:,.0f}"
    return [moved.way, moved.tool, rate, *spent, f"{moved.run.requests:,}", f"{moved.passed / 2**20:,.2f}"]


if __name__ == "__main__":
    main()
