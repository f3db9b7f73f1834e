"""New tables appear and vanished ones go: the sensor that sees them, and the listing that is kept."""

from pathlib import Path

import dagster as dg
import pytest

from bcn_core.errors import StorageFailure
from bcn_dagster.automation.refreshing import keep, reload_location
from bcn_dagster.listing import discover
from tests.builders.dagster_location import Location, key
from tests.builders.mailboxes import http_server
from tests.warehouse.source import append, make


def asked(location: Location) -> dg.RunRequest | dg.SkipReason:
    """What the refresh sensor says."""
    answer = location.sensor("refresh")(dg.build_sensor_context(instance=location.instance))
    assert isinstance(answer, dg.RunRequest | dg.SkipReason)
    return answer


def test_nothing_is_listed_while_all_tables_are_shown(backed_up: Location) -> None:
    assert isinstance(asked(backed_up), dg.SkipReason)


def test_a_new_table_in_a_pit_has_the_tables_listed_anew_once(backed_up: Location) -> None:
    append(make(backed_up.catalog, "sales.returns"), 0)
    backed_up.back_up()

    first, second = asked(backed_up), asked(backed_up)

    assert isinstance(first, dg.RunRequest)
    assert isinstance(second, dg.RunRequest)
    assert first.run_key == second.run_key
    assert "1" == first.tags["bcn/new_tables"]


def test_a_dropped_table_is_shown_as_long_as_a_pit_holds_it(backed_up: Location) -> None:
    backed_up.catalog.drop_table("ops.audit")
    backed_up.back_up()
    del backed_up.definitions

    assert isinstance(asked(backed_up), dg.SkipReason)
    backed_up.run("prune", dry_run=False, keep_last=1, grace_hours=0)
    answer = asked(backed_up)

    assert isinstance(answer, dg.RunRequest)
    assert "1" == answer.tags["bcn/vanished_tables"]


def test_a_listing_that_is_kept_is_what_the_next_load_shows(location: Location, tmp_path: Path) -> None:
    component, state = location.component, tmp_path / "state"
    with dg.instance_for_test() as instance:
        keep(instance, component.defs_state_config.key, discover(component.connection).model_dump_json())
        storage = instance.defs_state_storage
        assert storage is not None
        version = storage.get_latest_version(component.defs_state_config.key)
        storage.download_state_to_path(component.defs_state_config.key, str(version), state)

    shown = component.build_defs_from_state(dg.ComponentTree.for_test().load_context, state)

    assert key("sales.orders") in {one.key for one in shown.resolve_all_asset_specs()}


def test_a_key_of_ones_own_for_the_listing_is_where_the_refresh_keeps_it(location: Location) -> None:
    kept = location.component.defs_state.model_copy(update={"key": "mine"})
    component = location.component.model_copy(update={"defs_state": kept})
    shown = component.build_defs_from_state(dg.ComponentTree.for_test().load_context, None)
    job = shown.resolve_job_def(f"{location.component.site(()).names.plain}_refresh")

    with dg.instance_for_test() as instance:
        job.execute_in_process(instance=instance, raise_on_error=False)
        storage = instance.defs_state_storage
        assert storage is not None

        assert storage.get_latest_version("mine") is not None


def test_a_web_server_that_does_not_reload_is_an_error() -> None:
    with http_server() as box, pytest.raises(StorageFailure, match="'bcn' was not reloaded"):
        reload_location(box.url, "bcn")


def test_a_web_server_that_does_not_answer_is_an_error() -> None:
    with pytest.raises(StorageFailure, match=r"http://127\.0\.0\.1:9 does not answer"):
        reload_location("http://127.0.0.1:9", "bcn")
