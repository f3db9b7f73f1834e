"""A table that is damaged at its source costs itself, not its neighbours, and never looks like a whole one."""

from pathlib import Path

import pytest
from pyiceberg.table import Table

from bcn_core.errors import FinishedWithProblems
from bcn_core.repository.documents import PitManifest
from tests.warehouse.readers import history, rows
from tests.warehouse.runs import Lab, table
from tests.warehouse.source import append, content_files, make


def path_of(location: str) -> Path:
    return Path(location.removeprefix("file://"))


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


def current_manifests(found: Table) -> list[Path]:
    snapshot = found.current_snapshot()
    assert snapshot is not None
    return [path_of(one.manifest_path) for one in snapshot.manifests(found.io)]


@pytest.fixture
def orders(lab: Lab) -> Table:
    """The table that a test damages; ``sales.customers`` stands beside it."""
    catalog = lab.source.pyiceberg()
    append(make(catalog, "sales.customers"), 0)
    found = make(catalog, "sales.orders")
    append(found, 0)
    append(found, 10)
    return found


def assert_only_orders_failed(lab: Lab, manifest: PitManifest) -> None:
    assert "partial" == manifest.status
    assert [table("sales.customers")] == list(lab.repository.tables(manifest))
    assert ["orders"] == [one.table.name for one in manifest.failed]


@pytest.mark.fault(26)
def test_a_missing_data_file_fails_its_table_alone(lab: Lab, orders: Table) -> None:
    content_files(orders)[0].unlink()

    assert_only_orders_failed(lab, lab.take())


def test_a_missing_manifest_fails_its_table_alone(lab: Lab, orders: Table) -> None:
    current_manifests(orders)[0].unlink()

    assert_only_orders_failed(lab, lab.take())


def test_a_missing_manifest_list_fails_its_table_alone(lab: Lab, orders: Table) -> None:
    snapshot = orders.current_snapshot()
    assert snapshot is not None
    path_of(snapshot.manifest_list).unlink()

    assert_only_orders_failed(lab, lab.take())


def test_a_missing_metadata_file_fails_its_table_alone(lab: Lab, orders: Table) -> None:
    path_of(orders.metadata_location).unlink()

    assert_only_orders_failed(lab, lab.take())


def test_a_truncated_metadata_file_fails_its_table_alone(lab: Lab, orders: Table) -> None:
    truncated(path_of(orders.metadata_location))

    assert_only_orders_failed(lab, lab.take())


@pytest.mark.fault(26)
@pytest.mark.parametrize("damage", [truncated, flipped])
def test_a_damaged_manifest_fails_its_table_alone(lab: Lab, orders: Table, damage: object) -> None:
    assert callable(damage)
    damage(current_manifests(orders)[0])

    assert_only_orders_failed(lab, lab.take())


def test_a_data_file_of_another_size_than_its_manifest_says_fails_its_table(lab: Lab, orders: Table) -> None:
    truncated(content_files(orders)[0])

    assert_only_orders_failed(lab, lab.take())


def test_the_reason_names_the_file_that_is_missing(lab: Lab, orders: Table) -> None:
    lost = content_files(orders)[0]
    lost.unlink()

    manifest = lab.take()

    assert lost.name in manifest.failed[0].reason


def test_a_damaged_table_keeps_its_state_of_the_pit_before(lab: Lab, orders: Table) -> None:
    lab.take()
    before = history(orders.metadata_location)
    append(orders, 20)
    truncated(current_manifests(orders)[0])

    manifest = lab.take()
    lab.restore()

    assert ["orders"] == [ref.name for ref in manifest.carried]
    assert before == history(lab.target.pyiceberg().load_table("sales.orders").metadata_location)


def test_an_unreadable_pointer_is_no_deletion(lab: Lab, orders: Table) -> None:
    lab.take()
    append(orders, 20)
    path_of(orders.metadata_location).unlink()

    manifest = lab.take()

    assert ((), "partial") == (manifest.deleted_in_source.tables, manifest.status)


