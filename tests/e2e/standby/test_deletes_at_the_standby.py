"""Deleted rows stay deleted at the standby, whatever kind of delete it was, in every reader that knows the kind."""

from collections.abc import Callable

import pytest

from tests.warehouse.commits import HandMade
from tests.warehouse.delete_files import (
    LEFT_OF_TWO,
    avro_deletes,
    delete_two,
    equality_deletes,
    equality_entry,
    orc_deletes,
    puffin,
    vector_entries,
)
from tests.warehouse.journey import ids
from tests.warehouse.readers import duck, duck_rows, findings, rows
from tests.warehouse.rust import rust_rows
from tests.warehouse.source import append
from tests.warehouse.standby import Sites


def shown(sites: Sites) -> str:
    """Replicate, sync, lose the source; the pointer of the standby."""
    sites.replicate()
    sites.sync()
    sites.source.lose()
    return sites.pointer()


def faults(sites: Sites) -> list[object]:
    here, there = f"file://{sites.standby.folder}", f"file://{sites.source.folder}"
    return list(findings(sites.pointer(), here, (there,)))


def test_position_deletes_apply_in_three_readers(sites: Sites, orders: HandMade) -> None:
    delete_two(orders)

    pointer = shown(sites)

    with duck() as connection:
        found = [ids(rows(pointer)), ids(duck_rows(connection, pointer)), ids(rust_rows(pointer))]
    assert [LEFT_OF_TWO] * 3 == found


@pytest.mark.parametrize(("encode", "kind"), [(avro_deletes, "AVRO"), (orc_deletes, "ORC")])
def test_position_deletes_of_other_formats_pass_the_strict_check(
    sites: Sites, orders: HandMade, encode: Callable[..., bytes], kind: str
) -> None:
    delete_two(orders, encode, kind)
    shown(sites)

    assert [] == faults(sites)


def test_deletion_vectors_apply_in_two_readers(sites: Sites, orders: HandMade) -> None:
    orders.upgrade()
    vectors = {orders.data_files[0]: [0, 9], orders.data_files[1]: [5]}
    data = puffin(vectors)
    orders.add(vector_entries(orders.write("data/vectors.puffin", data), data, vectors))

    pointer = shown(sites)

    expected = [one for one in LEFT_OF_TWO if one != 15]
    assert [expected] * 2 == [ids(rows(pointer)), ids(rust_rows(pointer))]
    assert [] == faults(sites)


def test_equality_deletes_apply_where_a_reader_knows_them(sites: Sites, orders: HandMade) -> None:
    data = equality_deletes([0, 9])
    orders.add([equality_entry(orders.write("data/eq.parquet", data), data, 2)])

    pointer = shown(sites)

    with duck() as connection:
        found = [ids(duck_rows(connection, pointer)), ids(rust_rows(pointer))]
    assert [LEFT_OF_TWO] * 2 == found


def test_a_delete_file_that_a_later_manifest_lists_again_is_rewritten_once(
    sites: Sites, orders: HandMade
) -> None:
    delete_two(orders)
    sites.replicate()
    sites.sync()
    append(sites.source.pyiceberg().load_table("sales.orders"), 20, 5)

    pointer = shown(sites)

    assert [*LEFT_OF_TWO, *range(20, 25)] == ids(rows(pointer))
    assert 1 == len([path for path in sites.owned() if path.name == "deletes.parquet"])


def test_a_delete_file_that_has_not_arrived_keeps_the_version_back(sites: Sites, orders: HandMade) -> None:
    delete_two(orders)
    sites.replicate(lambda name: "deletes" not in name)
    sites.sync()

    assert list(range(20)) == ids(rows(sites.pointer()))


def test_compaction_and_old_files_on_disk_do_not_bring_rows_back(sites: Sites) -> None:
    """The requirement's own case: adding the files that a folder holds shows 110 rows of a table of 81."""
    orders = sites.source.pyiceberg().load_table("sales.orders")
    orders.delete("id < 5")
    orders.overwrite(orders.scan().to_arrow())

    assert list(range(5, 20)) == ids(rows(shown(sites)))
