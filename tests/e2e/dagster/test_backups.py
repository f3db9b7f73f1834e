"""Runs of the backup job: whole ones, ones of few tables, and ones with a failed table."""

from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from bcn_core.backup import begin
from bcn_dagster.assets.share import owner
from tests.builders.dagster_location import PIT, PLAN, Location, at_the_command_line, key
from tests.warehouse.source import append, content_files, make, rows_of
from tests.warehouse.sql_views import create_view


def damage(location: Location, table: str) -> None:
    """Take a data file away that the current snapshot needs."""
    content_files(location.catalog.load_table(table))[0].unlink()


def add_rows(location: Location, *tables: str) -> None:
    for table in tables:
        append(location.catalog.load_table(table), 100)


def test_the_first_run_captures_every_table_and_publishes_a_complete_pit(location: Location) -> None:
    run = location.back_up()

    assert run.is_green
    assert {"orders": "ACTIVE", "items": "ACTIVE", "audit": "ACTIVE", "pit": "complete"} == run.statuses
    assert (True, "WARN") == run.checks["pit_complete"]
    assert [run.pit] == location.repository.pits()


def test_a_table_in_which_nothing_changed_says_so_and_copies_nothing(backed_up: Location) -> None:
    add_rows(backed_up, "sales.orders")

    run = backed_up.back_up()

    assert {"orders": "ACTIVE", "items": "UNCHANGED", "audit": "UNCHANGED", "pit": "complete"} == run.statuses
    assert 0 == run.metadata["items"]["bcn/bytes_new"]


def test_a_materialization_says_what_people_ask(location: Location) -> None:
    table = location.catalog.load_table("sales.orders")

    found = location.back_up().metadata["orders"]

    assert 4 == found["dagster/row_count"]
    assert str(table.current_snapshot().snapshot_id) == found["bcn/snapshot_id"]  # type: ignore[union-attr]
    assert str(table.metadata.table_uuid) == found["bcn/uuid"]
    assert table.metadata_location == found["bcn/metadata_location"]
    assert 0 < found["bcn/bytes_new"]
    assert {
        "bcn/files_new",
        "bcn/files_reused",
        "bcn/schema_version",
        "bcn/duration_s",
        "bcn/capture",
    } <= set(found)


def test_a_pit_has_a_page_with_its_contents_and_a_picture_of_sizes(location: Location) -> None:
    found = location.back_up().metadata["pit"]

    assert "| sales.orders | ACTIVE | 4 |" in found["bcn/contents"]
    assert "data:image/svg+xml;base64," in found["bcn/sizes"]
    assert (0.0, 3) == (found["bcn/dedupe_ratio"], found["bcn/captured"])


def test_a_run_of_some_tables_carries_the_others_that_changed(backed_up: Location) -> None:
    add_rows(backed_up, "sales.orders", "sales.items")

    run = backed_up.back_up(PLAN, key("sales.orders"), PIT)

    assert run.is_green
    assert {"orders": "ACTIVE", "items": "CARRIED", "pit": "partial"} == run.statuses
    assert (False, "WARN") == run.checks["pit_complete"]


def test_a_table_alone_makes_a_pit_without_the_first_and_the_last_asset(backed_up: Location) -> None:
    add_rows(backed_up, "sales.orders")

    run = backed_up.back_up(key("sales.orders"))

    assert run.is_green
    assert {"orders": "ACTIVE", "pit": "complete"} == run.statuses
    assert run.pit == backed_up.repository.pits()[-1]


def test_tables_of_two_steps_alone_make_one_pit(location: Location) -> None:
    location.fields["tables_per_step"] = 1

    run = location.back_up(key("sales.orders"), key("sales.items"), key("ops.audit"))

    assert run.is_green
    assert "complete" == location.newest.status
    assert 3 == location.newest.counts.captured


@pytest.mark.fault(26)
def test_a_damaged_table_leaves_a_partial_pit_and_a_red_run(backed_up: Location) -> None:
    add_rows(backed_up, "sales.orders", "sales.items")
    damage(backed_up, "sales.orders")

    run = backed_up.back_up()

    assert not run.is_green
    assert "FAILED" == run.observed["orders"]["bcn/status"]
    assert {"items": "ACTIVE", "audit": "UNCHANGED", "pit": "partial"} == run.statuses
    assert (False, "ERROR") == run.checks["pit_complete"]
    assert "partial" == backed_up.newest.status


