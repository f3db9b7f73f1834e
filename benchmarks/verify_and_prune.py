"""Reading a whole repository against SHA-256 tools on the same files, and pruning a fifth of its PITs.

The repository to verify is one real backup of a few large tables. The one to prune is synthetic: captures written by
BCN's own code whose objects are empty files, in two sizes, so that what grows with the objects is seen as a slope.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.measuring import Cost, bcn, cheapest, measured
from benchmarks.reporting import Answer, Bars, Promise, keep

RCLONE = Path(sys.prefix) / "bin" / "rclone"
CORES = "2"
OWN = "bcn verify --read-all"
MOST_TIMES_OF_PEER = 1.15
MOST_MINUTES = 30
WANTED = 10_000_000
# Of the objects asked for: what grows with them is the slope between the two.
SIZES = (0.1, 1.0)
COMMAND = "python benchmarks/verify_and_prune.py"
REMARKS = [
    f"All {CORES} cores for each. The peers know no digest to compare with; they print it.",
    "Start: the same command on a repository of a few bytes. The ratio counts the rest.",
    "The seconds of a prune include the plan, which lists everything once; so does the removal.",
    "Objects to prune are empty local files; on S3 a thousand go in one request.",
]


@dataclass(frozen=True, slots=True)
class Checked:
    """What one tool took for the large files, and for a few bytes."""

    cost: Cost
    start: float
    megabytes: int

    @property
    def megabytes_per_second(self) -> float:
        """Without the start."""
        return self.megabytes * 1.048576 / max(self.cost.seconds - self.start, 0.001)


def main(megabytes: int, objects: int, pits: int) -> None:
    """Measure both and keep the answer."""
    with tempfile.TemporaryDirectory() as folder:
        checks = _checks(Path(folder), megabytes)
    prunes = {int(objects * part): _prune(int(objects * part), pits) for part in SIZES}
    keep(
        Answer(
            name="verify_and_prune",
            question="How fast is everything read and checked, and what does a prune take?",
            command=f"{COMMAND} --megabytes {megabytes} --objects {objects} --pits {pits}",
            columns=["what", "s", "of them start", "MB/s without it", "CPU s", "peak MB"],
            rows=[
                *([name, *_check_cells(one)] for name, one in checks.items()),
                *([f"prune of {count:,} objects", *_prune_cells(cost)] for count, cost in prunes.items()),
            ],
            promises=[_as_fast(checks), _in_minutes(prunes, pits)],
            remarks=[
                *REMARKS,
                f"Prune, by size: {_bytes_of_an_object(prunes):.0f} bytes of memory for each object more.",
            ],
            bars=Bars(
                "Read and checked, without start (MB/s, longer is better)",
                "MB/s",
                {name: one.megabytes_per_second for name, one in checks.items()},
            ),
        )
    )


def _as_fast(checks: dict[str, Checked]) -> Promise:
    own = checks[OWN]
    peer = max((name for name in checks if name != OWN), key=lambda name: checks[name].megabytes_per_second)
    ratio = checks[peer].megabytes_per_second / own.megabytes_per_second
    whole = own.cost.seconds / checks[peer].cost.seconds
    return Promise(
        "`verify --read-all` at the speed of reading plus SHA-256",
        f"{ratio:.2f} times the time of {peer}; {whole:.2f} times with both starts",
        ratio <= MOST_TIMES_OF_PEER,
    )


def _in_minutes(prunes: dict[int, Cost], pits: int) -> Promise:
    small, large = min(prunes), max(prunes)
    slope = (prunes[large].seconds - prunes[small].seconds) / (large - small)
    minutes = (prunes[large].seconds + slope * (WANTED - large)) / 60
    line = "" if large == WANTED else f"; {minutes:.0f} min on the line to {WANTED:,}"
    return Promise(
        f"prune of a fifth of {pits:,} PITs in minutes on {WANTED:,} objects",
        f"{prunes[large].seconds:.0f} s on {large:,}{line}",
        minutes <= MOST_MINUTES,
    )


def _bytes_of_an_object(prunes: dict[int, Cost]) -> float:
    small, large = min(prunes), max(prunes)
    more = prunes[large].peak_megabytes - prunes[small].peak_megabytes
    return more * 2**20 / (large - small)


def _check_cells(one: Checked) -> list[str]:
    rate = f"{one.megabytes_per_second:,.0f}"
    return [f"{one.cost.seconds:.1f}", f"{one.start:.1f}", rate, *_figures(one.cost)]


def _prune_cells(cost: Cost) -> list[str]:
    return [f"{cost.seconds:.1f}", "", "", *_figures(cost)]


def _figures(cost: Cost) -> list[str]:
    return [f"{cost.cpu_seconds:.1f}", f"{cost.peak_megabytes:.0f}"]


def _checks(folder: Path, megabytes: int) -> dict[str, Checked]:
    _in_child("large", str(folder / "large"), str(megabytes))
    _in_child("small", str(folder / "small"))
    small = _commands(folder / "small/repository")
    return {
        name: Checked(
            cheapest(partial(measured, command)), cheapest(partial(measured, small[name])).seconds, megabytes
        )
        for name, command in _commands(folder / "large/repository").items()
    }


def _commands(repository: Path) -> dict[str, Sequence[str | Path]]:
    data = repository / "catalogs"
    each = f"find {data} -type f -print0 | xargs -0 -n1 -P{CORES}"
    return {
        OWN: [bcn(), "verify", "--read-all", "--repo", repository],
        "sha256sum by xargs": ["sh", "-c", f"{each} sha256sum"],
        "openssl by xargs": ["sh", "-c", f"{each} openssl dgst -sha256"],
        "rclone hashsum": [RCLONE, "hashsum", "sha256", "--checkers", CORES, data],
    }


def _prune(objects: int, pits: int) -> Cost:
    """The run that removes what waits; condemning comes first, as it does for a user whose grace is over.

    Ten million files are two thirds of the inodes of a small disk: they go before the next ones are made.
    """
    with tempfile.TemporaryDirectory() as place:
        _in_child("many", place, str(objects), str(pits))
        rules = ["--keep-last", str(pits - pits // 5), "--grace", "1m", "--orphans-after", "1m"]
        return measured([bcn(), "prune", "--repo", f"{place}/repository", "--apply", *rules])


def _in_child(*arguments: str) -> None:
    """What was made must not stay in this process: the memory of a child counts from its parent's."""
    subprocess.run([sys.executable, __file__, "--make", *arguments], check=True)


def _make(kind: str, place: Path, *sizes: int) -> None:
    from benchmarks.many_objects import ManyObjects

    made = ManyObjects(place)
    if kind == "large":
        made.large(*sizes)
    elif kind == "small":
        made.small()
    else:
        made.many(*sizes)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=8192)
    parser.add_argument("--objects", type=int, default=WANTED)
    parser.add_argument("--pits", type=int, default=5000)
    parser.add_argument("--make", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.make:
        _make(given.make[0], Path(given.make[1]), *map(int, given.make[2:]))
    else:
        main(given.megabytes, given.objects, given.pits)
