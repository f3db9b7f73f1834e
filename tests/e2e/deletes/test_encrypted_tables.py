"""Encrypted tables: kept raw, restored to where they were, and nowhere else."""

import pytest

from bcn_core.errors import UnsupportedFormat
from bcn_core.restore import RestoreRequest
from tests.warehouse.commits import HandMade, encrypt
from tests.warehouse.delete_files import parquet_deletes, position_entry
from tests.warehouse.journey import only
from tests.warehouse.runs import Lab
from tests.warehouse.source import Place


def test_an_encrypted_table_comes_back_byte_for_byte_to_where_it_was(
    orders: HandMade, lab: Lab, source: Place
) -> None:
    encrypt(orders)
    before = source.files()
    place = orders.location
    lab.take()
    source.lose()

    report = lab.restore(RestoreRequest(target_location=place, uuid="keep"))

    assert before == source.files()
    assert only(report)


def test_an_encrypted_table_is_not_relocated_and_nothing_is_written(orders: HandMade, lab: Lab) -> None:
    encrypt(orders)
    lab.take()

    with pytest.raises(UnsupportedFormat, match="ENCRYPTED_RELOCATION_UNSUPPORTED"):
        lab.restore()

    assert {} == lab.target.files()


def test_a_second_backup_of_an_encrypted_table_keeps_new_files_too(
    orders: HandMade, lab: Lab, source: Place
) -> None:
    encrypt(orders)
    lab.take()
    orders.write("data/encrypted-two.parquet", b"PARE secret")
    orders.edit(lambda raw: raw["properties"].update({"a": "b"}))
    before, place = source.files(), orders.location
    lab.take()
    source.lose()

    lab.restore(RestoreRequest(target_location=place, uuid="keep"))

    assert before == source.files()


def test_an_encrypted_position_delete_file_stands_against_a_relocation(orders: HandMade, lab: Lab) -> None:
    gone = [(orders.data_files[0], 0)]
    data = parquet_deletes(gone)
    orders.add([position_entry(orders.write("data/d", data), data, gone, key_metadata=b"k")])
    lab.take()

    with pytest.raises(UnsupportedFormat, match="a position delete file is encrypted"):
        lab.restore()
