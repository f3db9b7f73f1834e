"""PITs of past instants, rebuilt from what a table's own metadata remembers: exact, derived, or before its time."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyiceberg.table import Table
from pyiceberg.types import StringType

from bcn_core.names import pit_id
from bcn_core.restore import RestoreRequest
from tests.warehouse.readers import History, histories, history, rows
from tests.warehouse.runs import Lab, table
from tests.warehouse.source import append, expire_all_but_current, make


def now() -> str:
    """An instant that has passed when the next commit comes; commits are stamped in milliseconds."""
    time.sleep(0.005)
    instant = pit_id(datetime.now(UTC))
    time.sleep(0.005)
    return instant


@pytest.fixture
def orders(lab: Lab) -> Table:
    found = make(lab.source.pyiceberg(), "sales.orders")
    append(found, 0)
    return found


def restored(lab: Lab, name: str = "sales.orders") -> History:
    return history(lab.target.pyiceberg().load_table(name).metadata_location)


def test_a_past_instant_is_restored_exactly_as_it_was(lab: Lab, orders: Table) -> None:
    then, expected = now(), histories(lab.source.pyiceberg())
    append(orders, 10)
    with orders.update_schema() as update:
        update.add_column("note", StringType())
    lab.take()
    lab.take(then)

    lab.restore(RestoreRequest(pit=then))

    assert expected == histories(lab.target.pyiceberg())


def test_a_state_from_the_metadata_log_is_exact(lab: Lab, orders: Table) -> None:
    then = now()
    append(orders, 10)
    lab.take()

    record = lab.record(lab.take(then), "sales.orders")

    assert record.as_of is not None
    assert "exact" == record.as_of.mode


def test_a_state_whose_metadata_file_is_gone_is_derived(lab: Lab, orders: Table) -> None:
    then = now()
    gone = Path(orders.metadata_location.removeprefix("file://"))
    append(orders, 10)
    gone.unlink()
    lab.take()

    record = lab.record(lab.take(then), "sales.orders")

    assert record.as_of is not None
    assert "derived" == record.as_of.mode


def test_a_derived_state_has_the_rows_of_its_instant(lab: Lab, orders: Table) -> None:
    then, expected = now(), rows(orders.metadata_location)
    gone = Path(orders.metadata_location.removeprefix("file://"))
    append(orders, 10)
    gone.unlink()
    lab.take()
    lab.take(then)
    lab.source.lose()

    report = lab.restore(RestoreRequest(pit=then))

    assert () == report.failed
    assert expected == restored(lab)["now"]


@pytest.mark.usefixtures("orders")
def test_a_table_that_did_not_exist_then_is_told(lab: Lab) -> None:
    then = now()
    append(make(lab.source.pyiceberg(), "sales.late"), 0)
    lab.take()

    manifest = lab.take(then)

    assert ["late"] == [ref.name for ref in manifest.not_yet_created]
    assert [table("sales.orders")] == list(lab.repository.tables(manifest))


def test_a_past_pit_copies_its_metadata_file_alone(lab: Lab, orders: Table) -> None:
    then = now()
    append(orders, 10)
    lab.take()

    manifest = lab.take(then)

    assert 1 == manifest.counts.files_new


def test_a_state_that_was_expired_is_a_failure_and_says_so(lab: Lab, orders: Table) -> None:
    then = now()
    old = [Path(task.file.file_path.removeprefix("file://")) for task in orders.scan().plan_files()]
    orders.overwrite(orders.scan().to_arrow())
    expire_all_but_current(orders)
    for path in old:
        path.unlink()
    lab.take()

    manifest = lab.take(then)

    assert "partial" == manifest.status
    assert "as of that instant" in manifest.failed[0].reason


def test_pits_stay_in_the_order_of_their_instants(lab: Lab, orders: Table) -> None:
    then = now()
    append(orders, 10)
    first = lab.take().pit
    lab.take(then)

    assert [then, first] == lab.repository.pits()


def test_the_pit_after_a_past_one_stands_on_the_newest(lab: Lab, orders: Table) -> None:
    then = now()
    append(orders, 10)
    first = lab.take().pit
    lab.take(then)

    manifest = lab.take()

    assert manifest.parent_pit is not None
    assert (first, 1) == (manifest.parent_pit.pit, manifest.counts.unchanged)


def test_a_table_renamed_since_is_in_a_past_pit_once(lab: Lab, orders: Table) -> None:
    lab.take()
    append(orders, 10)
    then = now()
    lab.source.pyiceberg().rename_table("sales.orders", "sales.purchases")
    lab.take()

    manifest = lab.take(then)

    uuids = [entry.uuid for entry in lab.repository.tables(manifest).values()]
    assert 1 == len(uuids)


@pytest.mark.usefixtures("orders")
def test_a_database_dropped_since_is_not_deleted_in_a_past_pit(lab: Lab) -> None:
    lab.take()
    then = now()
    catalog = lab.source.pyiceberg()
    make(catalog, "ops.log")
    catalog.drop_table("sales.orders")
    catalog.drop_namespace("sales")
    lab.take()

    manifest = lab.take(then)

    assert [table("sales.orders")] == list(lab.repository.tables(manifest))
    assert ((), ()) == (manifest.deleted_in_source.databases, manifest.deleted_databases)
