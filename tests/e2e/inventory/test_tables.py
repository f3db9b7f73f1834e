"""The three tables say what the PITs say, whichever way they came to it."""

from datetime import date
from pathlib import Path

import pytest
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table import StaticTable

from bcn_core.errors import Conflict, InvalidRequest, NotFound
from bcn_core.inventory import catch_up, rebuild, status
from bcn_core.inventorying.columns import COLUMNS
from bcn_core.inventorying.tables import Change, rows_of
from tests.warehouse.inventories import Described
from tests.warehouse.readers import duck
from tests.warehouse.source import append, make
from tests.warehouse.years import NO_GRACE


def made_anew(described: Described) -> list[list[tuple[object, ...]]]:
    rebuild(described.inventory)
    return everything(described)


def everything(described: Described) -> list[list[tuple[object, ...]]]:
    return [described.rows(name, *(one.name for one in COLUMNS[name])) for name in COLUMNS]


def test_each_pit_has_its_row(described: Described) -> None:
    pits = described.lab.repository.pits()

    assert [(pit, "complete", 2) for pit in pits] == described.rows("pits", "pit", "status", "tables")


def test_each_table_has_a_row_at_each_pit_that_says_what_it_stands_on(described: Described) -> None:
    first, second = described.lab.repository.pits()

    assert [
        (first, "log", "ACTIVE", first),
        (first, "orders", "ACTIVE", first),
        (second, "log", "UNCHANGED", first),
        (second, "orders", "ACTIVE", second),
    ] == described.rows("tables", "pit", "table_name", "status", "capture_pit")


def test_a_data_file_has_its_partition_rows_and_bounds(described: Described) -> None:
    found = described.ask(
        "SELECT partition, record_count, lower_bounds, upper_bounds, sequence_number FROM objects "
        "WHERE kind = 'data' AND table_name = 'orders' AND lower_bounds LIKE '%\"10\"%'"
    )

    assert [("city=Ulm", 2, '{"id": "10", "city": "Ulm"}', '{"id": "12", "city": "Ulm"}', 2)] == found


def test_an_object_has_the_hash_and_size_of_its_bytes(described: Described) -> None:
    record = described.lab.record(
        described.lab.repository.pit(described.lab.repository.pits()[1]), "sales.orders"
    )
    files = described.lab.repository.files(record)

    found = set(described.rows("objects", "key", "size", "sha256"))

    assert {(file.object, file.size, file.sha256) for file in files} <= found


def test_an_object_that_a_later_pit_lacks_ends_with_the_pit_before(described: Described) -> None:
    described.lab.source.pyiceberg().drop_table("sales.orders")
    second = described.lab.repository.pits()[1]
    described.take()

    ends = described.ask("SELECT DISTINCT last_pit FROM objects WHERE table_name = 'orders'")

    assert [(second,)] == ends


def test_an_object_that_the_newest_pit_holds_has_no_last_pit(described: Described) -> None:
    assert [(None,)] == described.ask("SELECT DISTINCT last_pit FROM objects WHERE table_name = 'log'")


def test_pit_by_pit_comes_to_the_same_as_all_at_once(described: Described) -> None:
    described.lab.source.pyiceberg().drop_table("ops.log")
    described.take()
    one_by_one = everything(described)

    assert made_anew(described) == one_by_one


def test_a_table_that_comes_back_has_two_runs_of_pits(described: Described) -> None:
    catalog = described.lab.source.pyiceberg()
    place = catalog.load_table("ops.log").metadata_location
    catalog.drop_table("ops.log")
    described.take()
    catalog.register_table("ops.log", place)
    fourth = described.take()
    first, second, *_ = described.lab.repository.pits()

    runs = described.ask(
        "SELECT first_pit, last_pit FROM objects WHERE table_name = 'log' AND kind = 'data' ORDER BY 1"
    )

    assert [(first, second), (fourth, None)] == runs
    assert made_anew(described) == everything(described)


def test_a_pit_is_written_once(described: Described) -> None:
    before = described.table("objects").metadata_location

    step = catch_up(described.inventory)

    assert ("none", before) == (step.kind, described.table("objects").metadata_location)


def test_a_snapshot_names_the_pit_that_it_added(described: Described) -> None:
    pits = described.lab.repository.pits()
    snapshots = described.table("pits").metadata.snapshots

    named = [
        one.summary["bcn.pit"] for one in snapshots if one.summary and one.summary.operation.value == "append"
    ]

    assert pits == named


