"""Room for a restore: what goes to one disk is summed up, before anything is written."""

from pathlib import Path

import pytest

from bcn_core.restoration.room import Need, short_of_room
from bcn_core.storage.local import LocalStore
from bcn_core.storage.opening import Stores
from bcn_core.storage.room import room_at
from bcn_core.storage.store import Store
from tests.warehouse.watching import Watched, WatchedStore


def with_free(count: int) -> Stores:
    """Stores each of which has room for so many bytes."""

    class Small(WatchedStore):
        def free_bytes(self) -> int:
            return count

    return Stores(lambda store: Small(store, Watched()))


def refused(stores: Stores, *needs: Need) -> list[bool]:
    return [short is not None for short in short_of_room(stores, needs)]


def test_tables_that_fit_together_are_let_in() -> None:
    assert [False, False] == refused(with_free(100), {"memory://lake/a": 60}, {"memory://lake/b": 40})


def test_tables_that_fit_one_by_one_and_not_together_are_refused() -> None:
    assert [True, True] == refused(with_free(100), {"memory://lake/a": 60}, {"memory://lake/b": 41})


def test_a_table_that_does_not_fit_alone_leaves_its_room_to_the_others() -> None:
    assert [True, False] == refused(with_free(100), {"memory://lake/a": 101}, {"memory://lake/b": 100})


def test_tables_on_different_disks_do_not_share_their_room() -> None:
    assert [False, False] == refused(with_free(100), {"memory://one/a": 60}, {"memory://other/b": 60})


def test_the_places_of_one_table_on_one_disk_share_its_room() -> None:
    assert [True] == refused(with_free(100), {"memory://lake/a": 60, "memory://lake/data": 41})


def test_a_table_that_lacks_nothing_is_let_in_whatever_the_others_need() -> None:
    assert [False, True, True] == refused(
        with_free(100), {}, {"memory://lake/a": 60}, {"memory://lake/b": 60}
    )


def test_a_store_without_a_bound_lets_everything_in() -> None:
    assert [False] == refused(Stores(), {"memory://lake/a": 1 << 60})


def test_the_refusal_says_what_all_of_them_need_and_what_to_do() -> None:
    (first, _) = short_of_room(with_free(100), [{"memory://lake/a": 60}, {"memory://lake/b": 60}])

    assert first is not None
    assert "has room for 100 bytes, and 120 are needed: each of the 2 tables would fit" in first.message
    assert "restore some at a time" in (first.hint or "")


@pytest.mark.parametrize("below", ["", "not/there/yet"])
def test_the_disk_of_a_local_place_is_asked_and_not_that_of_the_root(tmp_path: Path, below: str) -> None:
    asked: list[str] = []

    class Asked(WatchedStore):
        def free_bytes(self) -> int | None:
            asked.append(self.url)
            return super().free_bytes()

    def wrap(store: Store) -> Store:
        return Asked(store, Watched())

    found = room_at(Stores(wrap), f"file://{tmp_path / below}")

    assert [f"file://{tmp_path / below}"] == asked
    assert found is not None
    assert f"disk {tmp_path.stat().st_dev}" == found.disk


def test_a_file_system_that_counts_nothing_has_no_bound() -> None:
    # That of the kernel's own settings says that it has zero of zero bytes.
    assert LocalStore(Path("/sys")).free_bytes() is None
