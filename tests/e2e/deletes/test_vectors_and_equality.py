"""Deletion vectors and equality deletes, restored with the source removed."""

import json

import pytest

from bcn_core.iceberg.puffin import open_puffin
from tests.builders.avro_files import entry
from tests.warehouse.commits import HandMade, path_of
from tests.warehouse.delete_files import (
    equality_deletes,
    equality_entry,
    parquet_deletes,
    position_entry,
    puffin,
    vector,
    vector_entries,
)
from tests.warehouse.journey import data_files, delete_entries, faults, ids, only, restored
from tests.warehouse.readers import duck, duck_rows, rows
from tests.warehouse.runs import Lab
from tests.warehouse.rust import rust_rows

GONE = [0, 9, 10, 11]
LEFT = [one for one in range(20) if one not in GONE]


def add_vectors(orders: HandMade, *, compressed: bool = False) -> bytes:
    """Two deletion vectors in one Puffin file, for rows 0 and 9 of the first and 0 and 1 of the second data file."""
    orders.upgrade()
    first, second = orders.data_files
    vectors = {first: [0, 9], second: [0, 1]}
    data = puffin(vectors, compressed=compressed)
    orders.add(vector_entries(orders.write("data/vectors.puffin", data), data, vectors))
    return data


@pytest.mark.parametrize("compressed", [False, True])
def test_deletion_vectors_apply_in_three_readers(orders: HandMade, lab: Lab, compressed: bool) -> None:
    add_vectors(orders, compressed=compressed)

    location = restored(lab)

    with duck() as connection:
        found = [ids(rows(location)), ids(duck_rows(connection, location)), ids(rust_rows(location))]
    assert [LEFT] * 3 == found


def test_both_copies_of_a_vectors_path_are_mapped_and_agree(orders: HandMade, lab: Lab) -> None:
    add_vectors(orders)

    location = restored(lab)

    entries = delete_entries(lab)
    footer = open_puffin(path_of(entries[0]["file_path"]).read_bytes(), "p").referenced
    manifest = {
        (one["content_offset"], one["content_size_in_bytes"]): one["referenced_data_file"] for one in entries
    }
    assert footer == manifest
    assert data_files(lab) == list(footer.values())
    assert [] == faults(lab, location)


def test_the_blobs_of_a_rewritten_puffin_are_byte_for_byte_the_old_ones(orders: HandMade, lab: Lab) -> None:
    old = add_vectors(orders, compressed=True)
    restored(lab)

    data = path_of(delete_entries(lab)[0]["file_path"]).read_bytes()

    start = open_puffin(old, "old").footer_start
    assert old[:start] == data[:start]
    assert {len(data)} == {one["file_size_in_bytes"] for one in delete_entries(lab)}


def test_a_bare_vector_is_copied_as_it_is_and_told(orders: HandMade, lab: Lab) -> None:
    orders.upgrade()
    first = orders.data_files[0]
    data = vector([0])
    (listing,) = vector_entries(orders.write("data/bare.puffin", data), data, {first: [0]})
    listing["data_file"]["content_offset"] = 0
    orders.add([listing])
    lab.take()
    lab.source.lose()

    report = lab.restore()

    (file,) = delete_entries(lab)
    assert data == path_of(file["file_path"]).read_bytes()
    assert any("without its Puffin file" in note for note in report.tables[0].notes)
    assert only(report)


def test_row_lineage_is_kept(orders: HandMade, lab: Lab) -> None:
    orders.upgrade()
    raw = orders.raw
    numbered = [{**ref, "first_row_id": at * 10} for at, ref in enumerate(orders.manifests())]
    orders.list(raw, 3, numbered, lambda raw: raw.update({"next-row-id": 20}))
    expected = [ref["first_row_id"] for ref in orders.manifests()]

    location = restored(lab)

    copy = HandMade(lab.target, orders.table)
    assert expected == [ref["first_row_id"] for ref in copy.manifests()]
    assert 20 == json.loads(path_of(location).read_bytes())["next-row-id"]


def test_an_upgraded_table_keeps_its_old_position_deletes(orders: HandMade, lab: Lab) -> None:
    gone = [(orders.data_files[0], 3)]
    data = parquet_deletes(gone)
    orders.add([position_entry(orders.write("data/d.parquet", data), data, gone)])
    orders.upgrade()

    location = restored(lab)

    assert [one for one in range(20) if one != 3] == ids(rows(location)) == ids(rust_rows(location))


def test_equality_deletes_are_copied_byte_for_byte_and_apply(orders: HandMade, lab: Lab) -> None:
    data = equality_deletes([3, 13])
    orders.add([equality_entry(orders.write("data/e.parquet", data), data, 2)])

    location = restored(lab)

    (file,) = delete_entries(lab)
    left = [one for one in range(20) if one not in (3, 13)]
    with duck() as connection:
        assert [left, left] == [ids(duck_rows(connection, location)), ids(rust_rows(location))]
    assert data == path_of(file["file_path"]).read_bytes()


def test_an_explicit_sequence_number_of_an_added_file_is_kept(orders: HandMade, lab: Lab) -> None:
    """Compaction gives its new file the old number, so that equality deletes still apply: 8 rows, not 10."""
    data = equality_deletes([0, 1])
    deletes = equality_entry(orders.write("data/e.parquet", data), data, 2)
    orders.add([deletes])
    old = path_of(orders.data_files[0]).read_bytes()
    compacted = entry(orders.write("data/compacted.parquet", old), file_size_in_bytes=len(old))
    kept = {**deletes, "status": 0, "snapshot_id": 9003, "sequence_number": 3, "file_sequence_number": 3}
    orders.add([{**compacted, "sequence_number": 1}], [kept], keep=False)

    location = restored(lab)

    assert list(range(2, 10)) == ids(rust_rows(location))
    with duck() as connection:
        assert list(range(2, 10)) == ids(duck_rows(connection, location))


def test_an_equality_delete_on_a_column_that_was_dropped_later_still_applies(
    orders: HandMade, lab: Lab
) -> None:
    data = equality_deletes([3])
    orders.add([equality_entry(orders.write("data/e.parquet", data), data, 1)])

    def drop(raw: dict[str, object]) -> None:
        schemas = raw["schemas"]
        assert isinstance(schemas, list)
        newer = {**schemas[0], "schema-id": 1, "fields": schemas[0]["fields"][1:]}
        raw.update({"schemas": [*schemas, newer], "current-schema-id": 1})

    orders.edit(drop)

    location = restored(lab)

    # DuckDB 1.5.5 crashes on such a table, and PyIceberg knows no equality deletes.
    assert 19 == len(rust_rows(location))
    assert [0, 1] == [one["schema-id"] for one in json.loads(path_of(location).read_bytes())["schemas"]]
