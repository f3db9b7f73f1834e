import io
import struct
from typing import Any

import fastavro
import pytest

from bcn_core.errors import InvalidRequest, InvalidTableFile, UnsupportedFormat
from bcn_core.iceberg.avro import open_container
from bcn_core.iceberg.relocation import DeleteFileRewrite, relocate_manifest, relocate_manifest_list
from bcn_core.locations import PrefixMap
from tests.builders.avro_files import (
    PATH_COLUMN,
    Record,
    avro_bytes,
    decoded,
    entry,
    entry_schema,
    field,
    header_only,
    listed,
    manifest,
    manifest_list,
    payload,
    without_codec,
)

SOURCE, TARGET = "s3://lake/wh/t", "file:///restored/somewhere/else/t"
PATH = f"{SOURCE}/data/a.parquet"
MAPPING = PrefixMap.of([(SOURCE, TARGET)])


def dead(path: str) -> str:
    return f"{TARGET}/_bcn_dead/{path.rpartition('/')[2]}"


def relocated(data: bytes, **delete_files: DeleteFileRewrite) -> bytes:
    rewrites = {f"{SOURCE}/{name}.parquet": rewrite for name, rewrite in delete_files.items()}
    return relocate_manifest(data, "m.avro", MAPPING.map, dead, rewrites)


def data_file(data: bytes) -> Record:
    found: Record = decoded(data)[0]["data_file"]
    return found


def path_bounds(path: str) -> list[Record]:
    return [{"key": PATH_COLUMN, "value": path.encode()}, {"key": 2147483545, "value": b"\x01"}]


def deletes(**fields: Any) -> Record:
    bounds = {"lower_bounds": path_bounds(PATH), "upper_bounds": path_bounds(PATH)}
    return entry(f"{SOURCE}/d.parquet", content=1, **{**bounds, **fields})


@pytest.mark.parametrize(
    "target", ["file:///b", TARGET, "gs://a-much-longer-bucket-name/" + "deep/" * 40 + "t"]
)
def test_only_the_paths_differ_after_a_relocation(target: str) -> None:
    entries = [entry(f"{SOURCE}/data/{number}.parquet", sort_order_id=number) for number in range(50)]
    data = manifest(*entries, block_bytes=700)
    expected = decoded(data)
    for record in expected:
        record["data_file"]["file_path"] = target + record["data_file"]["file_path"][len(SOURCE) :]

    written = relocate_manifest(data, "m.avro", PrefixMap.of([(SOURCE, target)]).map, dead)

    assert expected == decoded(written)


def test_a_relocation_keeps_the_header_and_the_blocks() -> None:
    data = manifest(*(entry(f"{SOURCE}/{number}") for number in range(50)), block_bytes=700)

    written = open_container(relocated(data), "m.avro")

    source = open_container(data, "m.avro")
    assert source.header == written.header
    assert [block.count for block in source.blocks()] == [block.count for block in written.blocks()]


def test_a_relocation_there_and_back_gives_the_same_records_byte_for_byte() -> None:
    data = manifest(*(entry(f"{SOURCE}/{number}") for number in range(50)), block_bytes=700)
    back = PrefixMap.of([(TARGET, SOURCE)]).map

    returned = relocate_manifest(relocated(data), "m.avro", back, back)

    assert payload(data) == payload(returned)


def test_nothing_to_map_returns_the_input_itself() -> None:
    data = manifest(entry("s3://elsewhere/a.parquet"))

    assert relocate_manifest(data, "m.avro", str, str) is data


def test_a_second_relocation_gives_the_same_bytes() -> None:
    data = manifest(entry(PATH))

    assert relocated(data) == relocated(data)


def test_two_targets_give_different_sync_markers() -> None:
    data = manifest(entry(PATH))

    other = relocate_manifest(data, "m.avro", PrefixMap.of([(SOURCE, "file:///other")]).map, dead)

    assert open_container(relocated(data), "m.avro").sync != open_container(other, "m.avro").sync


def test_a_manifest_without_entries_stays_as_it_is() -> None:
    data = manifest()

    assert relocated(data) is data


def test_a_deleted_entry_outside_of_the_mapping_goes_to_the_dead() -> None:
    data = manifest(entry("s3://elsewhere/gone.parquet", status=2))

    assert data_file(relocated(data))["file_path"] == f"{TARGET}/_bcn_dead/gone.parquet"


def test_a_live_entry_outside_of_the_mapping_is_refused() -> None:
    with pytest.raises(InvalidRequest, match=r"no prefix maps 's3://elsewhere/a\.parquet'"):
        relocated(manifest(entry("s3://elsewhere/a.parquet")))


def test_a_sibling_with_the_same_beginning_is_not_mapped() -> None:
    with pytest.raises(InvalidRequest, match="t_backup"):
        relocated(manifest(entry(f"{SOURCE}_backup/a.parquet")))


