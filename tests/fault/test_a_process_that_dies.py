"""A process that copies for a run is killed while it copies: a restore goes on with its other tables, and resumes."""

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from bcn_core.backup import back_up
from bcn_core.copying import Copied, Copy
from bcn_core.processes.pool import Processes, Spread
from bcn_core.processes.talking import ProcessLost
from bcn_core.restore import RestoreRequest, plan_restore, restore_all
from bcn_core.storage.local import LocalStore
from bcn_core.storage.opening import Stores
from tests.warehouse.readers import histories
from tests.warehouse.runs import Lab, new_repository
from tests.warehouse.source import Place, append, make


class Dying:
    """Copies by processes, all of which are killed before a file of some table is copied."""

    def __init__(self, processes: Processes, table: str) -> None:
        self._processes = processes
        self._table = table

    def __call__(self, copy: Copy) -> Copied:
        if f"/{self._table}/" in f"/{copy.source_key}":
            for one in self._processes._started:
                os.kill(one._process.pid, signal.SIGKILL)
        return self._processes.carry_out(copy)


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    source = Place(tmp_path / "source")
    catalog = source.pyiceberg()
    for name in ("first", "second"):
        append(make(catalog, f"sales.{name}"), 0, 2)
    return Lab.of(source, repository=new_repository(source, LocalStore(tmp_path / "repository")))


@pytest.mark.fault(2)
def test_a_backup_whose_process_dies_publishes_nothing_and_the_next_one_is_whole(lab: Lab) -> None:
    with Processes(Stores(), Spread(2, 2)) as processes, pytest.raises(ProcessLost):
        back_up(lab.backup(copier=Dying(processes, "second"), tables_at_once=1))
    assert [] == lab.repository.pits()

    assert "complete" == lab.take().status


@pytest.mark.fault(2)
def test_a_restore_whose_process_dies_names_the_table_and_the_next_one_ends_it(lab: Lab) -> None:
    lab.take()
    request = RestoreRequest()
    with Processes(Stores(), Spread(2, 2)) as processes:
        dying = replace(lab.restorer(), copier=Dying(processes, "second"), tables_at_once=1)
        failed = restore_all(dying, plan_restore(dying, request)).failed

    again = lab.restore(replace(request, on_conflict="skip"))

    assert (["sales.second"], ()) == ([str(one.plan.target) for one in failed], again.failed)
    assert histories(lab.source.pyiceberg()) == histories(lab.target.pyiceberg())
