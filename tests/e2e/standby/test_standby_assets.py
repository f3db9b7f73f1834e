"""Standby tables in Dagster: an asset each, and a sensor that follows the replicator."""

from typing import Any

import dagster as dg
import pytest

from bcn_core.errors import NotFound
from bcn_dagster.alerts.channels import Alerts, Webhook
from bcn_dagster.components import IcebergStandby
from tests.builders.mailboxes import http_server
from tests.builders.standby_line import StandbyLine
from tests.warehouse.readers import rows
from tests.warehouse.source import append, make
from tests.warehouse.standby import ORDERS as TABLE
from tests.warehouse.standby import Sites

ORDERS = dg.AssetKey(["dr", "sales", "orders"])
FOLLOW = "dr_sync"
ALERTS = Alerts(webhook=[Webhook(url_variable="HOOK")])


@pytest.fixture
def component(terminal: StandbyLine) -> IcebergStandby:
    return IcebergStandby(config=str(terminal.folder / "bcn.toml"), retry_delay_seconds=0)


def run(
    definitions: dg.Definitions, *keys: dg.AssetKey, instance: dg.DagsterInstance | None = None
) -> dg.ExecuteInProcessResult:
    return definitions.resolve_job_def(FOLLOW).execute_in_process(
        asset_selection=list(keys) or None, instance=instance, raise_on_error=False
    )


def metadata(result: dg.ExecuteInProcessResult, key: dg.AssetKey = ORDERS) -> dict[str, Any]:
    (event,) = result.asset_materializations_for_node("dr_tables")
    assert event.asset_key == key
    return {name: value.value for name, value in event.metadata.items()}


def sensor(definitions: dg.Definitions, name: str = FOLLOW) -> Any:
    (found,) = [one for one in definitions.sensors or () if one.name == name]
    return found


def tick(definitions: dg.Definitions, instance: dg.DagsterInstance, cursor: str | None = None) -> Any:
    return sensor(definitions)(dg.build_sensor_context(instance=instance, cursor=cursor))


def test_each_standby_table_is_an_asset(component: IcebergStandby) -> None:
    keys = {one.key for one in component.definitions_now().resolve_all_asset_specs()}

    assert {ORDERS} == keys


def test_a_run_shows_the_newest_version_at_the_standby(component: IcebergStandby, sites: Sites) -> None:
    result = run(component.definitions_now())

    assert (True, 20) == (result.success, len(rows(sites.pointer())))


def test_the_assets_metadata_says_lag_work_and_time(component: IcebergStandby) -> None:
    found = metadata(run(component.definitions_now()))

    assert ("create", 0, 0.0, 2, 2) == tuple(
        found[f"bcn/{name}"]
        for name in ("action", "versions_behind", "lag_s", "files_new", "manifests_rewritten")
    )
    assert {"bcn/bytes_referenced", "bcn/duration_s", "bcn/shows_the_source_at"} <= set(found)


def test_what_the_next_version_lacks_is_in_the_metadata(component: IcebergStandby, sites: Sites) -> None:
    run(component.definitions_now())
    append(sites.source.pyiceberg().load_table("sales.orders"), 20, 5)
    sites.replicate(lambda name: not name.endswith(".parquet"))

    found = metadata(run(component.definitions_now()))

    assert (1, True) == (found["bcn/versions_behind"], "is not there yet" in found["bcn/missing"])


def test_only_selected_tables_are_synced(component: IcebergStandby, sites: Sites) -> None:
    make(sites.source.pyiceberg(), "sales.items")
    sites.replicate()

    result = run(component.definitions_now(), dg.AssetKey(["dr", "sales", "items"]))

    assert [True, None] == [result.success, sites.standby.bcn().pointer(TABLE)]


def test_a_table_that_came_since_the_listing_is_synced_too(component: IcebergStandby, sites: Sites) -> None:
    definitions = component.definitions_now()
    make(sites.source.pyiceberg(), "sales.items")
    sites.replicate()

    assert run(definitions).success
    assert sites.standby.pyiceberg().table_exists("sales.items")


def test_a_diverged_table_makes_the_run_red_and_leaves_the_others_green(
    component: IcebergStandby, sites: Sites
) -> None:
    make(sites.source.pyiceberg(), "sales.items")
    sites.replicate()
    definitions = component.definitions_now()
    run(definitions)
    append(sites.standby.pyiceberg().load_table("sales.orders"), 90)

    result = run(definitions)

    found = [event.asset_key for event in result.asset_materializations_for_node("dr_tables")]
    assert (False, [dg.AssetKey(["dr", "sales", "items"])]) == (result.success, found)


