"""The restore job: dry runs, restores without the source, and refusals."""

from typing import Any

import dagster as dg
import pytest

from bcn_core.names import Scope
from tests.builders.dagster_location import BACK, Location
from tests.warehouse.readers import rows
from tests.warehouse.source import make
from tests.warehouse.sql_views import create_view


def metadata_of(result: dg.ExecuteInProcessResult, step: str) -> dict[str, Any]:
    """The metadata of a step's output."""
    events = [one for one in result.all_events if one.is_successful_output and step in str(one.step_key)]
    return {name: value.value for name, value in events[0].step_output_data.metadata.items()}


def plan_of(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    (event,) = result.get_asset_observation_events()
    return {
        name: value.value for name, value in event.asset_observation_data.asset_observation.metadata.items()
    }


def failure(result: dg.ExecuteInProcessResult) -> str:
    (event,) = [one for one in result.all_events if one.is_step_failure]
    assert event.step_failure_data.user_failure_data is not None
    return str(event.step_failure_data.user_failure_data.description)


def restored(location: Location, table: str) -> list[Any]:
    return rows(location.back.pyiceberg().load_table(table).metadata_location)


def test_without_any_config_nothing_is_written_and_the_plan_is_shown(backed_up: Location) -> None:
    backed_up.back.folder.mkdir()
    before = backed_up.place.files()

    done = backed_up.restore(target=BACK)

    assert done.success
    assert 3 == plan_of(done)["bcn/tables"]
    assert "dry run: nothing was restored" in metadata_of(done, "restore_report")["bcn/report"]
    assert "sales.orders" in plan_of(done)["bcn/plan"]
    assert (before, []) == (backed_up.place.files(), list(backed_up.back.folder.iterdir()))


def test_a_restore_needs_no_source(backed_up: Location) -> None:
    expected = rows(backed_up.catalog.load_table("sales.orders").metadata_location)
    site = backed_up.definitions
    backed_up.back.folder.mkdir()
    backed_up.catalog.close()
    backed_up.place.lose()

    done = backed_up.restore(dry_run=False, target=BACK)

    assert done.success
    assert site is backed_up.definitions
    assert expected == restored(backed_up, "sales.orders")


def test_every_table_has_a_report_and_the_run_has_one(backed_up: Location) -> None:
    backed_up.back.folder.mkdir()

    done = backed_up.restore(dry_run=False, target=BACK, tables=["sales.*"])

    assert "sales.orders" in metadata_of(done, "restore_report")["bcn/report"]
    assert 2 == metadata_of(done, "restore_report")["bcn/restored"]
    assert "create" in metadata_of(done, "restore_table[")["bcn/report"]


def test_a_run_bears_tags_that_say_what_it_was_about(backed_up: Location) -> None:
    backed_up.back.folder.mkdir()

    backed_up.restore(target=BACK, tables=["sales.*"])

    (run,) = backed_up.instance.get_runs(dg.RunsFilter(job_name="shop_restore"))
    tags = {name: run.tags[f"bcn/{name}"] for name in ("pit", "into", "tables", "databases", "dry_run")}
    pit = backed_up.repository.pits()[-1]
    assert {"pit": pit, "into": "back", "tables": "2", "databases": "sales", "dry_run": "true"} == tags


def test_files_alone_come_back_without_a_catalog_and_the_report_names_what_to_register(
    backed_up: Location,
) -> None:
    place = backed_up.folder / "files"

    done = backed_up.restore(
        dry_run=False, target={"files_only": {"location": f"{place}/{{table}}"}}, tables=["sales.orders"]
    )

    assert done.success
    report = metadata_of(done, "restore_report")["bcn/report"]
    named = next(cell.strip() for cell in report.split("|") if cell.strip().endswith(".metadata.json"))
    assert 4 == len(rows(named))


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ({"files_only": {"location": "/files", "catalog": "back"}}, "catalog"),
        ({"files_only": {"location": "/files", "on_conflict": "replace"}}, "on_conflict"),
        ({"files_only": {}}, "location"),
        ({"other_catalog": {}}, "catalog"),
        ({"in_place": {"database": "sales_back"}}, "database"),
        ({"files_only": {"location": "/files"}, **BACK}, "a single field"),
        ({"somewhere": {}}, "somewhere"),
    ],
)
def test_targets_that_contradict_themselves_are_refused_before_any_step(
    backed_up: Location, target: dict[str, Any], said: str
) -> None:
    with pytest.raises(dg.DagsterInvalidConfigError, match=said):
        backed_up.restore(target=target)