def test_the_failure_of_a_red_run_names_the_failed_table(backed_up: Location) -> None:
    add_rows(backed_up, "sales.orders")
    damage(backed_up, "sales.orders")

    run = backed_up.back_up()

    assert [True] == ["sales.orders" in said for said in run.failures]


def test_a_view_that_cannot_be_read_makes_the_run_red_and_is_named(backed_up: Location) -> None:
    Path(create_view(backed_up.place, "sales.recent").removeprefix("file://")).unlink()

    run = backed_up.back_up()

    assert not run.is_green
    assert any("sales.recent" in said for said in run.failures)
    assert "partial" == backed_up.newest.status


def test_a_pit_that_may_not_be_partial_is_kept_back_and_its_captures_are_kept(backed_up: Location) -> None:
    backed_up.fields["publish_partial"] = False
    del backed_up.definitions
    add_rows(backed_up, "sales.orders", "sales.items")
    damage(backed_up, "sales.orders")

    run = backed_up.back_up()

    assert not run.is_green
    assert {"items": "ACTIVE", "audit": "UNCHANGED"} == run.statuses
    assert run.pit not in backed_up.repository.pits()
    assert backed_up.repository.unfinished() == [run.pit]


def test_a_new_table_that_the_location_does_not_know_yet_is_in_the_pit(backed_up: Location) -> None:
    append(make(backed_up.catalog, "sales.returns"), 0)

    run = backed_up.back_up()

    assert run.is_green
    assert "ACTIVE" == run.statuses["returns"]
    assert "returns" in backed_up.newest.included_objects.tables["sales"]


def test_a_dropped_table_stays_visible_and_says_why_it_has_no_state(backed_up: Location) -> None:
    backed_up.catalog.drop_table("ops.audit")
    backed_up.back_up()
    del backed_up.definitions

    run = backed_up.back_up()

    assert run.is_green
    assert "ABSENT" == run.observed["audit"]["bcn/status"]


def test_running_a_published_pit_again_does_nothing_and_says_so(backed_up: Location) -> None:
    pit = backed_up.repository.pits()[0]
    before = backed_up.repository.pit_bytes(pit)
    add_rows(backed_up, "sales.orders")

    run = backed_up.back_up(pit=pit)

    assert run.is_green
    assert before == backed_up.repository.pit_bytes(pit)
    assert "the PIT exists already: nothing was done" == run.metadata["pit_plan"]["bcn/note"]
    assert "the PIT exists already: nothing was done" == run.metadata["orders"]["bcn/note"]


def test_a_published_pit_needs_no_catalog_any_more(backed_up: Location) -> None:
    pit = backed_up.repository.pits()[0]
    backed_up.catalog.close()
    backed_up.place.lose()

    run = backed_up.back_up(pit=pit)

    assert run.is_green


def test_names_that_ops_cannot_bear_are_assets_all_the_same(location: Location) -> None:
    names = ("with space", 'quo"te', "Zürich", "50%", "dot.ted", "sla/sh", "a-b", "a_b")
    for name in names:
        make(location.catalog, ("odd", name)).append(rows_of(0, 2))

    run = location.back_up()

    assert run.is_green
    assert set(names) <= {name for name, status in run.statuses.items() if status == "ACTIVE"}


def test_another_writer_at_the_repository_fails_the_run_with_its_name(backed_up: Location) -> None:
    pit = backed_up.add_pit()
    begin(at_the_command_line(backed_up), backed_up.add_pit())

    run = backed_up.back_up(pit=pit)

    assert not run.is_green
    assert any("bcn backup" in said for said in run.failures)


def test_two_deployments_are_two_owners(backed_up: Location) -> None:
    site = backed_up.component.site(())

    with dg.instance_for_test() as one, dg.instance_for_test() as other:
        owners = {owner(site, one), owner(site, other), owner(site, one)}

    assert 2 == len(owners)


def test_a_pit_of_the_future_is_refused(location: Location) -> None:
    run = location.back_up(pit=location.add_pit(ago=timedelta(days=-1)))

    assert not run.is_green
    assert "lies in the future" in run.failures[0]


@pytest.mark.parametrize("pit", ["yesterday", "20261341T000000.000Z"])
def test_a_partition_that_is_no_pit_is_refused(location: Location, pit: str) -> None:
    location.instance.add_dynamic_partitions("bcn/shop/pit", [pit])

    run = location.back_up(pit=pit)

    assert not run.is_green
    assert pit in run.failures[0]
