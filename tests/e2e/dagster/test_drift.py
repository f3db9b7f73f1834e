"""The drift sensor: each kind of change is observed, asked for once, and makes a whole PIT."""

import sqlite3

import dagster as dg
import pytest
from pyiceberg.types import LongType

from tests.builders.dagster_location import PIT, PLAN, STEP, Location, key
from tests.warehouse.source import append, content_files, make
from tests.warehouse.sql_views import create_view, drop_view


def asked(location: Location, cursor: str | None = None) -> dg.SensorResult:
    answer = location.tick("drift", cursor)
    assert isinstance(answer, dg.SensorResult)
    return answer


def request(answer: dg.SensorResult) -> dg.RunRequest:
    assert answer.run_requests is not None
    assert 1 == len(answer.run_requests)
    return answer.run_requests[0]


def observed(answer: dg.SensorResult) -> dict[str, str]:
    return {
        one.asset_key.path[-1]: str(one.metadata["bcn/drift"].value)
        for one in answer.asset_events
        if isinstance(one, dg.AssetObservation)
    }


def skipped(answer: dg.SensorResult | dg.SkipReason) -> str:
    if isinstance(answer, dg.SensorResult):
        assert answer.skip_reason is not None
        return str(answer.skip_reason.skip_message)
    return str(answer.skip_message)


def test_nothing_is_asked_for_while_nothing_changes(backed_up: Location) -> None:
    assert "nothing changed since" in skipped(backed_up.tick("drift"))


def test_nothing_is_asked_for_before_the_first_pit(location: Location) -> None:
    assert "the first PIT" in skipped(location.tick("drift"))


def test_a_drift_asks_for_what_changed_alone(backed_up: Location) -> None:
    append(backed_up.catalog.load_table("sales.orders"), 100)

    answer = asked(backed_up)

    assert {"orders": "data_changed"} == observed(answer)
    assert [PLAN, key("sales.orders"), STEP, PIT] == request(answer).asset_selection


def test_the_same_drift_is_asked_for_once(backed_up: Location) -> None:
    append(backed_up.catalog.load_table("sales.orders"), 100)
    cursor = asked(backed_up).cursor

    again = backed_up.tick("drift", cursor)

    assert "asked for already" in skipped(again)


def test_a_table_that_fails_for_good_is_not_asked_for_again_and_again(backed_up: Location) -> None:
    append(backed_up.catalog.load_table("sales.orders"), 100)
    content_files(backed_up.catalog.load_table("sales.orders"))[0].unlink()
    answer = asked(backed_up)
    run = backed_up.run_request(request(answer))

    again = backed_up.tick("drift", answer.cursor)

    assert not run.is_green
    assert "asked for already" in skipped(again)


def test_the_run_of_a_drift_makes_a_complete_pit(backed_up: Location) -> None:
    append(backed_up.catalog.load_table("sales.orders"), 100)

    run = backed_up.run_request(request(asked(backed_up)))

    assert {"orders": "ACTIVE", "pit": "complete"} == run.statuses
    assert "nothing changed since" in skipped(backed_up.tick("drift"))


def test_a_table_with_a_freshness_policy_is_seen_in_a_pit_in_which_it_did_not_change(
    backed_up: Location,
) -> None:
    backed_up.fields["freshness"] = {"items": 26}
    del backed_up.definitions
    append(backed_up.catalog.load_table("sales.orders"), 100)

    run = backed_up.run_request(request(asked(backed_up)))

    assert {"orders": "ACTIVE", "items": "UNCHANGED", "pit": "complete"} == run.statuses


def test_a_schema_change_is_observed_with_its_columns(backed_up: Location) -> None:
    with backed_up.catalog.load_table("sales.orders").update_schema() as update:
        update.add_column("quantity", LongType())

    answer = asked(backed_up)

    assert {"orders": "schema_changed"} == observed(answer)
    assert "quantity" in str(answer.asset_events[0].metadata["bcn/columns"].value)