def test_the_sensor_waits_for_the_replicators_marker(
    terminal: StandbyLine, component: IcebergStandby
) -> None:
    terminal.configure(f'marker = "{terminal.folder}/done"\n')

    answer = tick(component.definitions_now(), dg.DagsterInstance.ephemeral())

    assert isinstance(answer, dg.SkipReason)


def test_each_finished_replication_is_one_run(terminal: StandbyLine, component: IcebergStandby) -> None:
    terminal.configure(f'marker = "{terminal.folder}/done"\n')
    instance, definitions = dg.DagsterInstance.ephemeral(), component.definitions_now()
    (terminal.folder / "done").write_text("1")
    first = tick(definitions, instance)
    second = tick(definitions, instance, first.cursor)
    (terminal.folder / "done").write_text("22")
    third = tick(definitions, instance, first.cursor)

    assert (1, True, 1) == (
        len(first.run_requests),
        isinstance(second, dg.SkipReason),
        len(third.run_requests),
    )


def test_without_a_marker_the_period_is_fifteen_minutes(component: IcebergStandby) -> None:
    definitions = component.definitions_now()

    assert 900 == sensor(definitions).minimum_interval_seconds
    assert 1 == len(tick(definitions, dg.DagsterInstance.ephemeral()).run_requests)


def test_while_a_sync_is_at_work_none_is_asked_for(component: IcebergStandby) -> None:
    instance, definitions = dg.DagsterInstance.ephemeral(), component.definitions_now()
    job = definitions.resolve_job_def(FOLLOW)
    instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)

    assert isinstance(tick(definitions, instance), dg.SkipReason)


def test_a_sync_that_failed_is_told_to_people(
    component: IcebergStandby, sites: Sites, monkeypatch: pytest.MonkeyPatch
) -> None:
    with http_server() as box:
        monkeypatch.setenv("HOOK", box.url)
        component = component.model_copy(update={"alerts": ALERTS, "webserver": "http://ui"})
        instance, definitions = dg.DagsterInstance.ephemeral(), component.definitions_now()
        run(definitions)
        append(sites.standby.pyiceberg().load_table("sales.orders"), 90)
        failed = run(definitions, instance=instance)
        (event,) = instance.all_logs(failed.run_id, of_type=dg.DagsterEventType.RUN_FAILURE)
        assert event.dagster_event is not None
        context = dg.build_run_status_sensor_context(
            sensor_name="dr_alert",
            dagster_instance=instance,
            dagster_run=instance.get_runs()[0],
            dagster_event=event.dagster_event,
        ).for_run_failure()

        sensor(definitions, "dr_alert")(context)

    body = box.arrived[0]["body"]
    assert ("dr", "dr_sync", f"http://ui/runs/{failed.run_id}") == (
        body["catalog"],
        body["job"],
        body["link"],
    )
    assert "sales.orders" in body["problem"]


def test_people_can_try_whether_alerts_about_the_standby_arrive(
    component: IcebergStandby, monkeypatch: pytest.MonkeyPatch
) -> None:
    with http_server() as box:
        monkeypatch.setenv("HOOK", box.url)
        component = component.model_copy(update={"alerts": ALERTS})
        job = component.definitions_now().resolve_job_def("dr_test_alerts")

        assert job.execute_in_process().success

    assert "sent a test" == box.arrived[0]["body"]["event"]


def test_a_standby_without_tables_says_what_to_do(component: IcebergStandby) -> None:
    found = component.build_defs_from_state(dg.ComponentTree.for_test().load_context, None)

    (spec,) = found.resolve_all_asset_specs()
    assert "NOT KNOWN YET" in str(spec.description)


def test_the_listing_is_kept_and_read_without_asking(
    component: IcebergStandby, terminal: StandbyLine
) -> None:
    state = terminal.folder / "state.json"
    component.write_state_to_path(state)
    (terminal.sites.standby.folder).rename(terminal.folder / "away")

    definitions = component.build_defs_from_state(dg.ComponentTree.for_test().load_context, state)

    assert {ORDERS} == {one.key for one in definitions.resolve_all_asset_specs()}


def test_a_standby_that_bcn_toml_does_not_describe_is_refused(terminal: StandbyLine) -> None:
    component = IcebergStandby(config=str(terminal.folder / "bcn.toml"), standby="dt")

    with pytest.raises(NotFound, match=r"no \[standby.dt\]"):
        component.definitions_now()
