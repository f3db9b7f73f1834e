"""Identity is the table's UUID: dropped, re-created, renamed, shared and subset tables, each told as what it is."""

import json
from contextlib import closing
from sqlite3 import connect
from typing import Any

import pytest

from bcn_core.errors import NotFound, StorageFailure
from bcn_core.events import Event, PitBegun
from bcn_core.names import Scope
from bcn_core.restore import RestoreRequest
from tests.warehouse.readers import histories, rows
from tests.warehouse.runs import Lab, new_repository, table
from tests.warehouse.source import append, make


@pytest.fixture
def lab(lab: Lab) -> Lab:
    """Two tables in one PIT."""
    catalog = lab.source.pyiceberg()
    append(make(catalog, "sales.orders"), 0)
    append(make(catalog, "ops.log"), 20)
    lab.take()
    return lab


def restored_ids(lab: Lab, name: str) -> list[object]:
    return [row[0] for row in rows(lab.target.pyiceberg().load_table(name).metadata_location)]


def test_a_new_table_does_not_count_as_one_that_stands(lab: Lab) -> None:
    events: list[Event] = []
    lab.report = events.append
    append(make(lab.source.pyiceberg(), "sales.refunds"), 0)

    lab.take()

    assert [(1, 2)] == [(one.to_capture, one.unchanged) for one in events if isinstance(one, PitBegun)]


def test_neither_a_dropped_nor_a_renamed_and_changed_table_stands(lab: Lab) -> None:
    events: list[Event] = []
    lab.report = events.append
    catalog = lab.source.pyiceberg()
    catalog.drop_table("ops.log")
    append(catalog.rename_table("sales.orders", "sales.sold"), 40)

    lab.take()

    assert [(1, 0)] == [(one.to_capture, one.unchanged) for one in events if isinstance(one, PitBegun)]


def test_a_dropped_table_is_told(lab: Lab) -> None:
    lab.source.pyiceberg().drop_table("sales.orders")

    assert ("sales.orders",) == lab.take().deleted_in_source.tables


def test_a_dropped_table_is_not_restored_unasked(lab: Lab) -> None:
    lab.source.pyiceberg().drop_table("sales.orders")
    lab.take()

    lab.restore()

    assert ["ops.log"] == list(histories(lab.target.pyiceberg()))


def test_a_dropped_table_is_restored_as_it_last_was_when_asked(lab: Lab) -> None:
    lab.source.pyiceberg().drop_table("sales.orders")
    lab.take()
    lab.take()

    lab.restore(RestoreRequest(include_deleted=True))

    assert [0, 1, 2, 3] == restored_ids(lab, "sales.orders")


def test_asking_for_a_dropped_table_says_how_to_have_it(lab: Lab) -> None:
    lab.source.pyiceberg().drop_table("sales.orders")
    lab.take()

    with pytest.raises(NotFound) as refused:
        lab.restore(RestoreRequest(tables=("sales.orders",)))

    assert "--include-deleted" in refused.value.hint


def test_a_dropped_database_is_told(lab: Lab) -> None:
    catalog = lab.source.pyiceberg()
    catalog.drop_table("sales.orders")
    catalog.drop_namespace("sales")

    manifest = lab.take()

    assert ("sales",) == manifest.deleted_in_source.databases
    assert [("sales",)] == [one.namespace for one in manifest.deleted_databases]


def test_a_dropped_database_that_comes_back_is_deleted_no_more(lab: Lab) -> None:
    catalog = lab.source.pyiceberg()
    catalog.drop_table("sales.orders")
    catalog.drop_namespace("sales")
    lab.take()
    make(catalog, "sales.orders")

    assert () == lab.take().deleted_databases


@pytest.mark.fault(24)
def test_a_table_dropped_and_created_again_is_told(lab: Lab) -> None:
    catalog = lab.source.pyiceberg()
    catalog.drop_table("sales.orders")
    append(make(catalog, "sales.orders"), 100)

    manifest = lab.take()

    assert ["orders"] == [one.table.name for one in manifest.recreated]
    assert () == manifest.deleted_in_source.tables


