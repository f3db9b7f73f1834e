"""A folder may hold links; what lies behind one that leads elsewhere is read, and never removed."""

from pathlib import Path

import pytest

from bcn_core.errors import StorageRefused
from bcn_core.storage.local import LocalStore


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A file of somebody else's, to which a link in the store leads."""
    file = tmp_path / "elsewhere" / "theirs"
    file.parent.mkdir()
    file.write_text("precious")
    (tmp_path / "store" / "table").mkdir(parents=True)
    (tmp_path / "store" / "table" / "files").symlink_to(file.parent)
    return file


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "store")


def test_a_file_behind_a_link_that_leads_out_is_not_removed(store: LocalStore, elsewhere: Path) -> None:
    with pytest.raises(StorageRefused, match="leads out of the store"):
        store.delete("table/files/theirs")

    assert "precious" == elsewhere.read_text()


def test_it_is_read_all_the_same(store: LocalStore, elsewhere: Path) -> None:
    assert elsewhere.read_bytes() == store.get("table/files/theirs")


def test_the_link_itself_can_be_removed(store: LocalStore, elsewhere: Path, tmp_path: Path) -> None:
    (tmp_path / "store" / "one").symlink_to(elsewhere)

    store.delete("one")

    assert ([], True) == ([*store.list("one")], elsewhere.exists())


def test_a_store_that_is_reached_by_a_link_is_no_other_store(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    store = LocalStore(tmp_path / "link")
    store.put_new("a/b", [b"mine"])

    store.delete("a/b")

    assert [] == list(store.list(""))


@pytest.mark.parametrize("write", ["put_new", "replace"])
def test_nothing_is_written_behind_a_link_that_leads_out(
    store: LocalStore, elsewhere: Path, write: str
) -> None:
    with pytest.raises(StorageRefused, match="leads out of the store, and is not written to"):
        store.put_new("table/files/new/ours", [b"x"]) if write == "put_new" else store.replace(
            "table/files/ours", b"x"
        )

    assert [elsewhere] == list(elsewhere.parent.rglob("*"))
