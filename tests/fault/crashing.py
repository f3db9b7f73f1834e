"""Runs that die, and what must be true of a repository after them."""

import os
from contextlib import suppress

from bcn_core.backup import Backup, back_up
from bcn_core.errors import BcnError
from bcn_core.repository.documents import PitManifest
from bcn_core.repository.flag_documents import Owner
from bcn_core.repository.layout import REPOSITORY_MANIFEST
from bcn_core.repository.pins import this_process
from bcn_core.repository.repository import Repository
from tests.warehouse.faulty import Crash, Fault, is_view
from tests.warehouse.runs import Lab

_NO_SUCH_PROCESS = 1 << 30


def dead_process() -> Owner:
    """A process of this machine that is gone."""
    alive = this_process("died")
    machine = alive.process.rpartition("/")[0]
    assert str(os.getpid()) in alive.process
    return alive.model_copy(update={"process": f"{machine}/{_NO_SUCH_PROCESS}@1"})


def backup_with(lab: Lab, repository: Repository, fault: Fault) -> PitManifest | None:
    """A backup that meets a fault in its repository, by a process that is gone afterwards."""
    faulty = Repository(fault.wrap(repository.store), repository.manifest)
    backup = Backup(faulty, lab.source.bcn(), lab.stores, dead_process(), lab.report, 1, 1)
    with suppress(Crash, BcnError):
        return back_up(backup)
    return None


def truth(repository: Repository) -> dict[str, bytes]:
    """Everything that nobody may change: all objects but views and pins."""
    return {
        found.key: repository.store.get(found.key)
        for found in repository.store.list("")
        if found.key != REPOSITORY_MANIFEST
        and not found.key.endswith("/.in_progress")
        and not is_view(found.key)
    }


def read_whole(repository: Repository, pit: str) -> int:
    """Read every byte that a PIT stands on, each checked against its digest; the number of files."""
    count = 0
    for entry in repository.tables(repository.pit(pit)).values():
        for file in repository.files(repository.capture(entry)):
            assert file.size == len(repository.object(file))
            count += 1
    return count
