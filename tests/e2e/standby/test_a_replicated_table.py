"""A table whose files were copied by a tool that knows nothing of Iceberg is read at the standby, the source gone."""

import gzip
import json

import pytest

from bcn_core.errors import DamagedRepository
from bcn_core.replication.remembered import NAME
from bcn_core.sync import sync_table
from tests.warehouse.commits import HandMade, path_of
from tests.warehouse.readers import duck, duck_rows, findings, histories, rows
from tests.warehouse.runs import table
from tests.warehouse.rust import rust_rows
from tests.warehouse.shop import ODD_NAMES
from tests.warehouse.source import append, rows_of
from tests.warehouse.standby import Sites

TABLES = [
    "sales.orders",
    "sales.customers",
    "sales.empty",
    "ops.Log",
    "ops.log",
    "ops.events",
    "ops.elsewhere",
]


def snapshots(sites: Sites) -> dict[str, object]:
    catalog = sites.source.pyiceberg()
    found = histories(catalog)
    catalog.close()
    return {name: found[name] for name in TABLES}


def test_every_snapshot_tag_and_branch_has_the_sources_rows(shop: Sites) -> None:
    expected = snapshots(shop)
    shop.replicate()
    shop.report(*TABLES)

    with shop.without_source():
        catalog = shop.standby.pyiceberg()
        found = histories(catalog)
        catalog.close()

    assert expected == found


def test_the_strict_check_finds_no_fault_and_no_path_of_the_source(shop: Sites) -> None:
    shop.replicate()
    shop.report(*TABLES)
    here, there = f"file://{shop.standby.folder}", f"file://{shop.source.folder}"

    with shop.without_source():
        faults = [findings(shop.pointer(table(name)), here, (there,)) for name in TABLES]

    assert [[]] * len(TABLES) == faults


def test_three_readers_agree_on_the_standby(sites: Sites) -> None:
    sites.replicate()
    sites.sync()
    sites.source.lose()

    pointer = sites.pointer()

    with duck() as connection:
        found = [len(rows(pointer)), len(duck_rows(connection, pointer)), len(rust_rows(pointer))]
    assert [20] * 3 == found


def test_no_replicated_file_is_changed(sites: Sites) -> None:
    sites.replicate()
    before = sites.standby.files()

    sites.sync()

    after = {name: data for name, data in sites.standby.files().items() if "_bcn" not in name}
    assert before == after


def test_new_commits_follow_when_they_have_arrived(sites: Sites) -> None:
    sites.replicate()
    sites.sync()
    append(sites.source.pyiceberg().load_table("sales.orders"), 20, 5)
    sites.replicate()

    done = sites.sync()

    assert ("advance", 25) == (done.plan.action, len(rows(sites.pointer())))


def test_only_what_is_new_is_rewritten(sites: Sites) -> None:
    sites.replicate()
    sites.sync()
    append(sites.source.pyiceberg().load_table("sales.orders"), 20, 5)
    sites.replicate()

    work = sites.sync().plan.work

    assert (1, 1, 1) == (work.lists, work.manifests, work.files_new)


def test_without_news_nothing_is_written(sites: Sites) -> None:
    sites.replicate()
    sites.sync()
    before = {path: path.stat().st_mtime_ns for path in sites.owned()}

    done = sites.sync()

    assert ("none", before) == (done.plan.action, {path: path.stat().st_mtime_ns for path in sites.owned()})


def test_a_dry_run_says_what_the_run_does_and_writes_nothing(sites: Sites) -> None:
    sites.replicate()

    (plan,) = sites.plan()

    assert [] == sites.owned()
    assert plan == sites.sync().plan


def test_with_the_remembered_state_removed_the_end_is_the_same(sites: Sites) -> None:
    sites.replicate()
    sites.sync()
    before = sites.pointer()
    state = next(path for path in sites.owned() if path.name == NAME)
    state.unlink()

    sites.sync()

    assert before == sites.pointer()
    assert state.exists()


def test_the_state_keeps_the_history_of_runs(sites: Sites) -> None:
    sites.replicate()
    sites.sync()
    append(sites.source.pyiceberg().load_table("sales.orders"), 20, 5)
    sites.replicate()

    sites.sync()

    state = next(path for path in sites.owned() if path.name == NAME)
    raw = json.loads(gzip.decompress(state.read_bytes()))
    assert ["create", "advance"] == [run["action"] for run in raw["runs"]]


def test_rewritten_files_that_the_replicator_removed_are_written_again(sites: Sites) -> None:
    sites.replicate()
    sites.sync()
    before = {path: path.read_bytes() for path in sites.owned() if path.name != NAME}
    for path in sites.owned():
        path.unlink()

    done = sites.sync()

    assert "repair" == done.plan.action
    assert before == {path: path.read_bytes() for path in sites.owned() if path.name != NAME}


def test_rewritten_files_can_lie_where_no_replicator_comes(sites: Sites) -> None:
    sites.replicate()
    aside = sites.standby.folder.with_name("aside")

    sites.sync(metadata_location=f"file://{aside}")

    assert [] == sites.owned()
    assert rows_of(0, 20).num_rows == len(rows(sites.pointer()))
    assert sites.pointer().startswith(f"file://{aside}/sales/orders/")


def test_a_standby_table_is_kept_from_cleaning_up_replicated_files(sites: Sites) -> None:
    sites.replicate()

    sites.sync()

    raw = json.loads(path_of(sites.pointer()).read_bytes())
    assert "false" == raw["properties"]["gc.enabled"]


def test_tables_with_odd_names_are_synced(shop: Sites) -> None:
    shop.replicate()
    names = [one for one in ODD_NAMES if "/" not in one and "." not in one]

    report = shop.report(*[f"odd.{name}" for name in names])

    assert ["create"] * len(names) == [one.plan.action for one in report.tables]


def test_one_table_that_fails_does_not_stop_the_others(shop: Sites) -> None:
    shop.replicate(lambda name: "/orders/metadata/" not in name)

    report = shop.report("sales.orders", "sales.customers")

    assert [True, False] == [one.error is not None for one in report.tables]


def test_with_the_same_prefix_at_both_sites_the_replicated_metadata_is_named_itself(
    sites: Sites, orders: HandMade
) -> None:
    pointer, same = orders.pointer, f"file://{sites.source.folder}"
    request = sites.request(mapping=((same, same),))
    place = f"file://{sites.source.warehouse}/sales/orders"

    done = sync_table(sites.syncing(), request, table("sales.orders"), place)

    assert (pointer, pointer) == (done.metadata_location, sites.pointer())


def test_a_second_run_beside_the_first_does_no_harm(sites: Sites) -> None:
    sites.replicate()
    sites.sync()
    pointer = sites.pointer()
    sites.standby.pyiceberg().drop_table("sales.orders")

    sites.sync()

    assert pointer == sites.pointer()


def test_a_rewritten_file_that_was_damaged_is_told_with_the_folder_to_remove(sites: Sites) -> None:
    sites.replicate()
    sites.sync()
    pointer = path_of(sites.pointer())
    pointer.write_bytes(b" " * pointer.stat().st_size)

    with pytest.raises(DamagedRepository, match="is not a whole metadata file") as told:
        sites.sync(full_check=True)

    assert str(pointer.parent) in told.value.hint
