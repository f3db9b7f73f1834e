"""Asset checks: those that every backup evaluates, and those with schedules of their own."""

from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import pytest
from pyiceberg.types import LongType

from bcn_core.events import silent
from bcn_dagster.checks.age import pit_age
from bcn_dagster.checks.drilling import open_drill
from bcn_dagster.checks.fields import Checks
from tests.builders.dagster_location import PIT, Location
from tests.warehouse.source import NAME, append


def evaluated(result: dg.ExecuteInProcessResult, name: str) -> dg.AssetCheckEvaluation:
    (found,) = [one for one in result.get_asset_check_evaluations() if one.check_name == name]
    return found


def value(evaluation: dg.AssetCheckEvaluation, name: str) -> Any:
    return evaluation.metadata[name].value


def check(location: Location, name: str) -> dg.AssetCheckEvaluation:
    """What a check says that has a job of its own."""
    return evaluated(location.run(name), name)


def add_a_column(location: Location) -> None:
    with location.catalog.load_table("sales.orders").update_schema() as update:
        update.add_column("quantity", LongType())


def lose_an_object(location: Location) -> None:
    """Take the bytes of a stored file of sales.orders away."""
    found = (location.folder / "repo").rglob("files/**/*.parquet")
    next(one for one in found if "orders" in str(one)).unlink()


def change(location: Location, **fields: Any) -> None:
    location.fields |= fields
    del location.definitions


def test_every_backup_evaluates_the_checks_of_its_pit(location: Location) -> None:
    checks = location.back_up().checks

    assert {"pit_complete", "no_unwanted_change", "row_counts", "verify_quick"} == set(checks)
    assert [] == [name for name, (passed, _) in checks.items() if not passed]


def test_a_quick_verification_can_be_left_out(location: Location) -> None:
    location.fields["checks"] = Checks(verify_every_pit=False)

    assert "verify_quick" not in location.back_up().checks


def test_an_unwanted_change_fails_its_check_and_the_run_and_the_pit_is_there(backed_up: Location) -> None:
    change(backed_up, on_change={"schema_changed": "fail_check"})
    add_a_column(backed_up)

    run = backed_up.back_up()

    assert (False, "ERROR") == run.checks["no_unwanted_change"]
    assert ["a table changed in a way that nobody wanted" in said for said in run.failures] == [True]
    assert run.pit in backed_up.repository.pits()


def test_a_change_that_nobody_called_unwanted_passes_and_is_told(backed_up: Location) -> None:
    add_a_column(backed_up)

    found = evaluated(backed_up.back_up().result, "no_unwanted_change")

    assert found.passed
    assert "sales.orders | schema_changed" in value(found, "bcn/changes")


def test_a_table_that_lost_most_of_its_rows_is_warned_of(backed_up: Location) -> None:
    backed_up.catalog.load_table("sales.orders").delete("id > 0")

    run = backed_up.back_up()

    assert run.is_green
    assert (False, "WARN") == run.checks["row_counts"]
    assert "sales.orders" == value(evaluated(run.result, "row_counts"), "bcn/tables")


def test_a_table_that_grew_passes_with_both_counts(backed_up: Location) -> None:
    append(backed_up.catalog.load_table("sales.orders"), 100)

    found = evaluated(backed_up.back_up().result, "row_counts")

    assert found.passed
    assert "| sales.orders | 4 | 8 | +100.0% |" in value(found, "bcn/rows")


def test_a_lost_object_fails_the_verification_of_the_next_backup(backed_up: Location) -> None:
    lose_an_object(backed_up)
    append(backed_up.catalog.load_table("ops.audit"), 100)
    change(backed_up, checks=Checks(verify_parts=1))

    run = backed_up.back_up()

    assert not run.is_green
    assert (False, "ERROR") == run.checks["verify_quick"]


def test_a_backup_looks_at_what_it_captured_and_the_daily_slice_at_all_the_rest(backed_up: Location) -> None:
    lose_an_object(backed_up)
    append(backed_up.catalog.load_table("ops.audit"), 100)
    change(backed_up, checks=Checks(verify_parts=10**9))

    found = evaluated(backed_up.back_up().result, "verify_quick")

    assert (True, 1) == (found.passed, value(found, "bcn/tables"))
    assert not check(backed_up, "verify_slice").passed


def test_the_daily_slice_reads_data_files(backed_up: Location) -> None:
    change(backed_up, checks=Checks(verify_parts=1))

    found = check(backed_up, "verify_slice")

    assert found.passed
    assert 0 < value(found, "bcn/bytes_read")


def test_a_drill_tells_the_time_to_restore_as_a_number(backed_up: Location) -> None:
    found = check(backed_up, "restore_drill")

    assert found.passed
    assert 0 < value(found, "bcn/rto_s")
    assert (3, 12) == (value(found, "bcn/tables"), value(found, "bcn/rows"))
    assert "data:image/svg+xml" in value(found, "bcn/picture")


def test_every_drill_keeps_to_the_bounds_of_the_settings(backed_up: Location) -> None:
    with backed_up.settings.open("a") as file:
        file.write("\n[restore]\ntables_at_once = 1\nfiles_at_once = 3\n")

    drill = open_drill(backed_up.component.site(()), silent)

    assert (1, 3) == (drill.tables_at_once, drill.files_at_once)


def test_a_drill_of_a_damaged_backup_fails_its_check_and_its_run(backed_up: Location) -> None:
    lose_an_object(backed_up)

    done = backed_up.run("restore_drill")

    assert not done.success
    assert not evaluated(done, "restore_drill").passed


def test_a_young_pit_passes_with_its_age(backed_up: Location) -> None:
    found = check(backed_up, "pit_age")

    assert found.passed
    assert 0 <= value(found, "bcn/age_hours") < 1


@pytest.mark.parametrize(("days", "passed"), [(0, True), (2, False)])
def test_a_pit_may_be_as_old_as_people_say(backed_up: Location, days: int, *, passed: bool) -> None:
    site = backed_up.component.site(())

    found = pit_age(site, datetime.now(UTC) + timedelta(days=days))

    assert passed == found.passed


def test_a_repository_without_a_complete_pit_fails_the_check_of_its_age(backed_up: Location) -> None:
    pit = backed_up.repository.pits()[0]
    backed_up.repository.store.delete(backed_up.repository.layout.pit_manifest(pit))

    done = backed_up.run("pit_age")

    assert not done.success
    assert "there is no complete PIT" == evaluated(done, "pit_age").description


def test_a_run_that_selects_every_check_of_the_pit_drills_nothing(backed_up: Location) -> None:
    everything = backed_up.definitions.resolve_implicit_global_asset_job_def()

    done = everything.execute_in_process(
        instance=backed_up.instance,
        partition_key=backed_up.add_pit(),
        asset_selection=[PIT],
        raise_on_error=False,
    )

    checked = {one.check_name for one in done.get_asset_check_evaluations()}
    assert done.success
    assert not checked & {"verify_slice", "restore_drill", "pit_age"}


def test_checks_have_schedules_unless_somebody_wants_none(location: Location) -> None:
    location.fields["checks"] = Checks(drill_cron=None)

    names = {one.name for one in location.definitions.schedules or ()}

    assert {f"{NAME}_nightly", f"{NAME}_verify_slice_schedule", f"{NAME}_pit_age_schedule"} == names
