"""What each operation asks of S3: counted on a real server, beside what `bcn estimate` told before.

Run: python benchmarks/requests_asked.py [--tables 1 3 10] [--files 2].

Versity's S3 gateway stands behind a wire that counts.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bcn_core.backup import Backup, back_up
from bcn_core.catalogs.files_only import FilesOnly
from bcn_core.estimate import (
    Estimate,
    estimate_backup,
    estimate_prune,
    estimate_restore,
    estimate_verify,
)
from bcn_core.events import silent
from bcn_core.repository.pins import this_process
from bcn_core.repository.repository import Repository
from bcn_core.restore import Restore, RestoreRequest, plan_restore, restore_all
from bcn_core.retention import Policy, Rules, apply_prune, plan_prune
from bcn_core.verify import EVERYTHING, Slice, verify_repository
from benchmarks.reporting import Answer, Promise, keep
from tests.services.counting import Counting, counting, told
from tests.services.object_servers import running_s3

CLASSES = ("GET", "PUT", "LIST", "HEAD", "DELETE", "POST", "COPY")
ONE = Rules(Policy(last=1), grace=timedelta(0))


@dataclass(frozen=True, slots=True)
class Row:
    """One operation on so many tables; ``is_equal``: it asked what was told, class by class."""

    what: str
    tables: int
    asked: dict[str, int]
    is_equal: bool


def main() -> None:
    """Count, and keep the answer."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--tables", type=int, nargs="+", default=[1, 3, 10])
    asked.add_argument("--files", type=int, default=2)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder, running_s3(Path(folder) / "s3") as server:
        rows: list[Row] = []
        for tables in options.tables:
            with counting(server, Path(folder), f"of{tables}") as lab:
                lab.fill(tables, options.files)
                rows += _all_of(lab, tables)
    keep(_answer(rows, f"--tables {' '.join(map(str, options.tables))} --files {options.files}"))


def _all_of(lab: Counting, tables: int) -> Iterator[Row]:
    """One operation after the other, each told and then counted."""

    def row(what: str, estimate: Estimate, work: Callable[[], object]) -> Row:
        found = dict(lab.asked(work))
        return Row(what, tables, found, told(estimate) == found)

    repository = lab.made()
    backup = lab.backup(repository)
    yield row("backup: the first", estimate_backup(backup), lambda: back_up(backup))
    yield row("backup: nothing changed", estimate_backup(backup), lambda: back_up(backup))
    lab.grow("db0.t0")
    yield row("backup: one table changed", estimate_backup(backup), lambda: back_up(backup))
    yield _restored(lab, backup, row)
    yield from _kept(repository, row)


def _restored(lab: Counting, backup: Backup, row: Callable[..., Row]) -> Row:
    restore = Restore(backup.repository, FilesOnly(), lab.stores)
    place = lab.place.replace("backups", "standby")
    request = RestoreRequest(target_location=f"{place}/{{database}}/{{table}}")
    estimate = estimate_restore(restore, request)
    return row("restore: elsewhere", estimate, lambda: restore_all(restore, plan_restore(restore, request)))


def _kept(repository: Repository, row: Callable[..., Row]) -> Iterator[Row]:
    for name, level in (("verify", Slice()), ("verify --read-all", EVERYTHING)):
        estimate = estimate_verify(repository, level)
        yield row(name, estimate, lambda level=level: verify_repository(repository, level, silent))
    owner = this_process("bcn prune")
    estimate = estimate_prune(repository, ONE)
    yield row(
        "prune: two of three PITs",
        estimate,
        lambda: apply_prune(repository, plan_prune(repository, ONE), owner),
    )


def _answer(rows: list[Row], options: str) -> Answer:
    equal = sum(row.is_equal for row in rows)
    shown = sorted(rows, key=lambda row: [one.what for one in rows].index(row.what))
    return Answer(
        name="requests",
        question="What does each operation ask of S3, and does `bcn estimate` know it before?",
        command=f"python benchmarks/requests_asked.py {options}",
        columns=["operation", "tables", *CLASSES, "as told"],
        rows=[
            [
                row.what,
                str(row.tables),
                *(str(row.asked.get(one, 0)) for one in CLASSES),
                "yes" if row.is_equal else "**no**",
            ]
            for row in shown
        ],
        promises=[
            Promise(
                "the estimate is what is asked then, class by class",
                f"{equal} of {len(rows)} operations",
                equal == len(rows),
            )
        ],
        remarks=[
            "Counted by a wire in front of Versity's S3 gateway.",
            "What each row is made of: [requests and bytes of every operation](reference/requests.md).",
        ],
    )


if __name__ == "__main__":
    main()
