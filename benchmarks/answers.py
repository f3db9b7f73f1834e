"""How soon the command answers: its help, and lists of a repository of thousands of PITs and tables.

The repository is synthetic: two real backups, then the second one repeated as a source that does not change would have
it, sealed and chained. S3 is the strict server of the services tests, asked through a wire that counts.
"""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.measuring import Cost, bcn, cheapest, measured
from benchmarks.reporting import Answer, Bars, Promise, keep
from tests.builders.many_pits import ManyPits
from tests.services.object_servers import ObjectServer, running_s3
from tests.services.wire import Exchange, spoiled

HELP_SECONDS, LIST_SECONDS = 0.15, 1.0
TIMES = 5
# The requests follow from the number of PITs and months, not of tables.
TABLES_ON_S3, PITS_ON_S3 = 20, 2000
REMARKS = [
    f"The best of {TIMES} runs of a fresh process; `python -c pass` is the interpreter alone.",
    "A LIST shows 1,000 keys, and a PIT has two: plan and manifest. A month of PITs is one GET.",
]


def main(tables: int, pits: int) -> None:
    """Measure everything and keep the answer."""
    with tempfile.TemporaryDirectory() as folder:
        lists = _lists(Path(folder), tables, pits)
        requests = _requests(Path(folder) / "s3")
    costs = _starts() | lists
    keep(
        Answer(
            name="answers",
            question="How soon does it answer?",
            command=f"python benchmarks/answers.py --tables {tables} --pits {pits}",
            columns=["command", "s", "CPU s"],
            rows=[[f"`{name}`", *_figures(cost)] for name, cost in costs.items()],
            promises=[
                _soon("`bcn --help`", costs["bcn --help"].seconds, HELP_SECONDS),
                _soon(
                    f"`bcn list` of {pits:,} PITs of {tables:,} tables", _slowest_list(costs), LIST_SECONDS
                ),
                _no_manifests(requests),
            ],
            remarks=REMARKS,
            bars=Bars("Answers (s)", "s", {name: cost.seconds for name, cost in costs.items()}),
        )
    )


def _soon(what: str, seconds: float, bound: float) -> Promise:
    return Promise(f"{what} under {bound:g} s", f"{seconds:.2f} s", seconds < bound)


def _slowest_list(costs: dict[str, Cost]) -> float:
    return max(costs["bcn list"].seconds, costs["bcn list --json"].seconds)


def _no_manifests(requests: Counter[str]) -> Promise:
    return Promise(
        f"a list of {PITS_ON_S3:,} PITs on S3 reads no PIT's manifest",
        ", ".join(f"{count} {name}" for name, count in sorted(requests.items())),
        "manifest GET" not in requests,
    )


def _figures(cost: Cost) -> list[str]:
    return [f"{cost.seconds:.2f}", f"{cost.cpu_seconds:.2f}"]


def _starts() -> dict[str, Cost]:
    commands: dict[str, Sequence[str | Path]] = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "import bcn_core": [sys.executable, "-c", "import bcn_core"],
        "bcn --help": [bcn(), "--help"],
        "import bcn_dagster.definitions": [sys.executable, "-c", "import bcn_dagster.definitions"],
    }
    return {name: _best(command) for name, command in commands.items()}


def _lists(folder: Path, tables: int, pits: int) -> dict[str, Cost]:
    ManyPits(folder).make(tables, pits)
    asked = {
        "bcn list": ["list"],
        "bcn list --json": ["list", "--json"],
        "bcn list --pit latest": ["list", "--pit", "latest"],
        "bcn list --pit latest --database d0000": ["list", "--pit", "latest", "--database", "d0000"],
        "bcn describe --pit latest": ["describe", "--pit", "latest"],
    }
    place = ["--repo", str(folder / "repository")]
    return {name: _best([bcn(), *arguments, *place]) for name, arguments in asked.items()}


def _best(command: Sequence[str | Path]) -> Cost:
    return cheapest(lambda: measured(command), TIMES)


def _requests(folder: Path) -> Counter[str]:
    """What `bcn list` asks of S3, by kind; manifests of PITs are told apart."""
    with running_s3(folder) as server, spoiled(server.endpoint) as wire:
        ManyPits(folder / "lake", server.stores().at("s3://backups/answers")).make(TABLES_ON_S3, PITS_ON_S3)
        measured([bcn(), "list", "--repo", "s3://backups/answers"], _account(server, wire.address))
        return Counter(map(_kind, wire.passed))


def _account(server: ObjectServer, address: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": server.user,
        "AWS_SECRET_ACCESS_KEY": server.secret,
        "AWS_REGION": "us-east-1",
    }


def _kind(one: Exchange) -> str:
    place = urlsplit(one.target)
    if "list-type" in parse_qs(place.query):
        return "LIST"
    return f"manifest {one.method}" if "/pit_manifests/" in place.path else one.method


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=10_000)
    parser.add_argument("--pits", type=int, default=5_000)
    given = parser.parse_args()
    main(given.tables, given.pits)
