"""An estimate against the operation that then runs, counted request by request on a real S3 server."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from bcn_core.backup import Backup, back_up
from bcn_core.catalogs.files_only import FilesOnly
from bcn_core.estimate import (
    estimate_backup,
    estimate_prune,
    estimate_restore,
    estimate_verify,
    imagined,
)
from bcn_core.events import silent
from bcn_core.names import Scope
from bcn_core.repository.pins import this_process
from bcn_core.repository.repository import Repository
from bcn_core.restore import Restore, RestoreRequest, plan_restore, restore_all
from bcn_core.retention import Policy, Pruned, Rules, apply_prune, plan_prune
from bcn_core.verify import EVERYTHING, Slice, Verification, verify_repository
from tests.builders.many_pits import ManyPits
from tests.services.counting import Counting, counting, told
from tests.services.object_servers import ObjectServer
from tests.warehouse.source import make

SIZES = [(1, 1), (3, 2), (10, 1)]
"""Tables, and files of each."""


@pytest.fixture
def lab(s3: ObjectServer, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Counting]:
    name = "".join(char if char.isalnum() else "-" for char in request.node.name)
    with counting(s3, tmp_path, name) as found:
        yield found


@pytest.mark.parametrize(("tables", "files"), SIZES)
def test_a_first_backup_asks_what_was_told(lab: Counting, tables: int, files: int) -> None:
    lab.fill(tables, files)
    store = lab.stores.at(lab.place)
    estimate = estimate_backup(lab.backup(imagined(store, Scope("shop"), lab.catalog)), is_made=False)

    assert told(estimate) == lab.asked(lambda: back_up(lab.backup(lab.made())))
    assert estimate.bytes_new == lab.repository.pit(lab.repository.pits()[-1]).counts.bytes_new


@pytest.mark.parametrize(("tables", "files"), SIZES)
def test_later_backups_ask_what_was_told(lab: Counting, tables: int, files: int) -> None:
    lab.fill(tables, files)
    backup = lab.backup(lab.made())
    back_up(backup)
    unchanged = estimate_backup(backup)
    asked = lab.asked(lambda: back_up(backup))
    lab.grow("db0.t0")
    one_changed = estimate_backup(backup)

    assert told(unchanged) == asked
    assert told(one_changed) == lab.asked(lambda: back_up(backup))
    assert (0, 4) == (unchanged.files_new, one_changed.files_new)


def test_an_estimate_writes_nothing(lab: Counting) -> None:
    lab.fill(1, 1)
    store = lab.stores.at(lab.place)

    asked = lab.asked(
        lambda: estimate_backup(lab.backup(imagined(store, Scope("shop"), lab.catalog)), is_made=False)
    )

    assert {"GET", "LIST"} == set(asked)


@pytest.fixture
def kept(lab: Counting) -> Repository:
    """Three tables and four PITs, of which one found nothing new."""
    lab.fill(3, 2)
    repository = lab.made()
    backup = lab.backup(repository)
    for table in ("", "", "db0.t0", "db1.t1"):
        if table:
            lab.grow(table)
        back_up(backup)
    return repository


def test_a_restore_elsewhere_asks_what_was_told(lab: Counting, kept: Repository) -> None:
    restore = Restore(kept, FilesOnly(), lab.stores)
    request = RestoreRequest(
        target_location=f"{lab.place.replace('backups', 'standby')}/{{database}}/{{table}}"
    )
    estimate = estimate_restore(restore, request)

    assert told(estimate) == lab.asked(lambda: restore_all(restore, plan_restore(restore, request)))


def test_a_restore_to_its_old_place_asks_what_was_told(lab: Counting, kept: Repository) -> None:
    lab.users.drop_table("db0.t0")
    lost = lab.stores.at(f"{lab.place.replace('backups', 'lake')}/db0/t0")
    for one in list(lost.list("")):
        lost.delete(one.key)
    restore, request = Restore(kept, lab.catalog, lab.stores), RestoreRequest(tables=("db0.t0",))
    estimate = estimate_restore(restore, request)

    assert told(estimate) == lab.asked(lambda: restore_all(restore, plan_restore(restore, request)))


@pytest.mark.parametrize("level", [Slice(), Slice(1, 2), EVERYTHING])
def test_a_check_asks_and_reads_what_was_told(lab: Counting, kept: Repository, level: Slice) -> None:
    estimate = estimate_verify(kept, level)
    done: list[Verification] = []

    assert told(estimate) == lab.asked(lambda: done.append(verify_repository(kept, level, silent)))
    assert estimate.bytes_new == done[0].bytes_read


@pytest.mark.parametrize(("last", "days"), [(1, 0), (2, 0), (1, 3), (9, 3)])
def test_a_prune_asks_and_frees_what_was_told(lab: Counting, kept: Repository, last: int, days: int) -> None:
    rules = Rules(Policy(last=last), grace=timedelta(days=days))
    estimate = estimate_prune(kept, rules)
    done: list[Pruned] = []

    assert told(estimate) == lab.asked(
        lambda: done.append(apply_prune(kept, plan_prune(kept, rules), this_process("bcn prune")))
    )
    assert (0 if days else -estimate.growth) == done[0].swept.bytes


@pytest.fixture
def paged(lab: Counting, tmp_path: Path) -> Backup:
    """So many PITs that a listing of their folder takes two requests."""
    many = ManyPits(tmp_path / "many", lab.stores.at(lab.place))
    many.make(20, 505)
    return Backup(lab.repository, many.source.bcn(), lab.stores, this_process("bcn backup"))


def test_further_pages_of_pits_are_told(lab: Counting, paged: Backup) -> None:
    backup = estimate_backup(paged)
    asked = lab.asked(lambda: back_up(paged))
    rules = Rules(Policy(last=503), grace=timedelta(0))
    prune = estimate_prune(paged.repository, rules)

    assert told(backup) == asked
    assert told(prune) == lab.asked(
        lambda: apply_prune(paged.repository, plan_prune(paged.repository, rules), this_process("bcn prune"))
    )
    assert (3, 6) == (backup.counts["further page of PITs"], prune.counts["further page of PITs"] - 1)


def test_a_large_file_is_told_to_be_copied_by_the_store(lab: Counting) -> None:
    table = make(lab.users, "db0.t0")
    table.append(large_rows())
    backup = lab.backup(lab.made())
    estimate = estimate_backup(backup)

    assert told(estimate) == lab.asked(lambda: back_up(backup))
    assert (1, True) == (estimate.requests.copy, estimate.moved.within > estimate.moved.read)


def large_rows() -> pa.Table:
    """More than 8 MiB that no codec makes less of."""
    texts = [os.urandom(512 * 1024).hex() for _ in range(24)]
    return pa.table({"id": pa.array(range(24), pa.int64()), "city": texts})
