"""The inventory's tables in Dagster: assets below the PIT, kept up in its run, and never the reason for a red one."""

from pathlib import Path

import dagster as dg
import pytest

from bcn_core.events import silent
from bcn_core.inventory import Inventory, query
from bcn_core.settings import load
from bcn_core.storage.opening import Stores
from tests.builders.dagster_location import PIT, Location
from tests.warehouse.source import NAME, append, content_files, make

TABLES = ["inventory_objects", "inventory_pits", "inventory_tables"]


@pytest.fixture
def described(tmp_path: Path) -> Location:
    found = Location(tmp_path, fields={"inventory": True})
    append(make(found.catalog, "sales.orders"), 0)
    return found


def keys_of(location: Location) -> list[str]:
    graph = location.definitions.resolve_asset_graph()
    return sorted(key.path[-1] for key in graph.get_all_asset_keys() if key.path[-1].startswith("inventory_"))


def test_without_being_asked_for_there_are_no_such_assets(location: Location) -> None:
    assert [] == keys_of(location)


def test_each_table_is_an_asset_below_the_pit(described: Location) -> None:
    graph = described.definitions.resolve_asset_graph()

    assert TABLES == keys_of(described)
    assert {PIT} == {parent for name in TABLES for parent in graph.get(dg.AssetKey([NAME, name])).parent_keys}


def test_a_backup_materializes_them_with_their_rows(described: Location) -> None:
    run = described.back_up()

    assert run.is_green
    assert [5, 1, 1] == [run.metadata[name]["dagster/row_count"] for name in TABLES]


def test_bcn_toml_switches_them_on(location: Location) -> None:
    location.settings.write_text(location.settings.read_text() + "\n[inventory]\nenable = true\n")

    assert TABLES == keys_of(location)


def test_a_broken_inventory_leaves_the_run_green_and_says_how_far_it_is(described: Location) -> None:
    described.back_up()
    folder = described.folder / "repo/inventory"
    folder.rename(described.folder / "away")
    folder.write_text("no folder")

    run = described.back_up()

    assert run.is_green
    assert [2, 2, 2] == [run.observed[name]["bcn/inventory_lag"] for name in TABLES]
    assert not set(TABLES) & run.metadata.keys()


def test_the_next_run_catches_up(described: Location) -> None:
    folder = described.folder / "repo/inventory"
    described.back_up()
    folder.rename(described.folder / "away")
    folder.write_text("no folder")
    described.back_up()
    folder.unlink()
    (described.folder / "away").rename(folder)

    run = described.back_up()

    assert 3 == run.metadata["inventory_pits"]["dagster/row_count"]


def test_the_steps_that_a_sensor_asks_for_have_the_inventory_behind_them(described: Location) -> None:
    described.back_up()
    append(described.catalog.load_table("sales.orders"), 10)

    request = described.tick("drift").run_requests[0]  # type: ignore[union-attr,index]

    assert set(TABLES) <= {key.path[-1] for key in request.asset_selection or ()}


def test_a_partial_pit_is_in_the_inventory_when_its_red_run_ends(described: Location) -> None:
    orders = described.catalog.load_table("sales.orders")
    described.back_up()
    append(orders, 100)
    append(make(described.catalog, "sales.items"), 0)
    content_files(described.catalog.load_table("sales.orders"))[0].unlink()
    del described.definitions

    run = described.back_up()

    assert not run.is_green
    assert "partial" == described.newest.status
    [record] = described.instance.fetch_materializations(
        dg.AssetKey([NAME, "inventory_pits"]), limit=1
    ).records
    assert record.asset_materialization is not None
    assert (run.pit, 2) == (
        record.partition_key,
        record.asset_materialization.metadata["dagster/row_count"].value,
    )


def test_a_prune_takes_the_pits_that_go_out_of_the_inventory(described: Location) -> None:
    described.back_up()
    append(described.catalog.load_table("sales.orders"), 10)
    kept = described.back_up().pit

    assert described.run("prune", dry_run=False, keep_last=1, grace_hours=0).success

    inventory = Inventory.of(described.repository, Stores(), load(described.settings), silent)
    assert [(kept,)] == query(inventory, "SELECT pit FROM pits").rows()
