"""Merge-on-read deletes by position, restored with the source removed and read by three readers."""

from collections.abc import Callable

import pytest

from tests.builders.avro_files import PATH_COLUMN
from tests.warehouse.commits import HandMade, path_of
from tests.warehouse.delete_files import (
    LEFT_OF_TWO,
    avro_deletes,
    delete_two,
    orc_deletes,
    parquet_deletes,
    position_entry,
)
from tests.warehouse.journey import data_files, delete_entries, faults, ids, inside, restored
from tests.warehouse.readers import duck, duck_rows, rows
from tests.warehouse.runs import Lab
from tests.warehouse.rust import rust_rows


def test_deletes_of_one_file_apply_in_three_readers(orders: HandMade, lab: Lab) -> None:
    delete_two(orders)

    location = restored(lab)

    with duck() as connection:
        found = [ids(rows(location)), ids(duck_rows(connection, location)), ids(rust_rows(location))]
    assert [LEFT_OF_TWO] * 3 == found


def test_all_four_copies_of_a_deletes_path_are_mapped(orders: HandMade, lab: Lab) -> None:
    delete_two(orders)
    restored(lab)
    target = data_files(lab)[0]

    (file,) = delete_entries(lab)

    bound = [{"key": PATH_COLUMN, "value": target.encode()}]
    assert {target} == inside(file)
    assert [bound, bound, target] == [
        file["lower_bounds"],
        file["upper_bounds"],
        file["referenced_data_file"],
    ]


def test_the_recorded_size_of_a_delete_file_is_its_new_one(orders: HandMade, lab: Lab) -> None:
    delete_two(orders)
    restored(lab)

    (file,) = delete_entries(lab)

    assert path_of(file["file_path"]).stat().st_size == file["file_size_in_bytes"]
    assert file["split_offsets"] is None


def test_the_strict_check_has_nothing_against_restored_deletes(orders: HandMade, lab: Lab) -> None:
    delete_two(orders)

    assert [] == faults(lab, restored(lab))


def test_deletes_of_several_files_get_the_new_least_and_greatest_path(orders: HandMade, lab: Lab) -> None:
    gone = sorted((path, 4) for path in orders.data_files)
    data = parquet_deletes(gone)
    orders.add([position_entry(orders.write("data/d.parquet", data), data, gone)])

    location = restored(lab)

    (file,) = delete_entries(lab)
    least, greatest = sorted(data_files(lab))
    assert [least.encode()] == [one["value"] for one in file["lower_bounds"]]
    assert [greatest.encode()] == [one["value"] for one in file["upper_bounds"]]
    assert 18 == len(rows(location)) == len(rust_rows(location))


def test_truncated_bounds_become_exact_ones(orders: HandMade, lab: Lab) -> None:
    gone = [(orders.data_files[0], 1)]
    data = parquet_deletes(gone)
    cut = [{"key": PATH_COLUMN, "value": b"file:///"}]
    bounds = {"lower_bounds": cut, "upper_bounds": [{"key": PATH_COLUMN, "value": b"file:~"}]}
    orders.add([position_entry(orders.write("data/d.parquet", data), data, gone, **bounds)])
    restored(lab)

    (file,) = delete_entries(lab)

    exact = [{"key": PATH_COLUMN, "value": data_files(lab)[0].encode()}]
    assert [exact, exact] == [file["lower_bounds"], file["upper_bounds"]]


@pytest.mark.parametrize(("kind", "encode"), [("AVRO", avro_deletes), ("ORC", orc_deletes)])
def test_deletes_in_avro_and_orc_are_rewritten(
    orders: HandMade, lab: Lab, kind: str, encode: Callable[..., bytes]
) -> None:
    delete_two(orders, encode, kind)

    location = restored(lab)

    (file,) = delete_entries(lab)
    assert {data_files(lab)[0]} == inside(file)
    assert path_of(file["file_path"]).stat().st_size == file["file_size_in_bytes"]
    assert [] == faults(lab, location)


def test_a_delete_file_of_two_manifests_is_one_file_of_one_size(orders: HandMade, lab: Lab) -> None:
    gone = [(orders.data_files[0], 0)]
    data = parquet_deletes(gone)
    listing = position_entry(orders.write("data/d.parquet", data), data, gone)
    orders.add([listing], [listing])
    location = restored(lab)

    one, other = delete_entries(lab)

    assert one == other
    assert [] == faults(lab, location)


def test_deletes_for_a_file_that_the_table_has_lost_are_kept(orders: HandMade, lab: Lab) -> None:
    gone = sorted([("file:///long/gone.parquet", 7), (orders.data_files[0], 0)])
    data = parquet_deletes(gone)
    orders.add([position_entry(orders.write("data/d.parquet", data), data, gone)])

    location = restored(lab)

    (file,) = delete_entries(lab)
    (dead,) = inside(file) - {data_files(lab)[0]}
    assert dead.startswith(f"file://{lab.target.warehouse}/sales/orders/_bcn_dead/")
    assert 19 == len(rows(location))


def test_a_dead_delete_file_is_never_opened(orders: HandMade, lab: Lab) -> None:
    gone = [(orders.data_files[0], 0)]
    listing = position_entry(f"{orders.location}/data/gone.parquet", b"123", gone)
    orders.add([{**listing, "status": 2}])

    location = restored(lab)

    (file,) = delete_entries(lab)
    assert f"{lab.target.warehouse}/sales/orders/data/gone.parquet" == str(path_of(file["file_path"]))
    assert ([], []) == (file["lower_bounds"] or [], file["upper_bounds"] or [])
    assert 20 == len(rows(location))


def test_a_damaged_delete_file_stops_its_table(orders: HandMade, lab: Lab) -> None:
    gone = [(orders.data_files[0], 0)]
    orders.add([position_entry(orders.write("data/d.parquet", b"PAR1 no"), b"PAR1 no", gone)])
    lab.take()

    (one,) = lab.restore().tables

    assert "is not a whole Parquet file" in one.error
    assert lab.target.bcn().pointer(one.plan.target) is None
