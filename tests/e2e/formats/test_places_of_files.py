"""Files anywhere: other prefixes, other spellings, odd names; each restored with the source removed."""

import gzip
import json
from typing import Any

import pytest

from bcn_core.restore import RestoreRequest
from tests.builders.avro_files import decoded, entry
from tests.warehouse.commits import HandMade, path_of
from tests.warehouse.journey import data_files, faults, ids, restored
from tests.warehouse.readers import rows
from tests.warehouse.runs import Lab
from tests.warehouse.source import append, make

ODD = ("with space", "per%20cent", "ha#sh", "quest?ion", "Zürich 漢字", "a//b", "..dots", "plus+and=equals")


def add_data(orders: HandMade, location: str) -> bytes:
    """One more data file, a copy of the first one, under a location of any spelling."""
    data = path_of(orders.data_files[0]).read_bytes()
    path_of(location).parent.mkdir(parents=True, exist_ok=True)
    path_of(location).write_bytes(data)
    orders.add([entry(location, file_size_in_bytes=len(data))])
    return data


def properties(location: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(path_of(location).read_bytes())["properties"]
    return found


@pytest.mark.parametrize("name", ODD)
def test_an_odd_name_is_copied_byte_for_byte(orders: HandMade, lab: Lab, name: str) -> None:
    data = add_data(orders, f"{orders.location}/data/{name}/f-{name}.parquet")

    location = restored(lab)

    target = f"file://{lab.target.warehouse}/sales/orders/data/{name}/f-{name}.parquet"
    assert target == data_files(lab)[-1]
    assert data == path_of(target).read_bytes()
    assert [] == faults(lab, location)


def test_names_that_pyiceberg_cannot_open_are_told_in_the_plan(orders: HandMade, lab: Lab) -> None:
    add_data(orders, f"{orders.location}/data/a#b.parquet")
    lab.take()

    (report,) = lab.restore().tables

    told = "1 file name with # or ?: not to be opened by PyIceberg 0.12, but by other readers"
    assert told in report.plan.notes


def test_a_restore_of_odd_names_can_be_run_again(orders: HandMade, lab: Lab) -> None:
    add_data(orders, f"{orders.location}/data//a//b.parquet")
    restored(lab)
    before = lab.target.files()
    lab.target.pyiceberg().drop_table("sales.orders")

    report = lab.restore()

    assert ("", before) == (report.tables[0].error, lab.target.files())


@pytest.mark.fault(22)
def test_a_sibling_that_begins_like_the_table_is_another_place(orders: HandMade, lab: Lab) -> None:
    add_data(orders, f"{orders.location}_backup/data/f.parquet")

    location = restored(lab)

    assert data_files(lab)[-1].startswith(f"file://{lab.target.warehouse}/sales/orders/data/_ext/")
    assert 30 == len(rows(location))


def test_a_location_with_a_trailing_slash_keeps_it(orders: HandMade, lab: Lab) -> None:
    orders.edit(lambda raw: raw.update({"location": raw["location"] + "/"}))

    location = restored(lab)

    raw = json.loads(path_of(location).read_bytes())
    assert f"file://{lab.target.warehouse}/sales/orders/" == raw["location"]
    assert 20 == len(rows(location))


@pytest.mark.fault(23)
def test_several_spellings_of_one_place_become_one(orders: HandMade, lab: Lab) -> None:
    home = orders.location.removeprefix("file://")
    add_data(orders, f"file:{home}/data/one.parquet")
    add_data(orders, f"{home}/data/two.parquet")

    location = restored(lab)

    place = f"file://{lab.target.warehouse}/sales/orders/data/"
    assert [place] * 4 == [one.rpartition("/")[0] + "/" for one in data_files(lab)]
    assert 40 == len(rows(location))


def test_the_property_for_data_points_to_where_the_data_went(lab: Lab) -> None:
    place = f"file://{lab.source.folder}/elsewhere/data"
    table = make(lab.source.pyiceberg(), "sales.items", properties={"write.data.path": place})
    append(table, 0, 10)
    lab.take(only=["sales.items"])
    lab.source.lose()

    (report,) = lab.restore().tables

    target = properties(report.plan.metadata_location)["write.data.path"]
    assert target.startswith(f"file://{lab.target.warehouse}/sales/items/data/_ext/")
    assert [target] == [one.rpartition("/")[0] for one in data_files(lab, "sales.items")]


def test_a_property_for_data_that_points_nowhere_is_dropped_and_told(orders: HandMade, lab: Lab) -> None:
    orders.edit(lambda raw: raw["properties"].update({"write.data.path": "file:///unused/place"}))
    lab.take()

    (report,) = lab.restore().tables

    assert "write.data.path" not in properties(report.plan.metadata_location)
    assert any("'write.data.path' is dropped" in note for note in report.notes)


def test_the_layout_for_object_stores_is_found_file_by_file(lab: Lab) -> None:
    options = {"write.object-storage.enabled": "true"}
    append(make(lab.source.pyiceberg(), "sales.items", properties=options), 0, 10)
    lab.take(only=["sales.items"])
    lab.source.lose()

    (report,) = lab.restore().tables

    assert 10 == len(rows(report.plan.metadata_location))


def test_a_users_property_that_names_the_source_is_kept_and_told(orders: HandMade, lab: Lab) -> None:
    text = f"see {orders.location}/README"
    orders.edit(lambda raw: raw["properties"].update({"docs": text}))
    lab.take()

    (report,) = lab.restore().tables

    assert text == properties(report.plan.metadata_location)["docs"]
    assert any("the property 'docs' names the source" in note for note in report.notes)


@pytest.mark.parametrize("suffix", [".gz.metadata.json", ".metadata.json.gz"])
def test_packed_metadata_keeps_its_name_and_stays_packed(orders: HandMade, lab: Lab, suffix: str) -> None:
    place = orders.write(f"metadata/00009-packed{suffix}", gzip.compress(json.dumps(orders.raw).encode()))
    lab.source.bcn().replace(orders.table, orders.pointer, place)

    location = restored(lab)

    data = path_of(location).read_bytes()
    assert location.endswith(f"/metadata/00009-packed{suffix}")
    assert f"file://{lab.target.warehouse}/sales/orders" == json.loads(gzip.decompress(data))["location"]


def test_a_dead_file_that_is_gone_is_not_missed(orders: HandMade, lab: Lab) -> None:
    orders.add([entry(f"{orders.location}/data/gone.parquet", status=2)])

    location = restored(lab)

    assert ([], list(range(20))) == (faults(lab, location), ids(rows(location)))


@pytest.mark.fault(31)
def test_a_dead_entry_of_a_foreign_place_gets_a_dead_path(orders: HandMade, lab: Lab) -> None:
    orders.add([entry("s3://foreign/gone.parquet", status=2)])

    location = restored(lab)

    paths = [
        row["data_file"]["file_path"]
        for ref in HandMade(lab.target, orders.table).manifests()
        for row in decoded(path_of(ref["manifest_path"]).read_bytes())
        if row["status"] == 2
    ]
    assert [True] == ["/sales/orders/_bcn_dead/" in path for path in paths]
    assert [] == faults(lab, location)


@pytest.mark.parametrize("below", ["r", "a/very/deep/place/" * 6 + "r"])
@pytest.mark.usefixtures("orders")
def test_lengths_are_right_at_shorter_and_longer_places(lab: Lab, below: str) -> None:
    place = f"file://{lab.target.folder}/{below}"

    location = restored(lab, RestoreRequest(target_location=place))

    assert location.startswith(place)
    assert ([], list(range(20))) == (faults(lab, location), ids(rows(location)))


def test_unknown_keys_of_the_metadata_are_kept(orders: HandMade, lab: Lab) -> None:
    def extend(raw: dict[str, Any]) -> None:
        raw["x-vendor"] = {"a": [1, 2]}
        raw["snapshots"][0]["x-vendor"] = "b"

    orders.edit(extend)

    raw = json.loads(path_of(restored(lab)).read_bytes())

    assert ({"a": [1, 2]}, "b") == (raw["x-vendor"], raw["snapshots"][0]["x-vendor"])
