"""The code location as it loads: with its tables, without any state, without a catalog, without a configuration."""

import json
from pathlib import Path

import dagster as dg
import pytest

from bcn_core.errors import InvalidRequest
from bcn_dagster.components import CatalogDatabaseBackups, IcebergCatalogBackups, IcebergStandby
from bcn_dagster.definitions import defs
from bcn_dagster.listing import Listing
from bcn_dagster.naming import Names
from bcn_dagster.site import window
from tests.builders.dagster_location import PIT, PLAN, STEP, Location, key
from tests.warehouse.source import append, make


def specs(definitions: dg.Definitions) -> dict[dg.AssetKey, dg.AssetSpec]:
    return {one.key: one for one in definitions.resolve_all_asset_specs()}


def load() -> dg.Definitions:
    """The location as plain Python loads it."""
    return defs()


def context() -> dg.ComponentLoadContext:
    return dg.ComponentTree.for_test().load_context


def test_every_table_is_an_asset_between_the_first_and_the_last(location: Location) -> None:
    found = specs(location.definitions)

    tables = {key("sales.orders"), key("sales.items"), key("ops.audit")}
    assert {PLAN, STEP, PIT} | tables == set(found)
    assert [tables, {PLAN, STEP}] == [{one.asset_key for one in found[last].deps} for last in (STEP, PIT)]


def test_groups_are_databases_and_both_ends_stand_apart(location: Location) -> None:
    found = specs(location.definitions)

    assert ("sales", "ops", "shop_begin", "shop_publish") == (
        found[key("sales.orders")].group_name,
        found[key("ops.audit")].group_name,
        found[PLAN].group_name,
        found[PIT].group_name,
    )


def test_a_table_asset_says_what_it_is(location: Location) -> None:
    location.fields["owners"] = ["team:sales"]
    table = location.catalog.load_table("sales.orders")

    spec = specs(location.definitions)[key("sales.orders")]

    assert {"iceberg"} == spec.kinds
    assert ["team:sales"] == list(spec.owners)
    assert "shop.sales.orders" == spec.metadata["dagster/relation_identifier"]
    assert table.location() == spec.metadata["dagster/uri"]
    assert str(table.metadata.table_uuid) == spec.metadata["bcn/uuid"]
    assert ["id", "city"] == [one.name for one in spec.metadata["dagster/column_schema"].columns]


def test_a_table_has_the_freshness_policy_of_the_first_glob_that_fits(location: Location) -> None:
    location.fields["freshness"] = {"sales.orders": 2, "sales.*": 30}

    found = specs(location.definitions)

    policies = [found[key(table)].freshness_policy for table in ("sales.orders", "sales.items", "ops.audit")]
    assert [window(2), window(30), None] == policies
    assert window(26) == found[PIT].freshness_policy


def test_tables_share_steps(location: Location) -> None:
    location.fields["tables_per_step"] = 2

    steps = [one for one in location.definitions.assets or () if isinstance(one, dg.AssetsDefinition)]

    assert [1, 3, 2, 1] == [len(one.keys) for one in steps]


def test_a_large_table_has_a_step_of_its_own(location: Location) -> None:
    location.fields["large_table_bytes"] = 1_000
    append(location.catalog.load_table("sales.orders"), 100, count=10_000)

    steps = {
        frozenset(one.keys)
        for one in location.definitions.assets or ()
        if isinstance(one, dg.AssetsDefinition)
    }

    alone = frozenset({key("sales.orders"), Names("shop").step("table_sales__orders")})
    assert {alone, frozenset({key("sales.items"), key("ops.audit"), STEP})} <= steps


def test_the_state_of_the_component_becomes_its_definitions(location: Location, tmp_path: Path) -> None:
    state = tmp_path / "state" / "listing"
    location.component.write_state_to_path(state)

    found = specs(location.component.build_defs_from_state(context(), state))

    assert key("sales.orders") in found


@pytest.mark.fault(46)
def test_the_state_holds_no_secret(location: Location, tmp_path: Path) -> None:
    location.component.write_state_to_path(tmp_path / "state")

    assert {"catalog", "discovered_at", "tables"} == set(json.loads((tmp_path / "state").read_text()))
    assert "sqlite" not in (tmp_path / "state").read_text()


