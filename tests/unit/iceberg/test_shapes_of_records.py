"""Walks learn the shapes of records; what they pass over must be what the schema says, whatever the shapes."""

import pytest

from bcn_core.errors import InvalidTableFile
from bcn_core.iceberg.avro import Block, open_container
from bcn_core.iceberg.fields import FILE_PATH, SPLIT_OFFSETS
from bcn_core.iceberg.manifests import read_manifest
from bcn_core.iceberg.relocation import relocate_manifest
from bcn_core.iceberg.schemas import parse_schema
from bcn_core.iceberg.walking import Walker
from tests.builders.avro_files import Record, decoded, entry, manifest


def bounds(count: int, size: int = 8) -> list[Record]:
    return [{"key": key, "value": bytes([key]) * size} for key in range(count)]


def paths(*entries: Record) -> list[str]:
    return [one.path for one in read_manifest(manifest(*entries), "m.avro")]


def test_entries_of_more_shapes_than_are_learned_are_all_read() -> None:
    entries = [entry(f"s3://a/{at}", lower_bounds=bounds(at)) for at in range(30)]

    assert [f"s3://a/{at}" for at in range(30)] == paths(*entries)


def test_entries_whose_shapes_take_turns_are_all_read() -> None:
    entries = [entry(f"s3://a/{at}", lower_bounds=bounds(at % 3), split_offsets=[4]) for at in range(30)]

    assert [f"s3://a/{at}" for at in range(30)] == paths(*entries)


@pytest.mark.parametrize("size", [0, 63, 64, 200, 9000])
def test_bounds_of_any_length_stay_as_they_are(size: int) -> None:
    data = manifest(*(entry(f"s3://a/{at}", upper_bounds=bounds(5, size)) for at in range(3)))

    written = relocate_manifest(data, "m.avro", lambda path: f"{path}x", str)

    assert [bounds(5, size)] * 3 == [one["data_file"]["upper_bounds"] for one in decoded(written)]


def test_paths_that_grow_past_one_byte_of_length_are_read() -> None:
    wanted = ["s3://a/" + "b" * at for at in range(50, 70)]

    assert wanted == paths(*(entry(path) for path in wanted))


def test_a_selected_array_is_found_in_records_of_a_known_shape() -> None:
    data = manifest(*(entry(f"s3://a/{at}", split_offsets=[4, at]) for at in range(3)))
    container = open_container(data, "m.avro")
    walker = Walker(parse_schema(container.schema, "m.avro"), (FILE_PATH, SPLIT_OFFSETS), "m.avro")

    found = [block.payload[slice(*spans[1])] for block in container.blocks() for spans in walker.spans(block)]

    assert [bytes([2, 4, 8, 2 * at, 0]) for at in range(3)] == found


def test_a_block_that_ends_within_a_record_of_a_known_shape_is_refused() -> None:
    data = manifest(*(entry(f"s3://a/{at}", lower_bounds=bounds(4)) for at in range(3)))
    container = open_container(data, "m.avro")
    cut = (Block(one.count, one.payload[:-2]) for one in container.blocks())

    with pytest.raises(InvalidTableFile, match=r"m\.avro is damaged"):
        list(read_manifest(container.with_blocks(cut), "m.avro"))


def test_a_text_that_claims_more_bytes_than_there_are_is_refused() -> None:
    data = manifest(*(entry(f"s3://a/{at}", lower_bounds=bounds(4)) for at in range(2)))
    container = open_container(data, "m.avro")
    longer = (Block(one.count, one.payload.replace(b"\x10\x03", b"\x7e\x03")) for one in container.blocks())

    with pytest.raises(InvalidTableFile, match="damaged"):
        list(read_manifest(container.with_blocks(longer), "m.avro"))


def test_counts_of_other_columns_than_the_shape_has_stay_as_they_are() -> None:
    counts = [[{"key": key + at, "value": 300 * key} for key in range(3)] for at in range(40)]
    data = manifest(*(entry(f"s3://a/{at}", value_counts=one) for at, one in enumerate(counts)))

    written = relocate_manifest(data, "m.avro", lambda path: f"{path}x", str)

    assert counts == [one["data_file"]["value_counts"] for one in decoded(written)]


def test_bounds_whose_lengths_change_from_entry_to_entry_stay_as_they_are() -> None:
    kept = [[{"key": key, "value": b"v" * ((at * 7 + key * 3) % 20)} for key in range(6)] for at in range(40)]
    data = manifest(*(entry(f"s3://a/{at}", lower_bounds=one) for at, one in enumerate(kept)))

    written = relocate_manifest(data, "m.avro", lambda path: f"{path}x", str)

    assert kept == [one["data_file"]["lower_bounds"] for one in decoded(written)]


def test_paths_of_many_lengths_are_all_read() -> None:
    wanted = ["s3://a/" + "b" * (at * 37 % 700) for at in range(200)]

    assert wanted == paths(*(entry(path) for path in wanted))
