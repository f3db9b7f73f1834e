"""What a killed writer leaves in a local folder: it goes when it is old, and nothing else does."""

import os
from pathlib import Path

import pytest

from bcn_core.errors import StorageRefused
from bcn_core.storage.local import LocalStore
from bcn_core.storage.memory import MemoryStore
from bcn_core.storage.throttling import Rate, Throttled
from bcn_core.storage.unfinished import Discarded, discard_unfinished

LIMIT = 1_000_000.0
KILLED = ".bcn-tmp-0123456789abcdef-7"


def left(folder: Path, modified: float) -> Path:
    """The half-written file of a writer that was killed then."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / KILLED
    file.write_bytes(b"half")
    os.utime(file, (modified, modified))
    return file


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "store")


def test_an_old_one_goes_and_is_counted_with_its_bytes(store: LocalStore, tmp_path: Path) -> None:
    file = left(tmp_path / "store" / "ours" / "a" / "b", LIMIT - 1)

    assert Discarded(1, 4) == discard_unfinished(store, "ours", LIMIT)
    assert not file.exists()


def test_a_young_one_stays(store: LocalStore, tmp_path: Path) -> None:
    file = left(tmp_path / "store" / "ours", LIMIT + 1)

    assert Discarded() == discard_unfinished(store, "ours", LIMIT)
    assert file.exists()


def test_old_objects_and_folders_of_others_stay(store: LocalStore, tmp_path: Path) -> None:
    store.put_new("ours/object", [b"data"])
    os.utime(tmp_path / "store" / "ours" / "object", (LIMIT - 1, LIMIT - 1))
    theirs = left(tmp_path / "store" / "oursons", LIMIT - 1)

    assert Discarded() == discard_unfinished(store, "ours", LIMIT)
    assert (b"data", True) == (store.get("ours/object"), theirs.exists())


def test_no_link_is_followed(store: LocalStore, tmp_path: Path) -> None:
    file = left(tmp_path / "elsewhere", LIMIT - 1)
    (tmp_path / "store" / "ours").mkdir(parents=True)
    (tmp_path / "store" / "ours" / "linked").symlink_to(file.parent)
    (tmp_path / "store" / "ours" / KILLED).symlink_to(file)

    assert Discarded() == discard_unfinished(store, "ours", LIMIT)
    assert file.exists()


def test_a_folder_that_is_itself_a_link_out_is_refused(store: LocalStore, tmp_path: Path) -> None:
    file = left(tmp_path / "elsewhere", LIMIT - 1)
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "ours").symlink_to(file.parent)

    with pytest.raises(StorageRefused, match="leads out of the store"):
        discard_unfinished(store, "ours", LIMIT)

    assert file.exists()


def test_a_folder_that_is_not_there_holds_none(store: LocalStore) -> None:
    assert Discarded() == discard_unfinished(store, "ours", LIMIT)


def test_a_bound_on_reads_hinders_nothing(store: LocalStore, tmp_path: Path) -> None:
    left(tmp_path / "store" / "ours", LIMIT - 1)

    assert Discarded(1, 4) == discard_unfinished(Throttled(store, Rate(1)), "ours", LIMIT)


def test_a_store_that_forgets_by_itself_is_asked_nothing() -> None:
    assert Discarded() == discard_unfinished(MemoryStore(), "ours", LIMIT)
