"""Sizes of restored files: by one listing of the table's own place, by a question for each file elsewhere."""

from pathlib import Path

import pytest

from bcn_core.restoration.sizes import SizesBelow
from bcn_core.storage.opening import Stores
from tests.warehouse.watching import Watched

TABLE = "memory://lake/sales/orders"


@pytest.fixture
def watched() -> Watched:
    return Watched()


@pytest.fixture
def stores(watched: Watched) -> Stores:
    """Two files of a table, one file elsewhere."""
    found = Stores(watched.wrap)
    for location in (f"{TABLE}/data/1", f"{TABLE}/data/22", "memory://lake/shared/333"):
        store, key = found.holding(location)
        store.put_new(key, [b"x" * len(location.rpartition("/")[2])])
    return found


def test_one_listing_tells_all_sizes(stores: Stores, watched: Watched) -> None:
    sizes = SizesBelow(stores, TABLE)

    assert [1, 2] == [sizes(f"{TABLE}/data/{name}") for name in ("1", "22")]
    assert (1, []) == (len(watched.keys("list")), watched.keys("stat"))


def test_a_file_that_is_not_there_has_no_size(stores: Stores) -> None:
    assert SizesBelow(stores, TABLE)(f"{TABLE}/data/3") is None


def test_a_file_beside_the_place_is_asked_for_by_itself(stores: Stores, watched: Watched) -> None:
    assert 3 == SizesBelow(stores, TABLE)("memory://lake/shared/333")
    assert [] == watched.keys("list")


def test_a_place_whose_name_goes_on_is_another_one(stores: Stores) -> None:
    assert SizesBelow(stores, "memory://lake/sales/order")(f"{TABLE}/data/1") == 1


def test_nothing_is_listed_on_a_disk(tmp_path: Path, watched: Watched) -> None:
    (tmp_path / "1").write_bytes(b"x")

    assert 1 == SizesBelow(Stores(watched.wrap), f"file://{tmp_path}")(f"file://{tmp_path}/1")
    assert [] == watched.keys("list")
