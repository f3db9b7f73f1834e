"""One sync of a folder serves all writers that wait, and none returns without one that began after it came."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bcn_core.storage.folder_syncs import FolderSyncs

Happened = list[tuple[str, int]]
REAL = os.fsync


@pytest.fixture
def happened(monkeypatch: pytest.MonkeyPatch) -> Happened:
    """When each sync began and ended, in the order of things."""
    seen: Happened = []

    def observed(handle: int) -> None:
        number = sum(what == "began" for what, _ in seen)
        seen.append(("began", number))
        REAL(handle)
        seen.append(("ended", number))

    monkeypatch.setattr(os, "fsync", observed)
    return seen


def sync_by(syncs: FolderSyncs, folder: Path, happened: Happened) -> Callable[[int], None]:
    def once(writer: int) -> None:
        happened.append(("came", writer))
        syncs.sync(folder)
        happened.append(("left", writer))

    return once


def is_served(happened: Happened, writer: int) -> bool:
    """Whether a whole sync lies between a writer's coming and leaving."""
    stay = happened[happened.index(("came", writer)) : happened.index(("left", writer))]
    return any(what == "began" and ("ended", number) in stay for what, number in stay)


def test_who_comes_alone_gets_a_sync_of_its_own(tmp_path: Path, happened: Happened) -> None:
    syncs = FolderSyncs()
    for _ in range(3):
        syncs.sync(tmp_path)

    assert [("began", 0), ("ended", 0), ("began", 1), ("ended", 1), ("began", 2), ("ended", 2)] == happened


def test_no_writer_of_many_leaves_before_a_sync_that_began_after_it_came(
    tmp_path: Path, happened: Happened
) -> None:
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(sync_by(FolderSyncs(), tmp_path, happened), range(200)))

    assert [True] * 200 == [is_served(happened, writer) for writer in range(200)]


def test_a_sync_that_failed_serves_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes: list[OSError | None] = [OSError("the disk is gone"), None]

    def failing(_handle: int) -> None:
        if error := outcomes.pop(0):
            raise error

    monkeypatch.setattr(os, "fsync", failing)
    syncs = FolderSyncs()
    with pytest.raises(OSError, match="the disk is gone"):
        syncs.sync(tmp_path)
    syncs.sync(tmp_path)

    assert [] == outcomes
