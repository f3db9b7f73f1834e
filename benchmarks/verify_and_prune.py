"""Reading a whole repository against SHA-256 tools on the same files, and pruning a fifth of its PITs.

The repository to verify is one real backup of a few large tables. The one to prune is synthetic: captures written by
BCN's own code whose objects are empty files, in three sizes, so that what grows with the objects is seen as a slope.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.measuring import Cost, bcn, cheapest, measured
from benchmarks.reporting import Answer, Bars, Promise, keep

RCLONE = Path(sys.prefix) / "bin" / "rclone"
CORES = "2"
MOST_TIMES_OF_PEER = 1.15
MOST_MINUTES = 30
WANTED = 10_000_000
SIZES = (0.25, 0.5, 1.0)


def main(megabytes: int, objects: int, pits: int) -> None:
    """Measure both and keep the answer."""
    with tempfile.TemporaryDirectory() as folder:
        checks = _checks(Path(folder), megabytes)
        prunes = {int(objects * part): _prune(Path(folder), int(objects * part), pits) for part in SIZES}
    own = checks["bcn verify --read-all"]
    peer = min((name for name in checks if not name.startswith("bcn")), key=lambda name: checks[name].seconds)
    ratio = own.seconds / checks[peer].seconds
    small, large = min(prunes), max(prunes)
    slope = (prunes[large].seconds - prunes[small].seconds) / (large - small)
    minutes = (prunes[large].seconds + slope * (WANTED - large)) / 60
    memory = (prunes[large].peak_megabytes - prunes[small].peak_megabytes) / (large - small)
    keep(
        Answer(
            name="verify_and_prune",
            question="How fast is everything read and checked, and what does a prune take?",
            command=(
                f"python benchmarks/verify_and_prune.py --megabytes {megabytes} --objects {objects} --pits {pits}"
            ),
            columns=["what", "s", "CPU s", "peak MB"],
            rows=[
                *([name, *_figures(cost)] for name, cost in checks.items()),
                *([f"prune of {count:,} objects", *_figures(cost)] for count, cost in prunes.items()),
            ],
            promises=[
                Promise(
                    "`verify --read-all` at the speed of reading plus SHA-256",
                    f"{ratio:.2f} times the wall time of {peer}",
                    ratio <= MOST_TIMES_OF_PEER,
                ),
                Promise(
                    f"prune of a fifth of {pits:,} PITs in minutes on {WANTED:,} objects",
                    f"{prunes[large].seconds:.0f} s on {large:,}; {minutes:.0f} min on the line to {WANTED:,}",
                    minutes <= MOST_MINUTES,
                ),
            ],
            remarks=[
                f"All {CORES} cores for each. The peers know no digest to compare with; they print it.",
                f"Prune, by size: {memory * 1e6:.0f} bytes of memory for each object more. It includes the plan.",
                "Objects to prune are empty local files; on S3 a thousand go in one request.",
            ],
            bars=Bars("Read and checked (s)", "s", {name: cost.seconds for name, cost in checks.items()}),
        )
    )


def _figures(cost: Cost) -> list[str]:
    return [f"{cost.seconds:.1f}", f"{cost.cpu_seconds:.1f}", f"{cost.peak_megabytes:.0f}"]


def _checks(folder: Path, megabytes: int) -> dict[str, Cost]:
    place = folder / "large"
    _in_child("large", str(place), str(megabytes))
    data = place / "repository" / "catalogs"
    commands: dict[str, Sequence[str | Path]] = {
        "bcn verify --read-all": [bcn(), "verify", "--read-all", "--repo", place / "repository"],
        "sha256sum by xargs": ["sh", "-c", f"find {data} -type f -print0 | xargs -0 -n1 -P{CORES} sha256sum"],
        "openssl by xargs": [
            "sh",
            "-c",
            f"find {data} -type f -print0 | xargs -0 -n1 -P{CORES} openssl dgst -sha256",
        ],
        "rclone hashsum": [RCLONE, "hashsum", "sha256", "--checkers", CORES, data],
    }
    return {name: cheapest(partial(measured, command)) for name, command in commands.items()}


def _prune(folder: Path, objects: int, pits: int) -> Cost:
    """The run that removes what waits; condemning comes first, as it does for a user whose grace is over."""
    place = folder / f"prune-{objects}"
    _in_child("many", str(place), str(objects), str(pits))
    rules = ["--keep-last", str(pits - pits // 5), "--grace", "1m", "--orphans-after", "1m"]
    return measured([bcn(), "prune", "--repo", place / "repository", "--apply", *rules])


def _in_child(*arguments: str) -> None:
    """What was made must not stay in this process: the memory of a child counts from its parent's."""
    subprocess.run([sys.executable, __file__, "--make", *arguments], check=True)


def _make(kind: str, place: Path, *sizes: int) -> None:
    from benchmarks.many_objects import ManyObjects

    made = ManyObjects(place)
    if kind == "large":
        made.large(*sizes)
    else:
        made.many(*sizes)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=2048)
    parser.add_argument("--objects", type=int, default=1_000_000)
    parser.add_argument("--pits", type=int, default=500)
    parser.add_argument("--make", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.make:
        _make(given.make[0], Path(given.make[1]), *map(int, given.make[2:]))
    else:
        main(given.megabytes, given.objects, given.pits)