@pytest.mark.parametrize(
    "name", ["a b.parquet", "a%20b.parquet", "a#b?c.parquet", "ü/日本.parquet", "/x//y.parquet"]
)
def test_odd_names_are_kept_byte_for_byte(name: str) -> None:
    data = manifest(entry(f"{SOURCE}/{name}"))

    assert data_file(relocated(data))["file_path"] == f"{TARGET}/{name}"


def test_several_prefixes_map_by_the_longest() -> None:
    data = manifest(entry(f"{SOURCE}/a"), entry("s3://other/x/a"), entry(f"{SOURCE}/data/a"))
    mapping = PrefixMap.of(
        [(SOURCE, "file:///one"), ("s3://other/x", "file:///two"), (f"{SOURCE}/data", "file:///three")]
    )

    written = relocate_manifest(data, "m.avro", mapping.map, dead)

    expected = ["file:///one/a", "file:///two/a", "file:///three/a"]
    assert expected == [record["data_file"]["file_path"] for record in decoded(written)]


def test_explicit_and_missing_sequence_numbers_are_kept() -> None:
    data = manifest({**entry(PATH), "sequence_number": 3, "file_sequence_number": None}, entry(PATH))

    written = decoded(relocated(data))

    assert [record["sequence_number"] for record in written] == [3, None]


@pytest.mark.parametrize("days", [5_000_000, -800_000, 2**31 - 1])
def test_a_partition_date_that_no_calendar_has_is_kept(days: int) -> None:
    date = {"type": "int", "logicalType": "date"}
    schema = entry_schema(2, [field("day", 1000, date, optional=True)])
    data = avro_bytes(schema, [entry(PATH, partition={"day": days})])

    assert payload(data).replace(_counted(PATH), _counted(f"{TARGET}/data/a.parquet")) == payload(
        relocated(data)
    )


def test_the_bits_of_a_nan_in_a_partition_are_kept() -> None:
    schema = entry_schema(2, [field("f", 1000, "double")])
    nan = b"\x01\x00\x00\x00\x00\x00\xf4\x7f"
    marked = struct.unpack("<d", b"NUMBERS!")[0]
    data = avro_bytes(schema, [entry(PATH, partition={"f": marked})], codec="null").replace(b"NUMBERS!", nan)

    assert nan in payload(relocated(data))


def test_unknown_fields_and_header_entries_are_kept() -> None:
    schema = entry_schema()
    schema["fields"].append(field("future", 9999, ["int", "string", "null"]))
    data = avro_bytes(schema, [{**entry(PATH), "future": "x"}], header={"future.key": "future value"})

    written = relocated(data)

    assert decoded(written)[0]["future"] == "x"
    assert open_container(written, "m.avro").header["future.key"] == b"future value"


def test_a_value_in_the_second_branch_of_a_union_is_found() -> None:
    schema = entry_schema()
    file = schema["fields"][-1]["type"]
    file["fields"] = [
        field("file_path", 100, ["string", "null"]) if one["field-id"] == 100 else one
        for one in file["fields"]
    ]

    written = relocated(avro_bytes(schema, [entry(PATH)]))

    assert data_file(written)["file_path"] == f"{TARGET}/data/a.parquet"


def test_a_missing_codec_is_written() -> None:
    written = relocated(without_codec(manifest(entry(PATH), codec="null")))

    assert open_container(written, "m.avro").header["avro.codec"] == b"null"


def test_an_equality_delete_file_changes_its_path_alone() -> None:
    data = manifest(
        entry(PATH, content=2, equality_ids=[1], split_offsets=[4], lower_bounds=path_bounds(PATH))
    )
    expected = {**data_file(data), "file_path": f"{TARGET}/data/a.parquet"}

    assert expected == data_file(relocated(data))


@pytest.mark.parametrize("content", [0, 2])
def test_a_data_file_that_an_entry_of_another_kind_refers_to_is_mapped_too(content: int) -> None:
    data = manifest(entry(PATH, content=content, referenced_data_file=f"{SOURCE}/data/b.parquet"))

    assert f"{TARGET}/data/b.parquet" == data_file(relocated(data))["referenced_data_file"]


def test_a_position_delete_file_that_was_not_rewritten_is_refused() -> None:
    with pytest.raises(UnsupportedFormat, match=f"{SOURCE}/d.parquet, not rewritten"):
        relocated(manifest(deletes()))


def test_an_encrypted_position_delete_file_is_refused() -> None:
    with pytest.raises(UnsupportedFormat, match="encrypted"):
        relocated(manifest(deletes(key_metadata=b"k")), d=DeleteFileRewrite(1))


def test_a_rewritten_position_delete_file_changes_in_all_its_places() -> None:
    data = manifest(deletes(referenced_data_file=PATH, split_offsets=[4, 99]))
    moved = f"{TARGET}/data/a.parquet"
    expected = {
        **data_file(data),
        "file_path": f"{TARGET}/d.parquet",
        "file_size_in_bytes": 123456,
        "referenced_data_file": moved,
        "lower_bounds": path_bounds(moved),
        "upper_bounds": path_bounds(moved),
        "split_offsets": None,
    }

    assert expected == data_file(relocated(data, d=DeleteFileRewrite(123456, moved, moved)))


