"""Iceberg views: captured verbatim, restored with their SQL, and said by name where they cannot be had."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bcn_core.backup import back_up
from bcn_core.catalogs.pyiceberg_catalog import PyIcebergCatalog
from bcn_core.errors import Conflict, InvalidRequest, NotFound
from bcn_core.names import Scope, pit_id
from bcn_core.pruning.condemning import condemn
from bcn_core.pruning.sweeping import sweep
from bcn_core.repository.pins import this_process
from bcn_core.repository.repository import views_in
from bcn_core.restore import Restore, RestoreRequest, plan_restore, restore_all
from bcn_core.verify import Slice, verify_repository
from tests.warehouse.readers import histories
from tests.warehouse.runs import Lab, change, new_repository, table
from tests.warehouse.source import append, make
from tests.warehouse.sql_views import create_view, drop_view

RECENT = "sales.recent"


@pytest.fixture
def lab(lab: Lab) -> Lab:
    """One table, and a view that reads it."""
    append(make(lab.source.pyiceberg(), "sales.orders"), 0)
    create_view(lab.source, RECENT)
    return lab


def restored_view(lab: Lab, name: str = RECENT) -> dict[str, object]:
    pointer = lab.target.bcn().sweep(Scope("elsewhere")).views[table(name)]
    found: dict[str, object] = json.loads(lab.stores.read(pointer))
    return found


def stored(lab: Lab, pit: str, name: str = RECENT) -> tuple[str, bytes]:
    view = views_in(lab.repository.indexes(lab.repository.pit(pit)))[table(name)]
    return view.object, lab.repository.view_bytes(view)


def test_a_views_metadata_is_stored_byte_for_byte(lab: Lab) -> None:
    pointer = create_view(lab.source, "sales.packed", packed=True)
    pit = lab.take().pit

    key, data = stored(lab, pit, "sales.packed")

    assert lab.stores.read(pointer) == data
    assert key.endswith(".json.gz")


def test_a_pit_names_its_views(lab: Lab) -> None:
    manifest = lab.take()

    assert {"sales": ("recent",)} == manifest.included_objects.sql_views
    assert 1 == manifest.counts.sql_views


def test_a_view_is_no_table_of_the_pit(lab: Lab) -> None:
    assert {"sales": ("orders",)} == lab.take().included_objects.tables


def test_a_view_comes_back_with_its_sql_and_what_nobody_knows(lab: Lab) -> None:
    before = json.loads(stored(lab, lab.take().pit)[1])
    lab.source.lose()

    lab.restore()

    after = restored_view(lab)
    location = f"file://{lab.target.warehouse}/sales/recent"
    assert before | {"location": location} == after


def test_a_restored_views_file_names_no_place_of_its_source(lab: Lab) -> None:
    lab.take()

    lab.restore()

    written = [path.read_bytes() for path in (lab.target.warehouse / "sales" / "recent").rglob("*.json")]
    assert [False] == [str(lab.source.warehouse).encode() in data for data in written]


def test_a_view_that_takes_its_own_place_again_is_the_same_bytes(lab: Lab) -> None:
    pointer = create_view(lab.source, RECENT, packed=True)
    before = lab.stores.read(pointer)
    lab.take()
    lab.source.lose()

    lab.restore(target=lab.source)

    assert before == lab.stores.read(lab.source.bcn().sweep(Scope("shop")).views[table(RECENT)])


def test_a_copy_under_another_name_has_a_uuid_of_its_own_and_says_whose_it_is(lab: Lab) -> None:
    pit = lab.take().pit

    lab.restore(RestoreRequest(target_database="then"))

    found = restored_view(lab, "then.recent")
    assert "0a1b2c3d-0000-4000-8000-000000000001" != found["view-uuid"]
    expected = {"bcn.restored-from-uuid": "0a1b2c3d-0000-4000-8000-000000000001", "bcn.pit-id": pit}
    assert {"comment": "größer", **expected} == found["properties"]


def test_a_restore_that_is_run_again_finds_its_view_there(lab: Lab) -> None:
    lab.take()
    lab.restore()

    assert ["done"] == [one.action for one in lab.restore().views]


def test_an_unchanged_view_is_stored_once(lab: Lab) -> None:
    first = lab.take().pit
    append(lab.source.pyiceberg().load_table("sales.orders"), 10)

    assert stored(lab, first)[0] == stored(lab, lab.take().pit)[0]


def test_each_pit_holds_the_view_as_it_was(lab: Lab) -> None:
    first = lab.take().pit
    create_view(lab.source, RECENT, sql="SELECT 2 AS id")
    second = lab.take().pit

    assert [False, True] == [b"SELECT 2 AS id" in stored(lab, pit)[1] for pit in (first, second)]


def test_a_dropped_view_is_told_and_stays_in_earlier_pits(lab: Lab) -> None:
    first = lab.take().pit
    drop_view(lab.source, RECENT)

    assert (RECENT,) == lab.take().deleted_in_source.sql_views
    assert b"SELECT id" in stored(lab, first)[1]


def test_a_view_whose_file_is_gone_makes_the_pit_partial_and_is_named(lab: Lab) -> None:
    Path(create_view(lab.source, RECENT).removeprefix("file://")).unlink()

    manifest = lab.take()

    assert ("partial", [RECENT]) == (
        manifest.status,
        [str(one.table.table()) for one in manifest.failed_views],
    )
    assert {table("sales.orders")} == set(lab.repository.tables(manifest))


def test_a_view_that_cannot_be_read_stands_as_the_pit_before_has_it(lab: Lab) -> None:
    first = lab.take().pit
    Path(create_view(lab.source, RECENT).removeprefix("file://")).write_bytes(b'{"format-version": 1}')

    assert stored(lab, first) == stored(lab, lab.take().pit)


def test_a_view_of_a_newer_format_fails_alone(lab: Lab) -> None:
    newer: dict[str, Any] = {"format-version": 2}
    create_view(lab.source, RECENT, **newer)

    (failed,) = lab.take().failed_views

    assert "view format 2" in failed.reason


def test_a_pit_of_the_past_holds_tables_alone(lab: Lab) -> None:
    lab.take()
    said: list[str] = []
    lab.report = lambda event: said.append(str(event))
    state = lab.source.pyiceberg().load_table("sales.orders").metadata.last_updated_ms / 1000

    manifest = lab.take(pit_id(datetime.fromtimestamp(state + 0.001, UTC)))

    assert 0 == manifest.counts.sql_views
    assert any("1 view left out" in one for one in said)


def test_a_repository_of_one_table_holds_no_views(lab: Lab) -> None:
    lab.repository = new_repository(lab.source, scope=Scope("shop", "sales", "orders"))

    assert {} == lab.take().included_objects.sql_views


def test_filters_choose_views_as_they_choose_tables(lab: Lab) -> None:
    lab.take()

    plan = plan_restore(lab.restorer(), RestoreRequest(tables=("rec*",)))

    assert ([], [RECENT]) == (
        [str(one.source) for one in plan.tables],
        [str(one.source) for one in plan.views],
    )


def test_an_excluded_view_stays_out(lab: Lab) -> None:
    lab.take()

    assert () == plan_restore(lab.restorer(), RestoreRequest(exclude=(RECENT,))).views


def test_a_mistyped_view_offers_its_name(lab: Lab) -> None:
    lab.take()

    with pytest.raises(NotFound) as raised:
        plan_restore(lab.restorer(), RestoreRequest(tables=("sales.recnt",)))

    assert RECENT in raised.value.hint


def test_one_view_goes_to_the_very_place_that_is_named(lab: Lab, tmp_path: Path) -> None:
    lab.take()

    lab.restore(RestoreRequest(tables=(RECENT,), target_location=str(tmp_path / "here")))

    assert f"file://{tmp_path}/here" == restored_view(lab)["location"]


def test_a_view_that_is_there_is_not_overwritten(lab: Lab) -> None:
    lab.take()
    lab.target.bcn().create_database(("sales",), {})
    before = create_view(lab.target, RECENT, sql="SELECT 3 AS id")

    report = lab.restore()

    assert [True] == ["exists already" in one.error for one in report.views]
    assert before == lab.target.bcn().sweep(Scope("elsewhere")).views[table(RECENT)]


def test_a_view_that_is_there_can_be_left_alone(lab: Lab) -> None:
    lab.take()
    lab.target.bcn().create_database(("sales",), {})
    create_view(lab.target, RECENT, sql="SELECT 3 AS id")

    assert ["skip"] == [one.action for one in lab.restore(RestoreRequest(on_conflict="skip")).views]


def test_a_view_that_is_there_can_be_replaced(lab: Lab) -> None:
    lab.take()
    lab.target.bcn().create_database(("sales",), {})
    for text in ("SELECT 3 AS id", "SELECT 4 AS id"):
        create_view(lab.target, RECENT, sql=text)

    lab.restore(RestoreRequest(on_conflict="replace", target_location=f"{lab.target.folder}/again"))

    assert f"file://{lab.target.folder}/again/sales/recent" == restored_view(lab)["location"]


def test_a_table_of_a_views_name_is_not_replaced_by_it(lab: Lab) -> None:
    lab.take()
    make(lab.target.pyiceberg(), RECENT)

    (refusal,) = plan_restore(
        lab.restorer(), RestoreRequest(on_conflict="replace", tables=(RECENT,))
    ).refusals

    assert isinstance(refusal, Conflict)


def test_a_catalog_that_keeps_no_views_is_told_by_the_views_name_and_gets_its_tables(lab: Lab) -> None:
    lab.take()
    target = PyIcebergCatalog(lab.target.pyiceberg(), "other")
    restore = Restore(lab.repository, target, lab.stores)

    report = restore_all(restore, plan_restore(restore, RestoreRequest()))

    assert [True] == [f"{RECENT} cannot be registered" in one.error for one in report.views]
    assert ["sales.orders"] == list(histories(lab.target.pyiceberg()))


def test_a_view_alone_is_refused_by_a_catalog_that_keeps_none(lab: Lab) -> None:
    lab.take()
    restore = Restore(lab.repository, PyIcebergCatalog(lab.target.pyiceberg(), "other"), lab.stores)

    with pytest.raises(InvalidRequest, match="keeps no views"):
        restore_all(restore, plan_restore(restore, RestoreRequest(tables=(RECENT,))))


def test_a_flipped_byte_of_a_view_is_found_and_named(lab: Lab) -> None:
    key, data = stored(lab, lab.take().pit)
    change(lab.repository, key, data.replace(b"SELECT id", b"SELECT ix"))

    (fault,) = verify_repository(lab.repository, Slice(), lambda _event: None).faults

    assert (key, (table(RECENT),)) == (fault.key, fault.tables)


def test_a_damaged_view_is_refused_and_its_neighbours_come_back(lab: Lab) -> None:
    key, _ = stored(lab, lab.take().pit)
    change(lab.repository, key, None)

    report = lab.restore()

    assert [RECENT] == [str(one.plan.target) for one in report.failed]


def test_a_prune_keeps_what_a_later_pit_needs_of_a_view_and_takes_the_rest(lab: Lab) -> None:
    first = lab.take().pit
    create_view(lab.source, "sales.standing")
    second = lab.take().pit
    old, kept = stored(lab, first)[0], stored(lab, second, "sales.standing")[0]
    create_view(lab.source, RECENT, sql="SELECT 5 AS id")
    third = lab.take().pit
    condemn(lab.repository, this_process("test"), [first, second])

    sweep(lab.repository, this_process("test"), [first, second], lab.repository.now())

    assert kept == stored(lab, third, "sales.standing")[0]
    assert [] == [found.key for found in lab.repository.store.list(old)]


def test_a_view_that_lies_elsewhere_than_a_backup_may_read_is_not_read(lab: Lab) -> None:
    manifest = back_up(lab.backup(within=(f"file://{lab.source.warehouse}/sales/orders",)))

    assert ("partial", {}) == (manifest.status, manifest.included_objects.sql_views)
    assert "outside of all places" in manifest.failed_views[0].reason