@pytest.mark.fault(30)
def test_a_re_created_table_shares_no_file_with_the_old_one(lab: Lab) -> None:
    catalog = lab.source.pyiceberg()
    catalog.drop_table("sales.orders")
    append(make(catalog, "sales.orders"), 100)

    record = lab.record(lab.take(), "sales.orders")

    assert record.files == record.files_new


def test_both_lives_of_a_re_created_table_can_be_restored(lab: Lab) -> None:
    first = lab.repository.pits()[0]
    catalog = lab.source.pyiceberg()
    catalog.drop_table("sales.orders")
    append(make(catalog, "sales.orders"), 100)
    lab.take()
    lab.source.lose()

    lab.restore(RestoreRequest(tables=("sales.orders",)))
    lab.restore(RestoreRequest(tables=("sales.orders",), pit=first, target_table="orders_before"))

    assert [100, 101, 102, 103] == restored_ids(lab, "sales.orders")
    assert [0, 1, 2, 3] == restored_ids(lab, "sales.orders_before")


def test_a_renamed_table_is_neither_dropped_nor_new(lab: Lab) -> None:
    lab.source.pyiceberg().rename_table("sales.orders", "sales.purchases")

    manifest = lab.take()

    assert [("orders", "purchases")] == [(one.before.name, one.after.name) for one in manifest.renamed]
    assert ((), ()) == (manifest.deleted_in_source.tables, manifest.deleted_tables)


def test_two_tables_that_swapped_their_names_are_two_renames(lab: Lab) -> None:
    catalog = lab.source.pyiceberg()
    catalog.rename_table("sales.orders", "sales.aside")
    catalog.rename_table("ops.log", "sales.orders")
    catalog.rename_table("sales.aside", "ops.log")

    manifest = lab.take()
    lab.restore()

    assert (2, 0) == (len(manifest.renamed), manifest.counts.files_new)
    assert [0, 1, 2, 3] == restored_ids(lab, "ops.log")
    assert [20, 21, 22, 23] == restored_ids(lab, "sales.orders")


def test_a_name_left_by_a_rename_and_taken_by_a_new_table_is_both(lab: Lab) -> None:
    catalog = lab.source.pyiceberg()
    catalog.rename_table("sales.orders", "sales.purchases")
    append(make(catalog, "sales.orders", location=f"file://{lab.source.warehouse}/fresh"), 100)

    manifest = lab.take()
    lab.restore()

    assert ["purchases"] == [one.after.name for one in manifest.renamed]
    assert [100, 101, 102, 103] == restored_ids(lab, "sales.orders")
    assert [0, 1, 2, 3] == restored_ids(lab, "sales.purchases")


def test_a_table_registered_twice_is_shared_and_no_rename(lab: Lab) -> None:
    catalog = lab.source.pyiceberg()
    catalog.register_table("ops.twin", catalog.load_table("sales.orders").metadata_location)

    manifest = lab.take()

    assert [["twin", "orders"]] == [[ref.name for ref in group] for group in manifest.shared_uuids]
    assert () == manifest.renamed


def test_a_table_that_was_registered_again_stays_in_the_pit_under_both_names(lab: Lab) -> None:
    catalog = lab.source.pyiceberg()
    catalog.register_table("ops.twin", catalog.load_table("sales.orders").metadata_location)

    held = lab.repository.tables(lab.take())

    assert {table("sales.orders"), table("ops.twin"), table("ops.log")} == set(held)


def test_two_names_of_one_table_cost_nothing_while_they_stand(lab: Lab) -> None:
    catalog = lab.source.pyiceberg()
    catalog.register_table("ops.twin", catalog.load_table("sales.orders").metadata_location)
    lab.take()

    assert 3 == lab.take().counts.unchanged


def test_both_names_of_a_shared_table_are_restored(lab: Lab) -> None:
    catalog = lab.source.pyiceberg()
    catalog.register_table("ops.twin", catalog.load_table("sales.orders").metadata_location)
    append(catalog.load_table("sales.orders"), 100)
    lab.take()

    report = lab.restore()

    assert () == report.failed
    assert (8, 4) == (len(restored_ids(lab, "sales.orders")), len(restored_ids(lab, "ops.twin")))


