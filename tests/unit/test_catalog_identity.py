"""Which catalog is which: by kind and address, without secrets."""

from pathlib import Path

import pytest

from bcn_core.catalogs.opening import open_catalog
from bcn_core.errors import NotFound


def address(uri: str) -> str:
    return open_catalog("shop", {"type": "sql", "uri": uri}, create=True).identity().address


def test_a_relative_sqlite_path_names_the_same_catalog_from_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert f"sqlite:///{tmp_path}/catalog.db" == address("sqlite:///catalog.db")


def test_equal_relative_paths_in_two_folders_are_two_catalogs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = set()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        addresses.add(address("sqlite:///catalog.db"))

    assert 2 == len(addresses)


def test_a_source_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    file = tmp_path / "mistyped.db"

    with pytest.raises(NotFound):
        open_catalog("shop", {"type": "sql", "uri": f"sqlite:///{file}"})

    assert not file.exists()
