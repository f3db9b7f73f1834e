import json
from typing import Any

import pytest

from bcn_core.errors import InvalidTableFile
from bcn_core.iceberg.manifests import Counts, FileRef, ManifestRef, read_manifest, read_manifest_list
from tests.builders.avro_files import (
    avro_bytes,
    entry,
    entry_schema,
    field,
    header_only,
    listed,
    manifest,
    manifest_list,
)

PATH = "s3://lake/t/data/a.parquet"


def one(data: bytes) -> FileRef:
    return next(read_manifest(data, "m.avro"))


def test_an_entry_tells_what_a_backup_needs() -> None:
    data = manifest({**entry(PATH, record_count=12, file_size_in_bytes=3456), "sequence_number": 5})

    expected = FileRef(
        1, PATH, 0, "PARQUET", 3456, 12, 7, 5, None, None, None, None, None, has_key_metadata=False
    )
    assert expected == one(data)


def test_an_entry_of_format_v1_is_a_data_file() -> None:
    assert one(manifest(entry(PATH), version=1)).content == 0


def test_a_deletion_vector_tells_its_place_in_the_puffin_file() -> None:
    vector: dict[str, Any] = {"referenced_data_file": PATH, "content_offset": 4, "content_size_in_bytes": 44}
    data = manifest(entry("s3://lake/t/dv.puffin", content=1, file_format="PUFFIN", **vector), version=3)

    found = one(data)

    assert (found.content, found.format, found.referenced_data_file) == (1, "PUFFIN", PATH)
    assert (found.content_offset, found.content_size) == (4, 44)


def test_an_encrypted_file_is_recognised() -> None:
    assert one(manifest(entry(PATH, key_metadata=b"k"))).has_key_metadata


def test_the_row_lineage_of_a_v3_entry_is_read() -> None:
    assert one(manifest(entry(PATH, first_row_id=1000), version=3)).first_row_id == 1000


def test_fields_are_found_by_id_whatever_their_names_and_order() -> None:
    schema = entry_schema()
    data_file = next(one for one in schema["fields"] if one["name"] == "data_file")
    data_file["type"]["fields"].reverse()
    for renamed in data_file["type"]["fields"]:
        renamed["name"] = f"f{renamed['field-id']}"
    record = entry(PATH)
    record["data_file"] = {"f134": 0, "f100": PATH, "f101": "ORC", "f102": {}, "f103": 9, "f104": 8}

    found = one(avro_bytes(schema, [record]))

    assert (found.path, found.format, found.record_count, found.size) == (PATH, "ORC", 9, 8)


def test_fields_are_found_by_name_where_a_writer_left_the_ids_out() -> None:
    schema = json.loads(json.dumps(entry_schema()), object_hook=_without_id)

    assert one(avro_bytes(schema, [entry(PATH)])).path == PATH


def test_a_partition_field_called_like_a_field_of_iceberg_is_not_taken_for_it() -> None:
    partition = [field("file_path", 1000, "string"), field("status", 1001, "int")]
    record = entry(PATH, partition={"file_path": "elsewhere", "status": 2})

    found = one(avro_bytes(entry_schema(2, partition), [record]))

    assert (found.path, found.status) == (PATH, 1)


def test_unknown_fields_of_any_type_are_passed_over() -> None:
    schema = entry_schema()
    inner = {
        "type": "record",
        "name": "odd",
        "fields": [field("m", 9002, {"type": "map", "values": "string"})],
    }
    schema["fields"].insert(
        0, field("odd", 9001, ["int", "null", inner, {"type": "array", "items": "string"}])
    )

    for value in (3, None, {"m": {"k": "v"}}, ["x", "y"]):
        assert one(avro_bytes(schema, [{**entry(PATH), "odd": value}])).path == PATH


def test_more_statistics_than_one_expression_repeats_are_passed_over() -> None:
    sizes = [{"key": key, "value": key * 1000} for key in range(1, 2000)]

    assert one(manifest(entry(PATH, column_sizes=sizes, split_offsets=[4]))).path == PATH


def test_a_manifest_list_tells_each_manifest() -> None:
    data = manifest_list(listed("s3://lake/t/m.avro", 321, content=1, partition_spec_id=2, sequence_number=9))

    expected = ManifestRef(
        path="s3://lake/t/m.avro",
        length=321,
        spec_id=2,
        content=1,
        sequence_number=9,
        min_sequence_number=1,
        added_snapshot_id=7,
        files=Counts(1, 0, 0),
        rows=Counts(10, 0, 0),
        first_row_id=None,
        has_key_metadata=False,
    )
    assert read_manifest_list(data, "list.avro") == [expected]


def test_a_v1_list_without_counts_does_not_say_how_many_entries_there_are() -> None:
    row = {key: value for key, value in listed("m.avro", 5).items() if "count" not in key}

    (ref,) = read_manifest_list(manifest_list(row, version=1), "list.avro")

    assert (ref.entry_count, ref.may_have_live_files, ref.content) == (None, True, 0)


def test_a_manifest_whose_entries_have_no_path_is_refused() -> None:
    schema = {"type": "record", "name": "x", "fields": [field("status", 0, "int")]}

    with pytest.raises(InvalidTableFile, match=r"m\.avro has an entry without its status or path"):
        one(avro_bytes(schema, [{"status": 1}]))


def test_a_path_that_is_no_utf8_is_refused() -> None:
    data = manifest(entry("s3://lake/XX"), codec="null").replace(b"XX", b"\xff\xfe")

    with pytest.raises(InvalidTableFile, match="UTF-8"):
        one(data)


def test_a_field_of_several_types_is_refused() -> None:
    schema = {"type": "record", "name": "x", "fields": [field("status", 0, ["int", "string"])]}

    with pytest.raises(InvalidTableFile, match="several types"):
        one(avro_bytes(schema, [{"status": 1}]))


@pytest.mark.parametrize(
    "schema",
    [
        "{",
        '"int"',
        '{"type":"record"}',
        '{"type":"record","name":"r","fields":[{"name":"a","type":"r"}]}',
        '{"type":"record","name":"r","fields":[{"name":"a","type":"number"}]}',
    ],
)
def test_a_file_whose_schema_is_none_is_refused(schema: str) -> None:
    with pytest.raises(InvalidTableFile, match=r"m\.avro"):
        list(read_manifest(header_only(schema), "m.avro"))


def _without_id(node: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in node.items() if key != "field-id"}