def test_a_pit_of_some_tables_carries_the_others_that_changed(lab: Lab) -> None:
    catalog = lab.source.pyiceberg()
    for name in ("sales.orders", "ops.log"):
        append(catalog.load_table(name), 100)

    manifest = lab.take(only=["sales.orders"])

    assert ("partial", ["log"]) == (manifest.status, [ref.name for ref in manifest.carried])


def test_a_carried_table_is_restored_as_the_earlier_pit_has_it(lab: Lab) -> None:
    catalog = lab.source.pyiceberg()
    for name in ("sales.orders", "ops.log"):
        append(catalog.load_table(name), 100)
    lab.take(only=["sales.orders"])

    lab.restore()

    assert (8, 4) == (len(restored_ids(lab, "sales.orders")), len(restored_ids(lab, "ops.log")))


def test_a_carried_table_is_captured_by_the_next_pit(lab: Lab) -> None:
    append(lab.source.pyiceberg().load_table("ops.log"), 100)
    lab.take(only=["sales.orders"])

    manifest = lab.take()

    assert ("complete", 1) == (manifest.status, manifest.counts.captured)


def test_a_renamed_and_changed_table_that_is_left_out_keeps_its_old_name(lab: Lab) -> None:
    catalog = lab.source.pyiceberg()
    catalog.rename_table("sales.orders", "sales.purchases")
    append(catalog.load_table("sales.purchases"), 100)

    manifest = lab.take(only=["ops.log"])

    assert {table("sales.orders"), table("ops.log")} == set(lab.repository.tables(manifest))


def test_unchanged_tables_of_a_subset_are_whole_and_not_carried(lab: Lab) -> None:
    append(lab.source.pyiceberg().load_table("sales.orders"), 100)

    manifest = lab.take(only=["sales.orders"])

    assert ("complete", ()) == (manifest.status, manifest.carried)


def test_a_repository_of_one_table_holds_that_table_alone(lab: Lab) -> None:
    scope = Scope("shop", "sales", "orders")
    append(make(lab.source.pyiceberg(), "sales.log"), 0)
    narrow = Lab.of(lab.source, repository=new_repository(lab.source, scope=scope))

    manifest = narrow.take()

    assert {"sales": ("orders",)} == manifest.included_objects.tables


def test_the_first_backup_of_a_missing_database_offers_the_nearest(lab: Lab) -> None:
    narrow = Lab.of(lab.source, repository=new_repository(lab.source, scope=Scope("shop", "slaes")))

    with pytest.raises(NotFound) as refused:
        narrow.take()

    assert "sales" in refused.value.hint


def test_the_first_backup_of_an_empty_catalog_is_refused(lab: Lab) -> None:
    catalog = lab.source.pyiceberg()
    catalog.drop_table("sales.orders")
    catalog.drop_table("ops.log")
    empty = Lab.of(lab.source)

    with pytest.raises(NotFound, match="has no tables"):
        empty.take()


def test_a_catalog_that_cannot_be_listed_whole_is_no_deletion(lab: Lab) -> None:
    catalog = lab.source.bcn()
    with closing(connect(lab.source.folder / "catalog.db")) as connection, connection:
        connection.execute("ALTER TABLE iceberg_namespace_properties RENAME TO out_of_reach")

    with pytest.raises(StorageFailure, match="cannot read catalog"):
        lab.take(catalog=catalog)

    assert 1 == len(lab.repository.pits())


@pytest.mark.parametrize(
    "view",
    [
        {"captures": [{}]},
        {"captures": {"first": 1}},
        {"captures": [{"capture": "{previous}"}], "names": [], "schema_versions": []},
        {
            "captures": [{"capture": "{previous}"}],
            "names": "all",
            "schema_versions": 1,
            "format_versions": [1],
        },
    ],
)
def test_the_view_of_a_table_that_somebody_wrote_by_hand_is_made_anew(lab: Lab, view: dict[str, Any]) -> None:
    store, key = lab.repository.store, lab.repository.layout.table_manifest(table("sales.orders"))
    previous = json.loads(store.get(key))["captures"][-1]["capture"]
    store.replace(key, json.dumps(view).replace("{previous}", previous).encode())
    append(lab.source.pyiceberg().load_table("sales.orders"), 700)

    manifest = lab.take()

    assert manifest.pit == json.loads(store.get(key))["captures"][-1]["pit"]