def test_a_rename_is_observed_on_the_new_name_and_makes_a_complete_pit(backed_up: Location) -> None:
    backed_up.catalog.rename_table("sales.items", "sales.articles")

    answer = asked(backed_up)

    assert {"articles": "renamed"} == observed(answer)
    assert "complete" == backed_up.run_request(request(answer)).statuses["pit"]


def test_a_drop_that_a_second_listing_confirms_asks_for_a_pit_that_records_it(backed_up: Location) -> None:
    backed_up.catalog.drop_table("ops.audit")

    first = asked(backed_up)

    second = asked(backed_up, first.cursor)
    backed_up.run_request(request(second))

    assert {} == observed(first)
    assert {"audit": "dropped"} == observed(second)
    assert ("ops.audit",) == backed_up.newest.deleted_in_source.tables


def test_a_drop_is_observed_on_the_asset_of_a_table_whose_name_holds_a_dot(backed_up: Location) -> None:
    make(backed_up.catalog, ("sales", "orders.v2"))
    backed_up.back_up()
    backed_up.catalog.drop_table(("sales", "orders.v2"))

    second = asked(backed_up, asked(backed_up).cursor)

    assert [dg.AssetKey(["shop", "sales", "orders.v2"])] == [one.asset_key for one in second.asset_events]


def test_a_table_that_is_missing_and_then_listed_but_unreadable_is_not_called_dropped(
    backed_up: Location,
) -> None:
    pointer = backed_up.catalog.load_table("ops.audit").metadata_location
    backed_up.catalog.drop_table("ops.audit")
    first = asked(backed_up)
    backed_up.catalog.register_table("ops.audit", pointer)
    with sqlite3.connect(backed_up.place.folder / "catalog.db") as database:
        database.execute("UPDATE iceberg_tables SET metadata_location = NULL WHERE table_name = 'audit'")

    second = asked(backed_up, first.cursor)

    assert "dropped" not in observed(second).values()


def test_a_recreated_table_is_observed_with_both_uuids(backed_up: Location) -> None:
    before = str(backed_up.catalog.load_table("ops.audit").metadata.table_uuid)
    backed_up.catalog.drop_table("ops.audit")
    make(backed_up.catalog, "ops.audit", location=f"file://{backed_up.folder}/source/second")

    answer = asked(backed_up)

    assert {"audit": "recreated"} == observed(answer)
    assert before == answer.asset_events[0].metadata["bcn/uuid_before"].value


def test_a_new_table_without_an_asset_is_captured_by_the_run_that_is_asked_for(backed_up: Location) -> None:
    append(make(backed_up.catalog, "sales.returns"), 0)

    answer = asked(backed_up)
    run = backed_up.run_request(request(answer))

    assert {"returns": "new"} == observed(answer)
    assert {"returns": "ACTIVE", "pit": "complete"} == run.statuses


def test_nothing_is_asked_for_while_a_run_is_at_work(backed_up: Location) -> None:
    append(backed_up.catalog.load_table("sales.orders"), 100)
    job = backed_up.definitions.resolve_job_def("shop_back_up")
    run = backed_up.instance.create_run_for_job(
        job, status=dg.DagsterRunStatus.STARTED, tags={"bcn/writer": "shop"}
    )

    assert run.run_id in skipped(backed_up.tick("drift"))


def test_a_name_that_only_one_listing_lacks_is_no_deletion(backed_up: Location) -> None:
    pointer = backed_up.catalog.load_table("ops.audit").metadata_location
    backed_up.catalog.drop_table("ops.audit")
    first = asked(backed_up)
    backed_up.catalog.register_table("ops.audit", pointer)

    second = asked(backed_up, first.cursor)

    assert "nothing changed since" in skipped(second)
    assert {} == observed(second)


