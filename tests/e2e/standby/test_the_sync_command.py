"""``bcn sync`` as a person types it: discovery, the plan, the outcome, and what it refuses."""

import shutil

from tests.builders.standby_line import StandbyLine
from tests.warehouse.readers import rows
from tests.warehouse.runs import table
from tests.warehouse.source import append, make
from tests.warehouse.standby import ORDERS, Sites


def pointer(terminal: StandbyLine, name: str = "sales.orders") -> str | None:
    return terminal.sites.standby.bcn().pointer(table(name))


def test_a_replicated_table_is_found_by_its_folder_and_shown(terminal: StandbyLine) -> None:
    shutil.rmtree(terminal.sites.source.folder)

    answer = terminal.bcn("sync")

    assert (0, 20) == (answer.code, len(rows(terminal.sites.pointer())))
    assert "1 of 1 tables of 'standby' show their newest whole version" in answer.out


def test_a_dry_run_writes_nothing(terminal: StandbyLine) -> None:
    answer = terminal.bcn("sync", "--dry-run")

    assert (0, None) == (answer.code, pointer(terminal))
    assert "nothing written yet" in answer.out


def test_the_plan_is_the_same_document_that_the_run_carries_out(terminal: StandbyLine) -> None:
    (planned,) = terminal.bcn("sync", "--plan", "--json").document["plan"]["tables"]
    (done,) = terminal.bcn("sync", "--json").document["result"]["tables"]

    assert planned == {name: done[name] for name in planned}


def test_the_document_says_lag_and_work(terminal: StandbyLine) -> None:
    (done,) = terminal.bcn("sync", "--json").document["result"]["tables"]

    assert ("create", 0, 2, 2) == (
        done["action"],
        done["lag"]["versions"],
        done["work"]["files"],
        done["work"]["files_new"],
    )


def test_without_bcn_toml_options_say_all(terminal: StandbyLine) -> None:
    sites = terminal.sites
    toml = (terminal.folder / "bcn.toml").read_text()
    (terminal.folder / "bcn.toml").write_text(toml.partition("[standby.dr]")[0])
    (source, standby), *_ = sites.mapping

    answer = terminal.bcn(
        "sync", "--catalog", "standby", "--map", f"{source}={standby}", "--root", str(sites.standby.warehouse)
    )

    assert (0, 20) == (answer.code, len(rows(sites.pointer())))


def test_only_the_tables_that_are_asked_for_are_synced(terminal: StandbyLine) -> None:
    make(terminal.sites.source.pyiceberg(), "sales.items")
    terminal.sites.replicate()

    terminal.bcn("sync", "--table", "items")

    assert (True, None) == (pointer(terminal, "sales.items") is not None, pointer(terminal))


def test_a_table_that_no_place_fits_is_named_with_its_nearest(terminal: StandbyLine) -> None:
    answer = terminal.bcn("sync", "--table", "sales.order")

    assert (3, True) == (answer.code, "orders" in answer.err)


def test_a_name_map_wins_over_the_layout(terminal: StandbyLine) -> None:
    place = terminal.sites.place(ORDERS)

    terminal.bcn("sync", "--name", f"crm.bought={place}")

    assert (True, None) == (pointer(terminal, "crm.bought") is not None, pointer(terminal))


def test_the_last_pit_tells_a_tables_name_after_a_rename(terminal: StandbyLine, sites: Sites) -> None:
    terminal.bcn("backup", "--repo", "repo", "--catalog", "shop")
    catalog = sites.source.pyiceberg()
    catalog.rename_table("sales.orders", "sales.bought")
    terminal.bcn("backup", "--repo", "repo", "--catalog", "shop")

    terminal.bcn("sync", "--names-from", "repo")

    assert (True, None) == (pointer(terminal, "sales.bought") is not None, pointer(terminal))


def test_two_places_of_one_name_are_refused_and_said(terminal: StandbyLine, sites: Sites) -> None:
    first = sites.standby.warehouse / "sales/orders"
    shutil.copytree(first, first.with_name("orders_0123abcd-0000-4000-8000-000000000000"))

    answer = terminal.bcn("sync")

    assert (9, None) == (answer.code, pointer(terminal))
    assert "--name sales.orders=PLACE" in answer.err


def test_a_table_whose_replicated_files_are_gone_is_told(terminal: StandbyLine, sites: Sites) -> None:
    make(sites.source.pyiceberg(), "sales.items")
    sites.replicate()
    terminal.bcn("sync")
    shown = pointer(terminal)
    for one in (sites.standby.warehouse / "sales/orders").rglob("*.json"):
        if "_bcn" not in one.parts:
            one.unlink()

    answer = terminal.bcn("sync")

    assert (9, shown) == (answer.code, pointer(terminal))
    assert "the replicated files of sales.orders are gone" in answer.err


def test_an_empty_place_is_not_taken_for_an_empty_source(terminal: StandbyLine, sites: Sites) -> None:
    terminal.bcn("sync")
    shown = pointer(terminal)
    shutil.rmtree(sites.standby.warehouse)

    answer = terminal.bcn("sync")

    assert (3, shown) == (answer.code, pointer(terminal))


def test_what_is_missing_of_the_next_version_is_said(terminal: StandbyLine, sites: Sites) -> None:
    terminal.bcn("sync")
    append(sites.source.pyiceberg().load_table("sales.orders"), 20, 5)
    sites.replicate(lambda name: not name.endswith(".parquet"))

    answer = terminal.bcn("sync")

    assert 0 == answer.code
    assert "sales.orders: 1 version behind" in answer.out
    assert "is not there yet" in answer.out


def test_a_standby_that_has_diverged_is_refused(terminal: StandbyLine, sites: Sites) -> None:
    terminal.bcn("sync")
    append(sites.standby.pyiceberg().load_table("sales.orders"), 90)

    assert 4 == terminal.bcn("sync").code


def test_one_refused_table_among_others_ends_with_nine(terminal: StandbyLine, sites: Sites) -> None:
    make(sites.source.pyiceberg(), "sales.items")
    sites.replicate()
    terminal.bcn("sync")
    append(sites.standby.pyiceberg().load_table("sales.orders"), 90)

    answer = terminal.bcn("sync")

    assert (9, True) == (answer.code, "has diverged" in answer.out)


def test_a_standby_that_bcn_toml_does_not_describe_is_refused(terminal: StandbyLine) -> None:
    answer = terminal.bcn("sync", "--standby", "dt")

    assert (3, True) == (answer.code, "dr" in answer.err)


def test_a_map_with_one_side_is_refused(terminal: StandbyLine) -> None:
    assert 2 == terminal.bcn("sync", "--map", "s3://only").code


def test_the_layout_of_hive_and_of_folders_with_uuids_is_read(terminal: StandbyLine, sites: Sites) -> None:
    other = sites.source.warehouse / "ops.db/events-0123abcd-0000-4000-8000-000000000000"
    make(sites.source.pyiceberg(), "ops.events", location=f"file://{other}")
    sites.replicate()

    terminal.bcn("sync", "--exclude", "orders")

    assert pointer(terminal, "ops.events") is not None


def test_namespaces_of_several_levels_follow_the_folders(terminal: StandbyLine, sites: Sites) -> None:
    place = sites.standby.warehouse
    (place / "eu").mkdir()
    (place / "sales").rename(place / "eu/sales")

    answer = terminal.bcn("sync", "--dry-run", "--root", str(place), "--json")

    assert ["eu.sales.orders"] == [one["table"] for one in answer.document["plan"]["tables"]]
