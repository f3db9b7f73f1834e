"""The operating system says no: to large files, and to writing where nobody may."""

import multiprocessing
import resource
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from bcn_core.errors import BcnError, StorageFull, StorageRefused
from bcn_core.repository.repository import Repository
from bcn_core.storage.local import LocalStore
from tests.warehouse.runs import Lab, new_repository
from tests.warehouse.source import Place, append, make

# Large enough for every document of a small PIT, too small for a table's metadata file.
LARGEST_FILE = 1000
# Linux makes no folder there for anybody, root included.
NOBODYS = Path("/sys/bcn-test")


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    source = Place(tmp_path / "source")
    append(make(source.pyiceberg(), "sales.orders"), 0)
    return Lab.of(source, repository=new_repository(source, LocalStore(tmp_path / "repository")))


def _back_up_with_a_limit(source: Place, folder: Path) -> str:
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
    try:
        Lab.of(source, repository=Repository.open(LocalStore(folder))).take()
    except BcnError as error:
        return type(error).__name__
    return "went on"


def limited_backup(lab: Lab, folder: Path) -> str:
    """A backup in a process of its own, whose files the system keeps small."""
    # A Pool would wait for ever for the answer of a process that died.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_back_up_with_a_limit, lab.source, folder).result()


@pytest.mark.fault(8)
def test_a_repository_that_takes_no_more_bytes_ends_the_run_and_is_whole_afterwards(
    lab: Lab, tmp_path: Path
) -> None:
    said = limited_backup(lab, tmp_path / "repository")

    assert (StorageFull.__name__, []) == (said, lab.repository.pits())
    assert [] == list((tmp_path / "repository").rglob(".bcn-tmp-*"))
    assert "complete" == lab.take().status


@pytest.mark.fault(8)
def test_a_repository_where_nobody_may_write_is_refused(lab: Lab) -> None:
    with pytest.raises(StorageRefused) as refused:
        new_repository(lab.source, LocalStore(NOBODYS))

    assert "rights" in refused.value.hint


@pytest.mark.fault(35)
def test_a_restore_to_where_nobody_may_write_fails_and_registers_nothing(lab: Lab) -> None:
    from bcn_core.restore import RestoreRequest

    lab.take()

    report = lab.restore(RestoreRequest(target_location=str(NOBODYS)))

    assert ["refuse"] == [one.action for one in report.tables]
    assert [] == list(lab.target.pyiceberg().list_tables("sales"))