def test_a_kind_that_is_only_observed_asks_for_no_pit(backed_up: Location) -> None:
    backed_up.fields["on_change"] = {"data_changed": "observe"}
    del backed_up.definitions
    append(backed_up.catalog.load_table("sales.orders"), 100)

    answer = asked(backed_up)

    assert {"orders": "data_changed"} == observed(answer)
    assert "observed only" in skipped(answer)


def test_what_was_only_observed_is_observed_once(backed_up: Location) -> None:
    backed_up.fields["on_change"] = {"data_changed": "observe"}
    del backed_up.definitions
    append(backed_up.catalog.load_table("sales.orders"), 100)

    again = asked(backed_up, asked(backed_up).cursor)

    assert {} == observed(again)


def test_a_storm_is_told_in_one_event_and_asks_for_one_pit(backed_up: Location) -> None:
    backed_up.fields["storm"] = 1
    del backed_up.definitions
    for name in ("sales.orders", "sales.items"):
        append(backed_up.catalog.load_table(name), 100)

    answer = asked(backed_up)

    assert {"pit_plan": "storm"} == observed(answer)
    assert [PLAN, key("sales.items"), key("sales.orders"), STEP, PIT] == request(answer).asset_selection


def test_an_unknown_kind_of_change_is_refused(location: Location) -> None:
    location.fields["on_change"] = {"data_chnaged": "observe"}

    with pytest.raises(ValueError, match="data_chnaged: no kind of change"):
        _ = location.component


def test_a_new_view_is_observed_and_asks_for_a_pit_that_holds_it(backed_up: Location) -> None:
    create_view(backed_up.place, "sales.recent")

    answer = asked(backed_up)
    run = backed_up.run_request(request(answer))

    assert {"pit_plan": "view_new"} == observed(answer)
    assert run.is_green
    assert "nothing changed since" in skipped(backed_up.tick("drift", answer.cursor))


def test_a_replaced_view_is_observed_by_its_pointer_alone(backed_up: Location) -> None:
    create_view(backed_up.place, "sales.recent")
    backed_up.back_up()
    create_view(backed_up.place, "sales.recent", sql="SELECT 2 AS id")

    assert {"pit_plan": "view_replaced"} == observed(asked(backed_up))


def test_a_dropped_view_is_no_deletion_before_a_second_listing_lacks_it_too(backed_up: Location) -> None:
    create_view(backed_up.place, "sales.recent")
    backed_up.back_up()
    drop_view(backed_up.place, "sales.recent")

    first = asked(backed_up)
    second = asked(backed_up, first.cursor)

    assert "1 name missing from one listing" in skipped(first)
    assert {} == observed(first)
    assert {"pit_plan": "view_dropped"} == observed(second)
    assert [PLAN, PIT] == request(second).asset_selection


def test_a_view_that_only_one_listing_lacks_is_no_deletion(backed_up: Location) -> None:
    create_view(backed_up.place, "sales.recent")
    backed_up.back_up()
    drop_view(backed_up.place, "sales.recent")
    cursor = asked(backed_up).cursor
    create_view(backed_up.place, "sales.recent")

    assert {"pit_plan": "view_replaced"} == observed(asked(backed_up, cursor))


def test_views_that_are_only_observed_ask_for_no_pit(backed_up: Location) -> None:
    backed_up.fields["on_change"] = {"view_new": "observe"}
    del backed_up.definitions
    create_view(backed_up.place, "sales.recent")

    answer = asked(backed_up)

    assert not answer.run_requests
    assert {"pit_plan": "view_new"} == observed(answer)


def test_a_view_that_nobody_wanted_to_change_fails_the_check(backed_up: Location) -> None:
    backed_up.fields["on_change"] = {"view_replaced": "fail_check"}
    del backed_up.definitions
    create_view(backed_up.place, "sales.recent")
    backed_up.back_up()
    create_view(backed_up.place, "sales.recent", sql="SELECT 2 AS id")

    run = backed_up.back_up()

    assert not run.is_green
    assert (False, "ERROR") == run.checks["no_unwanted_change"]
