"""Restoring to the place where the table was: no path changes, so every byte comes back as it was."""

import shutil

import pytest

from bcn_core.errors import Conflict
from tests.warehouse.readers import histories
from tests.warehouse.runs import Lab
from tests.warehouse.shop import build_shop
from tests.warehouse.source import Place, append, make


def table_files(place: Place) -> dict[str, bytes]:
    """All files below the source but its catalog's database."""
    return {
        str(path): path.read_bytes()
        for path in place.folder.rglob("*")
        if path.is_file() and path.suffix != ".db"
    }


@pytest.fixture(scope="module")
def came_back(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lab, dict[str, bytes], list[str]]:
    """A warehouse that was lost and restored to its own place, the files that it had, and what failed."""
    source = build_shop(tmp_path_factory.mktemp("in-place"))
    before = table_files(source)
    lab = Lab.of(source)
    lab.take()
    source.lose()
    report = lab.restore(target=source)
    return lab, before, [one.error for one in report.failed]


def test_every_table_comes_back(came_back: tuple[Lab, dict[str, bytes], list[str]]) -> None:
    assert [] == came_back[2]


def test_every_restored_file_has_its_old_bytes(came_back: tuple[Lab, dict[str, bytes], list[str]]) -> None:
    lab, before, _ = came_back

    after = table_files(lab.source)

    # The metadata files of expired snapshots cannot stand, so that one table's log is cut and its file is another.
    changed = [path for path, data in after.items() if before.get(path) != data]
    assert [] == [path for path in changed if "/ops/events/" not in path]


def test_only_files_that_no_snapshot_needs_stay_away(
    came_back: tuple[Lab, dict[str, bytes], list[str]],
) -> None:
    lab, before, _ = came_back

    missing = before.keys() - table_files(lab.source).keys()

    # Expired snapshots of one table leave their files behind; PyIceberg's expire only edits metadata.
    assert {True} == {"/ops/events/" in path for path in missing}


def test_every_table_can_be_read(came_back: tuple[Lab, dict[str, bytes], list[str]]) -> None:
    assert 17 == len(histories(came_back[0].source.pyiceberg()))


def test_a_dropped_table_comes_back_where_its_files_still_lie(lab: Lab) -> None:
    catalog = lab.source.pyiceberg()
    append(make(catalog, "sales.orders"), 0)
    expected = histories(catalog)
    lab.take()
    catalog.drop_table("sales.orders")

    lab.restore(target=lab.source)

    assert expected == histories(lab.source.pyiceberg())


def test_some_files_of_the_table_being_left_is_no_obstacle(lab: Lab) -> None:
    catalog = lab.source.pyiceberg()
    append(make(catalog, "sales.orders"), 0)
    expected = histories(catalog)
    lab.take()
    catalog.drop_table("sales.orders")
    shutil.rmtree(lab.source.warehouse / "sales" / "orders" / "data")

    lab.restore(target=lab.source)

    assert expected == histories(lab.source.pyiceberg())


def test_files_that_have_changed_meanwhile_are_not_overwritten(lab: Lab) -> None:
    catalog = lab.source.pyiceberg()
    append(make(catalog, "sales.orders"), 0)
    lab.take()
    catalog.drop_table("sales.orders")
    changed = next((lab.source.warehouse / "sales" / "orders" / "data").glob("*.parquet"))
    changed.write_bytes(changed.read_bytes()[::-1])

    report = lab.restore(target=lab.source)

    assert "with other contents" in report.failed[0].error


def test_newer_files_at_the_old_place_are_in_the_way(lab: Lab) -> None:
    catalog = lab.source.pyiceberg()
    table = make(catalog, "sales.orders")
    append(table, 0)
    lab.take()
    append(table, 10)
    catalog.drop_table("sales.orders")

    with pytest.raises(Conflict, match="not empty"):
        lab.restore(target=lab.source)
