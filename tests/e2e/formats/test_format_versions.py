"""Tables of every format version, and of none that this version knows."""

import json
from typing import Any

import pytest

from tests.builders.avro_files import avro_bytes, entry, entry_schema
from tests.warehouse.commits import HandMade, path_of
from tests.warehouse.journey import faults, ids, restored
from tests.warehouse.readers import rows
from tests.warehouse.runs import Lab, table
from tests.warehouse.rust import rust_rows
from tests.warehouse.source import append, make


def test_manifests_that_v1_metadata_embeds_are_rewritten_too(lab: Lab) -> None:
    """No reader but Java's takes such tables; file accounting shows that the copy is whole."""
    made = make(lab.source.pyiceberg(), "sales.old", properties={"format-version": "1"})
    append(made, 0)
    old = HandMade(lab.source, table("sales.old"))
    paths = [ref["manifest_path"] for ref in old.manifests()]

    def embed(raw: dict[str, Any]) -> None:
        raw["snapshots"][-1]["manifests"] = paths
        del raw["snapshots"][-1]["manifest-list"]

    old.edit(embed)
    lab.take(only=["sales.old"])
    lab.source.lose()

    (report,) = lab.restore().tables

    raw = json.loads(path_of(report.plan.metadata_location).read_bytes())
    place = f"file://{lab.target.warehouse}/sales/old/metadata/"
    assert [place + path.rpartition("/")[2] for path in paths] == raw["snapshots"][-1]["manifests"]
    assert [] == faults(lab, report.plan.metadata_location)


def test_a_v1_table_that_became_v2_keeps_its_old_manifests(lab: Lab) -> None:
    made = make(lab.source.pyiceberg(), "sales.old", properties={"format-version": "1"})
    append(made, 0)
    with made.transaction() as transaction:
        transaction.upgrade_table_version(2)
    append(made, 10)
    lab.take(only=["sales.old"])
    lab.source.lose()

    (report,) = lab.restore().tables

    location = report.plan.metadata_location
    assert [0, 1, 2, 3, 10, 11, 12, 13] == ids(rows(location)) == ids(rust_rows(location))


def test_a_table_of_format_v4_fails_alone(orders: HandMade, lab: Lab) -> None:
    append(make(lab.source.pyiceberg(), "sales.other"), 0)
    orders.edit(lambda raw: raw.update({"format-version": 4}))

    found = lab.take()

    assert [table("sales.orders")] == [one.table.table() for one in found.failed]
    assert "of Iceberg format v4" in found.failed[0].reason
    assert [table("sales.other")] == list(lab.repository.tables(found))


@pytest.mark.parametrize("codec", ["null", "deflate", "bzip2", "xz"])
def test_a_manifests_codec_is_kept(lab: Lab, orders: HandMade, codec: str) -> None:
    orders.codec = codec
    data = path_of(orders.data_files[0]).read_bytes()
    orders.add([entry(orders.write("data/x.parquet", data), file_size_in_bytes=len(data))])

    location = restored(lab)

    assert [] == faults(lab, location)
    newest = HandMade(lab.target, orders.table).manifests()[0]["manifest_path"]
    assert codec.encode() in path_of(newest).read_bytes()[:6000]


def test_a_manifest_without_a_header_of_icebergs_own_is_rewritten(lab: Lab, orders: HandMade) -> None:
    """As BigQuery writes them: nothing but Avro's schema and codec."""
    data = path_of(orders.data_files[0]).read_bytes()
    row = entry(orders.write("data/x.parquet", data), file_size_in_bytes=len(data))
    orders.add([row])
    newest = path_of(orders.manifests()[0]["manifest_path"])
    newest.write_bytes(avro_bytes(entry_schema(2), [{**row, "snapshot_id": 9003}], header={}))
    length = newest.stat().st_size
    orders.list(
        orders.raw, 4, [{**orders.manifests()[0], "manifest_length": length}], lambda raw: raw["refs"].clear()
    )
    lab.take()
    (report,) = lab.restore().tables

    assert "" == report.error


def test_nested_namespaces_and_their_properties_come_back(lab: Lab) -> None:
    catalog = lab.source.pyiceberg()
    catalog.create_namespace(("sales", "north"), {"owner": "nora", "location": "file:///old/place"})
    append(make(catalog, ("sales", "north", "items")), 0)
    lab.take()
    lab.source.lose()

    lab.restore()

    found = lab.target.pyiceberg()
    assert "nora" == found.load_namespace_properties(("sales", "north"))["owner"]
    assert 4 == len(found.load_table(("sales", "north", "items")).scan().to_arrow())


def test_a_namespace_does_not_bring_its_sources_location(lab: Lab) -> None:
    catalog = lab.source.pyiceberg()
    catalog.create_namespace(("north",), {"location": f"file://{lab.source.folder}/north"})
    append(make(catalog, ("north", "items")), 0)
    lab.take()

    lab.restore()

    assert "location" not in lab.target.pyiceberg().load_namespace_properties("north")