def test_tables_come_back_beside_those_that_are_there_under_other_names(backed_up: Location) -> None:
    names = {"database": "{database}_back", "table": "{table}_again"}

    done = backed_up.restore(dry_run=False, target={"other_names": names}, tables=["sales.orders"])

    assert done.success
    back = backed_up.catalog.load_table("sales_back.orders_again")
    assert rows(back.metadata_location) == rows(
        backed_up.catalog.load_table("sales.orders").metadata_location
    )


def test_in_place_a_table_is_replaced_when_that_is_asked_for(backed_up: Location) -> None:
    expected = rows(backed_up.catalog.load_table("sales.orders").metadata_location)
    backed_up.catalog.load_table("sales.orders").delete("id = 1")

    backed_up.restore(dry_run=False, target={"in_place": {"on_conflict": "replace"}}, tables=["sales.orders"])

    assert expected == rows(backed_up.catalog.load_table("sales.orders").metadata_location)


def test_a_restore_can_be_held_to_a_rate_and_few_files_at_once(backed_up: Location) -> None:
    backed_up.back.folder.mkdir()

    done = backed_up.restore(
        dry_run=False, target=BACK, tables=["ops.*"], limit_bytes_per_second=10**9, files_at_once=1
    )

    assert 4 == metadata_of(done, "restore_report")["bcn/rows"]
    assert "data:image/svg+xml" in metadata_of(done, "restore_report")["bcn/picture"]


def test_a_table_that_is_in_the_way_fails_the_run_and_the_others_come_back(backed_up: Location) -> None:
    backed_up.back.folder.mkdir()
    backed_up.restore(dry_run=False, target=BACK, tables=["sales.orders"])
    backed_up.catalog.load_table("sales.orders").delete("id = 1")
    backed_up.back_up()

    done = backed_up.restore(dry_run=False, target=BACK, uuid="keep")

    assert not done.success
    assert "sales.orders" in failure(done)
    assert 4 == len(restored(backed_up, "sales.items"))


def test_running_a_restore_again_finds_everything_in_place(backed_up: Location) -> None:
    backed_up.back.folder.mkdir()
    backed_up.restore(dry_run=False, target=BACK)

    done = backed_up.restore(dry_run=False, target=BACK)

    assert done.success
    assert "done" in metadata_of(done, "restore_report")["bcn/report"]


def test_a_dropped_table_comes_back_when_it_is_asked_for(backed_up: Location) -> None:
    backed_up.catalog.drop_table("ops.audit")
    backed_up.back_up()
    backed_up.back.folder.mkdir()

    backed_up.restore(dry_run=False, target=BACK, tables=["ops.audit"], include_deleted=True)

    assert 4 == len(restored(backed_up, "ops.audit"))


def test_a_view_is_backed_up_and_comes_back_as_a_step_of_its_own(backed_up: Location) -> None:
    create_view(backed_up.place, "sales.recent")
    assert backed_up.back_up().is_green
    backed_up.back.folder.mkdir()

    done = backed_up.restore(dry_run=False, target=BACK, tables=["sales.recent"])

    assert done.success
    assert "view" in metadata_of(done, "restore_report")["bcn/report"]
    assert ["recent"] == [view.name for view in backed_up.back.bcn().sweep(Scope("back")).views]


def test_a_view_that_cannot_be_restored_fails_the_run(backed_up: Location) -> None:
    create_view(backed_up.place, "sales.recent")
    backed_up.back_up()
    backed_up.back.folder.mkdir()
    make(backed_up.back.pyiceberg(), "sales.recent")

    done = backed_up.restore(dry_run=False, target=BACK, tables=["sales.*"])

    assert not done.success
    assert "sales.recent" in failure(done)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"pit": "2001-01-01"}, "no PIT at or before"),
        ({"tables": ["nothing.like_this"]}, "nothing.like_this"),
        ({"target": {"other_catalog": {"catalog": "unheard_of"}}}, "is not configured"),
    ],
)
def test_a_restore_that_cannot_be_planned_says_why(
    backed_up: Location, config: dict[str, Any], said: str
) -> None:
    done = backed_up.restore(**config)

    assert not done.success
    assert said in failure(done)


def test_an_option_that_does_not_exist_is_refused(backed_up: Location) -> None:
    with pytest.raises(dg.DagsterInvalidConfigError, match="on_conflict"):
        backed_up.restore(target={"in_place": {"on_conflict": "merge"}})