def test_a_second_writer_of_a_pit_is_refused(described: Described) -> None:
    before = described.rows("pits")

    with pytest.raises(Conflict):
        described.inventory.tables().write(
            "pits", Change(rows_of(described.table("pits")), {}, expects="other")
        )

    assert before == described.rows("pits")


def test_a_writer_that_was_overtaken_is_refused(described: Described) -> None:
    overtaken = described.table("pits")
    described.take()

    with pytest.raises(CommitFailedException):
        overtaken.append(overtaken.scan().to_arrow())


def test_pruned_pits_and_what_they_alone_held_are_gone(described: Described) -> None:
    described.years.prune(NO_GRACE)
    left = described.lab.repository.pits()

    step = catch_up(described.inventory)

    assert "shrink" == step.kind
    assert [(left[0],)] == described.rows("pits", "pit")
    assert made_anew(described) == everything(described)


def test_a_pit_of_the_past_is_put_in_its_place(described: Described) -> None:
    described.years.clock.forward(days=1)
    described.take_alone()
    described.lab.take("20260302T093000.000Z")

    step = catch_up(described.inventory)

    assert "rebuild" == step.kind
    assert described.lab.repository.pits() == [pit for (pit,) in described.rows("pits", "pit")]


def test_rows_are_partitioned_by_the_day_of_their_pit(described: Described) -> None:
    tasks = described.table("objects").scan().plan_files()

    assert {date(2026, 3, 2)} == {
        date.fromordinal(date(1970, 1, 1).toordinal() + task.file.partition[0]) for task in tasks
    }


def test_a_day_that_is_over_has_one_file(described: Described) -> None:
    described.years.clock.forward(days=1)
    described.take()

    tasks = list(described.table("tables").scan().plan_files())

    assert 2 == len(tasks)
    assert made_anew(described) == everything(described)


def test_old_snapshots_go_with_their_files(described: Described) -> None:
    table = described.table("pits")
    rows = table.scan().to_arrow()
    for _ in range(21):
        table.overwrite(rows)
    folder = Path(table.location().removeprefix("file://"))

    described.inventory.tables().tidy("pits")

    assert 20 == len(described.table("pits").metadata.snapshots)
    assert 20 >= len(list((folder / "data").rglob("*.parquet")))
    assert [(pit,) for pit in described.lab.repository.pits()] == described.rows("pits", "pit")


def test_other_engines_open_a_table_by_its_metadata_file(described: Described) -> None:
    place = described.table("objects").metadata_location
    sql = "SELECT key, first_pit FROM objects ORDER BY key, first_pit"

    with duck() as connection:
        by_duckdb = connection.execute(sql.replace("objects", f"iceberg_scan('{place}')")).fetchall()
    by_pyiceberg = (
        StaticTable.from_metadata(place).scan(selected_fields=("key", "first_pit")).to_arrow().to_pylist()
    )

    assert by_duckdb == sorted(tuple(one.values()) for one in by_pyiceberg) == described.ask(sql)


def test_a_folder_alone_is_enough_for_duckdb(described: Described) -> None:
    folder = described.table("pits").location()

    with duck() as connection:
        found = connection.execute(f"SELECT count(*) FROM iceberg_scan('{folder}')").fetchall()

    assert [(2,)] == found


def test_a_catalog_can_hold_the_tables(tmp_path: Path) -> None:
    described = Described.of(tmp_path, catalog="lake")
    (tmp_path / "lake").mkdir()
    described.settings = described.settings.model_copy(
        update={"catalogs": {"lake": {"type": "sql", "uri": f"sqlite:///{tmp_path}/lake/catalog.db"}}}
    )
    append(make(described.lab.source.pyiceberg(), "sales.orders"), 0)
    described.take()
    append(described.lab.source.pyiceberg().load_table("sales.orders"), 20)
    described.take()

    assert 2 == len(described.rows("pits", "pit"))
    assert made_anew(described) == everything(described)


def test_what_was_deleted_is_made_again(described: Described) -> None:
    before = everything(described)
    tables = described.inventory.tables()
    for name in COLUMNS:
        tables.drop(name)

    catch_up(described.inventory)

    assert before == everything(described)


def test_the_status_says_how_many_pits_are_missing(described: Described) -> None:
    described.take_alone()

    found = status(described.inventory)

    assert (3, 1, 2) == (found.pits, found.lag, found.documented)


def test_a_query_that_is_wrong_is_refused(described: Described) -> None:
    with pytest.raises(InvalidRequest, match="nowhere"):
        described.ask("SELECT nowhere FROM pits")


def test_a_query_without_an_inventory_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as refused:
        Described.of(tmp_path).ask("SELECT pit FROM pits")

    assert "bcn inventory rebuild" in refused.value.hint
