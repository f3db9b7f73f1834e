"""The files of a table while it is captured: a million of them are kept in columns, and none is mixed up."""

import tracemalloc

import pytest

from bcn_core.capture.inventory import Held, Inventory, KnownFiles, Needed
from bcn_core.capture.walk import Walk
from bcn_core.copying import Copied
from bcn_core.repository.files import StoredFile
from tests.builders.avro_files import entry, manifest

DIGEST = "5e" * 32
PIT = "20261120T093000.000Z"


def filled(files: int) -> Inventory:
    inventory = Inventory()
    for at in range(files):
        number = inventory.add(f"s3://lake/t/data/part-{at % 7}/{at:07}-4f3c2a1b.parquet", "data", 0, at)
        inventory.hold(number, Copied(at, DIGEST), f"files/data/part-{at % 7}/{at:07}-4f3c2a1b.parquet", PIT)
    return inventory


def test_every_file_is_found_again_by_its_location() -> None:
    inventory = filled(5000)

    assert list(range(5000)) == [inventory.number(file.location) for file in inventory]


def test_a_file_comes_out_as_it_went_in() -> None:
    inventory = Inventory()
    number = inventory.add("s3://lake/t/a//b c.parquet", "equality-deletes", listed_by=3, size=7)
    inventory.hold(number, Copied(7, DIGEST), "files/r0/b%20c.parquet", PIT)

    held = Held(7, DIGEST, "files/r0/b%20c.parquet", PIT)
    expected = Needed(0, "s3://lake/t/a//b c.parquet", "equality-deletes", 7, held, (3,))
    assert expected == inventory[0]


@pytest.mark.parametrize("location", ["s3://b/t/", "/x", "s3://b/\ud800/\udfff.parquet", "s3://b/t/é%2F#?"])
def test_a_location_is_kept_byte_for_byte(location: str) -> None:
    inventory = Inventory()
    inventory.add("s3://b/t/other", "data")

    assert location == inventory[inventory.add(location, "data")].location


def test_a_file_that_several_manifests_name_is_there_once_with_all_of_them() -> None:
    inventory = Inventory()
    for parent in (1, 2, 2, 5):
        inventory.add("s3://b/t/a.parquet", "data", parent, 9)

    assert [(1, 2, 5)] == [file.listed_by for file in inventory]


def test_files_without_an_object_are_missing() -> None:
    inventory = filled(3)
    inventory.add("s3://lake/t/new.parquet", "data")

    assert ["s3://lake/t/new.parquet"] == [file.location for file in inventory.missing()]


def test_a_location_that_was_never_noted_is_refused() -> None:
    with pytest.raises(KeyError):
        filled(3).number("s3://lake/t/none.parquet")


def test_a_file_more_takes_less_than_two_hundred_bytes() -> None:
    tracemalloc.start()
    inventory = filled(20_000)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(inventory) == 20_000
    assert taken / len(inventory) < 200


def test_entries_of_a_large_manifest_are_never_held_at_once() -> None:
    data = manifest(*(entry(f"s3://lake/t/data/{at:07}.parquet") for at in range(10_000)))
    inventory = Inventory()
    inventory.add("s3://lake/t/metadata/m.avro", "manifest")
    walk = Walk(inventory, KnownFiles(), lambda _number: data, 1)

    tracemalloc.start()
    walk._add_files("s3://lake/t/metadata/m.avro", None, data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert 10_001 == len(inventory)
    assert peak / len(inventory) < 250


def test_what_an_earlier_capture_holds_is_found_with_what_its_manifests_name() -> None:
    rows = [
        StoredFile(0, "m.avro", "manifest", 5, DIGEST, "files/r0/m.avro", PIT, ()),
        StoredFile(0, "a.parquet", "data", 9, DIGEST, "files/r0/a.parquet", PIT, (0,)),
    ]
    known = KnownFiles("the capture", ("s3://b/t",), rows)

    assert ["s3://b/t/a.parquet"] == [file.location for file in known.children("s3://b/t/m.avro")]
    assert Held(9, DIGEST, "files/r0/a.parquet", PIT) == known.find("s3://b/t/a.parquet", 9)
    assert known.find("s3://b/t/a.parquet", 10) is None
