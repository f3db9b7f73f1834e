"""In which order a folder's store asks the disk: after a power cut there is a whole object, or none."""

import os
from pathlib import Path

import pytest

from bcn_core.errors import StorageFailure
from bcn_core.storage.local import TEMPORARY, LocalStore


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was asked of the disk from now on: syncs of which file or folder, and links to which name."""
    found: list[str] = []
    sync, link = os.fsync, os.link

    def shown(path: str | Path) -> str:
        name = str(Path(path).relative_to(tmp_path))
        return "temporary" if TEMPORARY in name else name

    def synced(file: int) -> None:
        found.append(f"sync {shown(Path(f'/proc/self/fd/{file}').readlink())}")
        sync(file)

    def linked(source: str, target: str) -> None:
        found.append(f"link {shown(target)}")
        link(source, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "link", linked)
    return found


def test_bytes_are_on_the_disk_before_their_name_and_the_name_before_the_write_returns(
    tmp_path: Path, asked: list[str]
) -> None:
    (tmp_path / "in").mkdir()

    LocalStore(tmp_path).put_new("in/a", [b"a"])

    assert ["sync temporary", "link in/a", "sync in"] == asked


def test_new_folders_are_on_the_disk_before_what_they_hold(tmp_path: Path, asked: list[str]) -> None:
    LocalStore(tmp_path).put_new("x/y/a", [b"a"])

    assert ["sync .", "sync x", "sync temporary", "link x/y/a", "sync x/y"] == asked


def test_bytes_that_are_not_on_the_disk_get_no_name(
    tmp_path: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_file: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fails)

    with pytest.raises(StorageFailure, match="Input/output error"):
        LocalStore(tmp_path).put_new("a", [b"a"])

    assert ([], []) == (asked, list(tmp_path.iterdir()))
