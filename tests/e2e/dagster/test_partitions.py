"""Where PITs come from and go: the schedule, PITs of other writers, history, and runs that died."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import dagster as dg
import pytest

from bcn_core.backup import back_up, begin
from bcn_core.errors import InvalidRequest
from bcn_core.repository.pins import read_pin
from bcn_dagster.assets.share import owner
from bcn_dagster.automation.release import release_pit
from bcn_dagster.history import Every, add_past_pits, instant, main, past_pits
from tests.builders.dagster_location import PARTITIONS, PIT, PLAN, STEP, Location, at_the_command_line, key
from tests.warehouse.source import NAME, append, make


def written_elsewhere(location: Location) -> str:
    return back_up(at_the_command_line(location)).pit


def result(answer: dg.SensorResult | dg.SkipReason) -> dg.SensorResult:
    assert isinstance(answer, dg.SensorResult)
    return answer


@pytest.fixture
def context() -> Iterator[dg.ScheduleEvaluationContext]:
    due = datetime(2026, 11, 20, 2, tzinfo=UTC)
    with (
        dg.instance_for_test() as instance,
        dg.build_schedule_context(instance, scheduled_execution_time=due) as found,
    ):
        yield found


def test_the_schedule_asks_for_steps_of_what_changed_alone(
    backed_up: Location, context: dg.ScheduleEvaluationContext
) -> None:
    append(backed_up.catalog.load_table("sales.orders"), 100)

    request = backed_up.schedule(context)

    assert [PLAN, key("sales.orders"), STEP, PIT] == request.asset_selection


def test_the_schedule_asks_for_every_table_when_the_catalog_does_not_answer(
    backed_up: Location, context: dg.ScheduleEvaluationContext
) -> None:
    schedule = backed_up.schedule
    backed_up.catalog.close()
    backed_up.place.lose()

    request = schedule(context)

    assert request.asset_selection is None


def test_the_schedule_adds_a_pit_and_asks_for_its_run(location: Location) -> None:
    due = datetime(2026, 11, 20, 2, tzinfo=UTC)
    with (
        dg.instance_for_test() as instance,
        dg.build_schedule_context(instance, scheduled_execution_time=due) as context,
    ):
        request = location.schedule(context)

        assert isinstance(request, dg.RunRequest)
        assert [request.partition_key] == list(instance.get_dynamic_partitions(PARTITIONS))
        assert "nightly-20261120T020000" == request.run_key


def test_a_pit_that_the_command_wrote_appears_with_its_materializations(backed_up: Location) -> None:
    append(backed_up.catalog.load_table("sales.orders"), 100)
    pit = written_elsewhere(backed_up)

    answer = result(backed_up.tick("pits"))

    assert pit in backed_up.partitions
    assert {(key("sales.orders"), pit), (PIT, pit)} == {
        (one.asset_key, one.partition)
        for one in answer.asset_events
        if isinstance(one, dg.AssetMaterialization)
    }


def test_a_pit_that_the_command_wrote_has_its_checks_too(backed_up: Location) -> None:
    pit = written_elsewhere(backed_up)

    events = result(backed_up.tick("pits")).asset_events

    checks = {one.check_name: one.partition for one in events if isinstance(one, dg.AssetCheckEvaluation)}
    assert {"pit_complete": pit, "no_unwanted_change": pit, "row_counts": pit} == checks


def test_pits_that_are_shown_are_left_alone(backed_up: Location) -> None:
    assert isinstance(backed_up.tick("pits"), dg.SkipReason)


def test_a_pit_whose_run_died_before_it_could_tell_is_told_of(backed_up: Location) -> None:
    pit = written_elsewhere(backed_up)
    backed_up.instance.add_dynamic_partitions(PARTITIONS, [pit])

    events = result(backed_up.tick("pits")).asset_events

    assert (PIT, pit) in {
        (one.asset_key, one.partition) for one in events if isinstance(one, dg.AssetMaterialization)
    }


def test_a_pit_whose_run_is_at_work_is_told_of_by_that_run(backed_up: Location) -> None:
    pit = written_elsewhere(backed_up)
    job = backed_up.definitions.resolve_job_def(f"{NAME}_back_up")
    tags = {"bcn/writer": NAME, "dagster/partition": pit}
    backed_up.instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED, tags=tags)

    assert isinstance(backed_up.tick("pits"), dg.SkipReason)


def test_a_damaged_pit_does_not_keep_those_that_do_not_stand_on_it_from_being_shown(
    backed_up: Location,
) -> None:
    damaged, _, whole = (written_elsewhere(backed_up) for _ in range(3))
    path = backed_up.folder / "repo" / backed_up.repository.layout.pit_manifest(damaged)
    path.write_bytes(path.read_bytes()[:-40])

    backed_up.tick("pits")

    assert (False, True) == (damaged in backed_up.partitions, whole in backed_up.partitions)


def test_a_pruned_pit_vanishes_and_one_that_is_asked_for_stays(backed_up: Location) -> None:
    pruned, asked_for = written_elsewhere(backed_up), backed_up.add_pit()
    cursor = result(backed_up.tick("pits")).cursor
    backed_up.repository.store.delete(backed_up.repository.layout.pit_manifest(pruned))

    backed_up.tick("pits", cursor)

    assert pruned not in backed_up.partitions
    assert asked_for in backed_up.partitions


def test_past_pits_are_the_instants_of_a_range() -> None:
    found = past_pits(instant("2026-11-01"), instant("2026-11-03T12:00:00+00:00"), Every.day)

    assert ["20261101T000000.000Z", "20261102T000000.000Z", "20261103T000000.000Z"] == found


@pytest.mark.parametrize(
    ("first", "last"),
    [("2026-11-02", "2026-11-01"), ("2026-11-01", "2199-01-01"), ("1800-01-01", "2026-11-01")],
)
def test_a_range_that_makes_no_sense_is_refused(first: str, last: str) -> None:
    with pytest.raises(InvalidRequest):
        past_pits(instant(first), instant(last), Every.hour)


def test_a_past_instant_in_other_words_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="neither a date nor a timestamp"):
        instant("last week")


def test_history_from_the_shell_adds_partitions_of_the_catalog_in_the_settings(
    location: Location, capsys: pytest.CaptureFixture[str]
) -> None:
    with dg.instance_for_test() as instance:
        code = main(["--from", "2026-11-01", "--to", "2026-11-03", "--config", str(location.settings)])

        assert 0 == code
        assert 3 == len(instance.get_dynamic_partitions(PARTITIONS))
    assert "shop_back_up" in capsys.readouterr().out


def test_a_past_instant_is_rebuilt_from_the_metadata_file_of_its_time(backed_up: Location) -> None:
    orders = backed_up.catalog.load_table("sales.orders")
    past = datetime.fromtimestamp(orders.metadata.last_updated_ms / 1000 + 0.001, UTC)
    append(orders, 100)
    backed_up.back_up()
    (pit,) = add_past_pits(backed_up.instance, NAME, past_pits(past, past, Every.day))

    run = backed_up.back_up(pit=pit)

    assert run.is_green
    assert (4, "exact") == (
        run.metadata["orders"]["dagster/row_count"],
        run.metadata["orders"]["bcn/as_of"],
    )


def test_a_past_instant_whose_metadata_file_is_gone_is_derived_and_says_so(backed_up: Location) -> None:
    orders = backed_up.catalog.load_table("sales.orders")
    past = datetime.fromtimestamp(orders.metadata.last_updated_ms / 1000 + 0.001, UTC)
    append(orders, 100)
    for entry in backed_up.catalog.load_table("sales.orders").metadata.metadata_log:
        backed_up.place.warehouse.joinpath(entry.metadata_file.removeprefix("file://")).unlink()
    backed_up.back_up()
    (pit,) = add_past_pits(backed_up.instance, NAME, past_pits(past, past, Every.day))

    run = backed_up.back_up(pit=pit)

    assert "derived" == run.metadata["orders"]["bcn/as_of"]
    assert 4 == run.metadata["orders"]["dagster/row_count"]


def test_a_past_instant_before_a_table_existed_says_so(backed_up: Location) -> None:
    past = datetime.now(UTC)
    append(make(backed_up.catalog, "sales.late"), 0)
    del backed_up.definitions
    backed_up.back_up()
    (pit,) = add_past_pits(backed_up.instance, NAME, past_pits(past, past, Every.day))

    run = backed_up.back_up(pit=pit)

    assert run.is_green
    assert f"it did not exist at {pit}" == run.observed["late"]["bcn/reason"]
    assert "late" not in run.statuses


def test_history_is_added_by_a_job_too(location: Location) -> None:
    job = location.definitions.resolve_job_def(f"{NAME}_add_history")
    config = {"first": "2026-11-01", "last": "2026-11-02", "every": "day"}

    done = job.execute_in_process(
        instance=location.instance, run_config={"ops": {f"{NAME}_add_past_pits": {"config": config}}}
    )

    assert done.success
    assert ["20261101T000000.000Z", "20261102T000000.000Z"] == location.partitions


def test_a_run_that_died_leaves_the_repository_to_others(backed_up: Location) -> None:
    site, pit = backed_up.component.site(()), backed_up.add_pit()
    mine = at_the_command_line(backed_up)
    with dg.instance_for_test() as instance:
        begin(replace(mine, owner=owner(site, instance)), pit)

        release_pit(site, instance, pit)

    assert written_elsewhere(backed_up) == backed_up.repository.pits()[-1]


def test_a_run_that_a_person_terminated_leaves_the_repository_to_others(backed_up: Location) -> None:
    site, pit = backed_up.component.site(()), backed_up.add_pit()
    begin(replace(at_the_command_line(backed_up), owner=owner(site, backed_up.instance)), pit)
    run = backed_up.instance.create_run_for_job(
        backed_up.definitions.resolve_job_def(f"{NAME}_back_up"),
        status=dg.DagsterRunStatus.CANCELED,
        tags={"bcn/writer": NAME, "dagster/partition": pit},
    )
    event = dg.DagsterEvent(dg.DagsterEventType.RUN_CANCELED.value, run.job_name)
    context = dg.build_run_status_sensor_context("shop_release_terminated", event, backed_up.instance, run)

    backed_up.sensor("release_terminated")(context)

    assert written_elsewhere(backed_up) == backed_up.repository.pits()[-1]


def test_a_run_that_died_and_is_run_again_keeps_its_pin(backed_up: Location) -> None:
    site, pit = backed_up.component.site(()), backed_up.add_pit()
    job = backed_up.definitions.resolve_job_def(f"{NAME}_back_up")
    tags = {"bcn/writer": NAME} | {f"dagster/asset_partition_range_{end}": pit for end in ("start", "end")}
    backed_up.instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED, tags=tags)
    mine = at_the_command_line(backed_up)
    begin(replace(mine, owner=owner(site, backed_up.instance)), pit)

    release_pit(site, backed_up.instance, pit)

    repository = backed_up.repository
    assert read_pin(repository.store, repository.layout.pin(pit)).owner == owner(site, backed_up.instance)


def test_the_pin_of_another_writer_is_not_removed(backed_up: Location) -> None:
    site, pit = backed_up.component.site(()), backed_up.add_pit()
    begin(at_the_command_line(backed_up), pit)

    release_pit(site, backed_up.instance, pit)

    repository = backed_up.repository
    assert "bcn backup" == read_pin(repository.store, repository.layout.pin(pit)).owner.name