def test_without_a_state_everything_but_the_tables_is_there_and_says_so(location: Location) -> None:
    found = specs(location.component.build_defs_from_state(context(), None))

    assert {PLAN, PIT} == set(found)
    assert "NOT KNOWN YET" in str(found[PLAN].description)


def test_without_a_state_a_backup_takes_every_table(location: Location) -> None:
    location.definitions = location.component.build_defs_from_state(context(), None)

    run = location.back_up()

    assert run.is_green
    assert 3 == location.newest.counts.captured


def test_a_dropped_table_is_listed_as_long_as_a_pit_holds_it(backed_up: Location, tmp_path: Path) -> None:
    backed_up.catalog.drop_table("ops.audit")
    backed_up.back_up()

    backed_up.component.write_state_to_path(tmp_path / "state")

    listing = Listing.model_validate_json((tmp_path / "state").read_text())
    assert {"sales.orders": True, "sales.items": True, "ops.audit": False} == {
        str(one.table): one.alive for one in listing.tables
    }


def test_the_location_of_the_project_loads_from_the_named_settings(
    location: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BCN_CONFIG", str(location.settings))

    assert {PLAN, PIT} == set(specs(load()))


def test_the_location_loads_without_any_settings_and_says_what_it_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BCN_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)

    (spec,) = specs(load()).values()

    assert "no catalog to back up is named" in str(spec.description)


def test_components_without_their_settings_say_so_side_by_side(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone.toml")
    components = [
        IcebergCatalogBackups(config=gone),
        IcebergCatalogBackups(config=gone, catalog="web"),
        IcebergStandby(config=gone, standby="dr"),
    ]
    state = tmp_path / "state"
    state.write_text('[["sales", "orders"]]')

    found = [one.build_defs_from_state(context(), state) for one in components]
    found.append(CatalogDatabaseBackups(config=gone).definitions_now())

    assert 4 == len(specs(dg.Definitions.merge(*found)))


def test_components_of_two_files_keep_a_listing_each() -> None:
    components = [IcebergCatalogBackups(config=f"{name}.toml") for name in ("shop", "web")]

    assert 2 == len({one.defs_state_config.key for one in components})


def test_the_location_loads_when_the_switch_of_the_inventory_is_mistyped_and_says_so(
    location: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BCN_INVENTORY", "maybe")

    (spec,) = specs(location.component.build_defs_from_state(context(), None)).values()

    assert "BCN_INVENTORY is 'maybe'" in str(spec.description)


def test_tables_whose_names_read_alike_when_joined_are_an_asset_each(location: Location) -> None:
    for database, table in (("raw", "web__clicks"), ("raw__web", "clicks")):
        make(location.catalog, f"{database}.{table}")

    run = location.back_up()

    assert {key("raw.web__clicks"), key("raw__web.clicks")} <= set(specs(location.definitions))
    assert {"web__clicks": "ACTIVE", "clicks": "ACTIVE"}.items() <= run.statuses.items()


def test_a_large_table_that_is_called_like_a_part_of_another_one_has_its_own_step(location: Location) -> None:
    location.fields |= {"files_per_step": 1, "executor": "project"}
    for name in ("sales.events", "sales.events_part_0"):
        table = make(location.catalog, name)
        append(table, 0)
        append(table, 10)

    assert {key("sales.events"), key("sales.events_part_0")} <= set(specs(location.definitions))


def test_the_location_loads_with_settings_that_are_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BCN_CONFIG", str(tmp_path / "gone.toml"))

    (spec,) = specs(load()).values()

    assert "gone.toml" in str(spec.description)


def test_a_catalog_that_is_gone_is_no_empty_catalog(location: Location, tmp_path: Path) -> None:
    location.catalog.close()
    location.place.lose()

    with pytest.raises(InvalidRequest, match="does not exist"):
        location.component.write_state_to_path(tmp_path / "state")


def test_a_component_without_a_repository_says_so(location: Location) -> None:
    location.settings.write_text('[repository]\ncatalog = "shop"\n')

    with pytest.raises(InvalidRequest, match="no repository is named"):
        _ = location.component.connection


def test_an_unknown_field_of_the_component_is_refused() -> None:
    with pytest.raises(ValueError, match="tables_per_stepp"):
        IcebergCatalogBackups(tables_per_stepp=3)  # type: ignore[call-arg]
