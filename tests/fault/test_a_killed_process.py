"""A real backup process is killed with SIGKILL at random moments; each time, running it again is enough."""

import multiprocessing
import random
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from bcn_core.backup import back_up
from bcn_core.repository.repository import Repository
from bcn_core.restore import RestoreRequest
from bcn_core.storage.local import LocalStore
from tests.fault.crashing import read_whole
from tests.warehouse.readers import histories
from tests.warehouse.runs import Lab, new_repository
from tests.warehouse.source import Place, append, make

KILLS = 10


@dataclass(frozen=True, slots=True)
class Killed:
    """One kill: whether the process had finished by then, and what the next plain run made of it."""

    finished: bool
    pits_readable: bool
    again: str


def _back_up(source: Path, repository: Path, begun: Connection) -> None:
    lab = Lab.of(Place(source), repository=Repository.open(LocalStore(repository)))
    backup = lab.backup(tables_at_once=1, files_at_once=1)
    begun.send("ready")
    back_up(backup)


def backup_and_kill(lab: Lab, folder: Path, delay: float) -> bool:
    """Back up in a process of its own, kill it after some seconds; whether it was faster than that."""
    # Each child is forked off a server that has the libraries loaded: a fresh start would take seconds.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pyiceberg.catalog.sql", "pyarrow.parquet", "polars", __name__])
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_back_up, args=(lab.source.folder, folder, there))
    process.start()
    there.close()
    assert here.recv() == "ready"
    time.sleep(delay)
    process.kill()
    process.join()
    return process.exitcode == 0


@dataclass(frozen=True, slots=True)
class Survived:
    """The repository after all kills."""

    lab: Lab
    kills: list[Killed]


@pytest.fixture(scope="module")
def survived(tmp_path_factory: pytest.TempPathFactory) -> Survived:
    home = tmp_path_factory.mktemp("killed")
    source = Place(home / "source")
    catalog = source.pyiceberg()
    tables = [make(catalog, f"sales.t{number}") for number in range(3)]
    lab = Lab.of(source, repository=new_repository(source, LocalStore(home / "repository")))
    kills = []
    moments = random.Random(20261120)
    for number in range(KILLS):
        for table in tables:
            append(table, number * 10, 2)
        finished = backup_and_kill(lab, home / "repository", moments.uniform(0.005, 0.25))
        readable = all(read_whole(lab.repository, pit) for pit in lab.repository.pits())
        kills.append(Killed(finished, readable, back_up(lab.backup()).status))
    return Survived(lab, kills)


def test_some_backups_were_killed_before_their_end(survived: Survived) -> None:
    assert any(not kill.finished for kill in survived.kills)


@pytest.mark.fault(2)
def test_after_each_kill_every_pit_is_whole(survived: Survived) -> None:
    assert [True] * KILLS == [kill.pits_readable for kill in survived.kills]


@pytest.mark.fault(2)
def test_after_each_kill_a_plain_run_takes_a_complete_pit(survived: Survived) -> None:
    assert ["complete"] * KILLS == [kill.again for kill in survived.kills]


def test_what_killed_runs_left_is_not_listed_as_a_pit(survived: Survived) -> None:
    repository = Repository.open(survived.lab.repository.store)

    assert set(repository.pits()).isdisjoint(repository.unfinished())


@pytest.mark.fault(2)
def test_the_last_pit_restores_the_rows(survived: Survived) -> None:
    expected = histories(survived.lab.source.pyiceberg())
    survived.lab.source.lose()

    survived.lab.restore(RestoreRequest())

    assert expected == histories(survived.lab.target.pyiceberg())