def test_a_repaired_table_is_whole_in_the_next_pit(lab: Lab, orders: Table) -> None:
    path = content_files(orders)[0]
    data = path.read_bytes()
    path.unlink()
    lab.take()
    path.write_bytes(data)

    assert "complete" == lab.take().status


def test_a_file_missing_in_an_old_snapshot_leaves_the_current_rows_restorable(
    lab: Lab, orders: Table
) -> None:
    lost = content_files(orders)
    orders.overwrite(orders.scan().to_arrow())
    now = history(orders.metadata_location)["now"]
    lost[0].unlink()
    lab.take()
    lab.source.lose()

    lab.restore()

    restored = lab.target.pyiceberg().load_table("sales.orders")
    assert now == history(restored.metadata_location)["now"]


@pytest.mark.fault(26)
def test_a_file_missing_in_an_old_snapshot_makes_the_pit_partial(lab: Lab, orders: Table) -> None:
    lost = content_files(orders)
    orders.overwrite(orders.scan().to_arrow())
    lost[0].unlink()

    manifest = lab.take()

    broken = lab.record(manifest, "sales.orders").broken_snapshots
    assert "partial" == manifest.status
    assert {str(lost[0])} == {one.missing.removeprefix("file://") for one in broken}


def test_a_broken_old_snapshot_is_left_out_and_never_restored_empty(lab: Lab, orders: Table) -> None:
    lost = content_files(orders)
    orders.overwrite(orders.scan().to_arrow())
    lost[0].unlink()
    manifest = lab.take()
    broken = {one.snapshot_id for one in lab.record(manifest, "sales.orders").broken_snapshots}

    lab.restore()

    restored = lab.target.pyiceberg().load_table("sales.orders")
    assert broken
    assert broken.isdisjoint(snapshot.snapshot_id for snapshot in restored.snapshots())


def test_the_pit_after_a_broken_snapshot_is_broken_too_and_restores(lab: Lab, orders: Table) -> None:
    lost = content_files(orders)
    orders.overwrite(orders.scan().to_arrow())
    lost[0].unlink()
    lab.take()
    append(orders, 30)
    now = rows(orders.metadata_location)

    manifest = lab.take()
    lab.restore()

    restored = lab.target.pyiceberg().load_table("sales.orders")
    assert "partial" == manifest.status
    assert now == rows(restored.metadata_location)


def test_an_older_metadata_file_that_is_gone_costs_nothing(lab: Lab, orders: Table) -> None:
    oldest = orders.metadata.metadata_log[0].metadata_file
    path_of(oldest).unlink()
    before = history(orders.metadata_location)

    manifest = lab.take()
    lab.source.lose()
    lab.restore()

    assert "complete" == manifest.status
    assert before == history(lab.target.pyiceberg().load_table("sales.orders").metadata_location)


def test_a_run_that_wants_no_partial_pit_publishes_none(lab: Lab, orders: Table) -> None:
    from bcn_core.backup import back_up

    content_files(orders)[0].unlink()

    with pytest.raises(FinishedWithProblems, match=r"sales\.orders"):
        back_up(lab.backup(publish_partial=False))

    assert [] == lab.repository.pits()


def test_what_was_copied_before_a_failure_is_not_copied_again(lab: Lab, orders: Table) -> None:
    from bcn_core.backup import back_up
    from bcn_core.storage.opening import Stores
    from tests.warehouse.watching import Watched

    path = content_files(orders)[0]
    data = path.read_bytes()
    path.unlink()
    with pytest.raises(FinishedWithProblems):
        back_up(lab.backup(publish_partial=False))
    path.write_bytes(data)
    watched = Watched()
    lab.stores = Stores(watched.wrap)

    lab.take()

    streamed = watched.keys("stream")
    assert [str(path)] == [f"/{key}" for key in streamed]