def test_unknown_path_bounds_are_removed() -> None:
    written = data_file(relocated(manifest(deletes()), d=DeleteFileRewrite(5)))

    rest = [{"key": 2147483545, "value": b"\x01"}]
    assert (rest, rest) == (written["lower_bounds"], written["upper_bounds"])


def test_a_dead_delete_file_keeps_its_size_and_splits_though_it_is_encrypted() -> None:
    data = manifest({**deletes(key_metadata=b"key", split_offsets=[4, 400]), "status": 2})

    written = data_file(relocated(data))

    kept = ("file_size_in_bytes", "split_offsets", "key_metadata")
    assert [1000, [4, 400], b"key"] == [written[name] for name in kept]


def test_a_dead_delete_file_loses_its_path_bounds_and_needs_no_rewriting() -> None:
    written = data_file(relocated(manifest({**deletes(), "status": 2})))

    assert written["file_path"] == f"{TARGET}/_bcn_dead/d.parquet"
    assert [item["key"] for item in written["lower_bounds"]] == [2147483545]


def test_a_deletion_vector_keeps_its_offsets() -> None:
    vector = {"file_format": "PUFFIN", "content_offset": 4, "content_size_in_bytes": 44}
    data = manifest(deletes(referenced_data_file=PATH, split_offsets=[4], **vector), version=3)

    written = data_file(relocated(data, d=DeleteFileRewrite(900, keep_splits=True)))

    assert (4, 44, [4]) == (
        written["content_offset"],
        written["content_size_in_bytes"],
        written["split_offsets"],
    )
    assert written["referenced_data_file"] == f"{TARGET}/data/a.parquet"


def test_a_manifest_that_ends_too_early_is_refused() -> None:
    data = manifest(entry(PATH), entry(PATH))

    with pytest.raises(InvalidTableFile, match=r"m\.avro"):
        relocated(data[:-20])


def test_a_path_that_is_no_utf8_is_refused() -> None:
    data = manifest(entry(f"{SOURCE}/XX"), codec="null").replace(b"XX", b"\xff\xfe")

    with pytest.raises(InvalidTableFile, match="UTF-8"):
        relocated(data)


def test_a_manifest_of_something_else_is_refused() -> None:
    data = avro_bytes({"type": "record", "name": "x", "fields": [field("a", 1, "int")]}, [{"a": 1}])

    with pytest.raises(InvalidTableFile, match="without its status or path"):
        relocated(data)


def test_a_list_gets_new_paths_and_lengths_and_nothing_else() -> None:
    data = manifest_list(
        listed(f"{SOURCE}/m1.avro", 100), listed(f"{SOURCE}/m2.avro", 200, sequence_number=4)
    )
    expected = decoded(data)
    expected[0] |= {"manifest_path": f"{TARGET}/m1.avro", "manifest_length": 90}
    expected[1] |= {"manifest_path": f"{TARGET}/m2.avro", "manifest_length": 70000}

    lengths = {f"{SOURCE}/m1.avro": 90, f"{SOURCE}/m2.avro": 70000}
    written = relocate_manifest_list(data, "list.avro", MAPPING.map, lengths)

    assert expected == decoded(written)


def test_a_list_with_nothing_to_change_is_the_input_itself() -> None:
    data = manifest_list(listed("m1.avro", 100))

    assert relocate_manifest_list(data, "list.avro", str, {"m1.avro": 100}) is data


def test_a_stale_length_is_set_right_even_without_a_new_path() -> None:
    written = relocate_manifest_list(manifest_list(listed("m1.avro", 100)), "list.avro", str, {"m1.avro": 99})

    assert decoded(written)[0]["manifest_length"] == 99


def test_a_manifest_whose_length_is_not_known_is_refused() -> None:
    with pytest.raises(InvalidRequest, match=r"the length of the rewritten manifest m1\.avro"):
        relocate_manifest_list(manifest_list(listed("m1.avro", 1)), "list.avro", str, {})


def test_an_encrypted_manifest_is_refused() -> None:
    data = manifest_list(listed("m1.avro", 1, key_metadata=b"k"))

    with pytest.raises(UnsupportedFormat, match=r"m1\.avro is encrypted"):
        relocate_manifest_list(data, "list.avro", str, {"m1.avro": 1})


def test_a_list_of_something_else_is_refused() -> None:
    data = avro_bytes({"type": "record", "name": "x", "fields": [field("a", 1, "int")]}, [{"a": 1}])

    with pytest.raises(InvalidTableFile, match="without its path or length"):
        relocate_manifest_list(data, "list.avro", str, {})


def test_a_file_without_blocks_may_have_any_schema() -> None:
    data = header_only('{"type":"record","name":"r","fields":[]}')

    assert relocated(data) is data


def _counted(text: str) -> bytes:
    target = io.BytesIO()
    fastavro.schemaless_writer(target, "string", text)
    return target.getvalue()
