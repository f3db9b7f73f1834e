"""Failed runs about the catalog's own database are told like those of its tables, each component its own."""

from collections.abc import Iterator

import dagster as dg
import pytest

from bcn_dagster.alerts.channels import Alerts, Webhook
from bcn_dagster.components import CatalogDatabaseBackups
from tests.builders.dagster_location import Location
from tests.builders.mailboxes import Mailbox, http_server

ALERTS = Alerts(webhook=[Webhook(url_variable="HOOK")])
DUMPS = dg.AssetKey(["shop", "database_dump"])


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    with http_server() as found:
        monkeypatch.setenv("HOOK", found.url)
        yield found


def definitions(location: Location, alerts: Alerts) -> dg.Definitions:
    """Of a catalog whose database nobody named, so that every run about it fails."""
    component = CatalogDatabaseBackups(config=str(location.settings), alerts=alerts, webserver="http://ui/")
    return component.definitions_now()


def failed_run(location: Location, found: dg.Definitions, job: str) -> dg.DagsterRun:
    done = found.resolve_job_def(job).execute_in_process(instance=location.instance, raise_on_error=False)
    run = location.instance.get_run_by_id(done.run_id)
    assert run is not None
    return run


def told(location: Location, sensor: dg.SensorDefinition, run: dg.DagsterRun) -> object:
    """What a sensor answers to a run; the failure is that of the run with its id."""
    (event,) = location.instance.all_logs(run.run_id, of_type=dg.DagsterEventType.RUN_FAILURE)
    assert event.dagster_event is not None
    context = dg.build_run_status_sensor_context(
        sensor_name=sensor.name,
        dagster_instance=location.instance,
        dagster_run=run,
        dagster_event=event.dagster_event,
    ).for_run_failure()
    return sensor(context)


def the_sensor(found: dg.Definitions) -> dg.SensorDefinition:
    (sensor,) = found.sensors or ()
    assert isinstance(sensor, dg.SensorDefinition)
    return sensor


@pytest.mark.parametrize("job", ["shop_restore_database", "shop_drill_database"])
def test_a_failed_run_is_told_with_its_problem_and_a_link(
    backed_up: Location, box: Mailbox, job: str
) -> None:
    found = definitions(backed_up, ALERTS)
    run = failed_run(backed_up, found, job)

    told(backed_up, the_sensor(found), run)

    body = box.arrived[0]["body"]
    assert (job, f"http://ui/runs/{run.run_id}") == (body["job"], body["link"])
    assert "catalog_databases" in body["problem"]


def test_a_dump_that_failed_by_a_click_on_its_asset_is_told_once(backed_up: Location, box: Mailbox) -> None:
    found = definitions(backed_up, ALERTS)
    backed_up.fields["alerts"] = ALERTS
    del backed_up.definitions
    run = failed_run(backed_up, found, "shop_drill_database")
    clicked = dg.DagsterRun(
        "__ASSET_JOB",
        run_id=run.run_id,
        asset_selection=frozenset({DUMPS}),
        tags={"dagster/partition": "2026-11-25"},
    )

    for sensor in (the_sensor(found), backed_up.sensor("alert")):
        told(backed_up, sensor, clicked)

    assert [("__ASSET_JOB", "")] == [(one["body"]["job"], one["body"]["pit"]) for one in box.arrived]


def test_a_failed_run_about_tables_is_not_told_by_the_database(backed_up: Location, box: Mailbox) -> None:
    found = definitions(backed_up, ALERTS)
    run = failed_run(backed_up, found, "shop_drill_database")

    answer = told(backed_up, the_sensor(found), dg.DagsterRun("shop_restore", run_id=run.run_id))

    assert isinstance(answer, dg.SkipReason)
    assert [] == box.arrived


def test_people_can_try_whether_alerts_about_the_database_arrive(location: Location, box: Mailbox) -> None:
    job = definitions(location, ALERTS).resolve_job_def("shop_database_test_alerts")

    assert job.execute_in_process(instance=location.instance).success
    assert "sent a test" == box.arrived[0]["body"]["event"]


def test_without_channels_the_database_has_no_sensor(location: Location) -> None:
    assert [] == list(definitions(location, Alerts()).sensors or ())
