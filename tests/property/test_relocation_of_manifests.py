"""Whatever an engine wrote into a manifest, a relocation changes the paths and nothing else."""

import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bcn_core.errors import BcnError, InvalidTableFile
from bcn_core.iceberg.avro import open_container
from bcn_core.iceberg.checking import compare_manifests
from bcn_core.iceberg.manifests import read_manifest
from bcn_core.iceberg.records import records
from bcn_core.iceberg.relocation import relocate_manifest
from bcn_core.locations import PrefixMap
from tests.builders.avro_files import (
    Record,
    avro_bytes,
    data_file_fields,
    decoded,
    entry,
    entry_schema,
    field,
    manifest,
    payload,
)

SOURCE = "s3://lake/wh/t"
LONGS = st.integers(-(2**63), 2**63 - 1)
INTS = st.integers(-(2**31), 2**31 - 1)
NAMES = st.text(string.printable + "üß日本𝄞", min_size=1, max_size=80)
TARGETS = st.sampled_from(["file:///r", "s3://b/" + "x" * 70, "gs://bucket/ünï/t", "s3://lake/wh/t_restored"])
CODECS = st.sampled_from(["null", "deflate", "bzip2", "xz"])

PARTITION = [
    field("day", 1000, {"type": "int", "logicalType": "date"}, optional=True),
    field("bucket", 1001, "int"),
    field("name", 1002, "string", optional=True),
    field("amount", 1003, {"type": "fixed", "name": "decimal_9", "size": 4}, optional=True),
    field("rate", 1004, "double", optional=True),
    field("flag", 1005, "boolean", optional=True),
]


def optional(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


def int_map(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    item = st.fixed_dictionaries({"key": INTS, "value": values})
    return optional(st.lists(item, max_size=6))


PARTITIONS = st.fixed_dictionaries(
    {
        "day": optional(INTS),
        "bucket": INTS,
        "name": optional(st.text(max_size=100)),
        "amount": optional(st.binary(min_size=4, max_size=4)),
        "rate": optional(st.floats(allow_nan=False)),
        "flag": optional(st.booleans()),
    }
)
DATA_FILES = st.fixed_dictionaries(
    {
        "partition": PARTITIONS,
        "record_count": LONGS,
        "file_size_in_bytes": LONGS,
        "column_sizes": int_map(LONGS),
        "nan_value_counts": int_map(LONGS),
        "lower_bounds": int_map(st.binary(max_size=100)),
        "upper_bounds": int_map(st.binary(max_size=100)),
        "split_offsets": optional(st.lists(LONGS, max_size=4)),
        "equality_ids": optional(st.lists(INTS, max_size=4)),
        "sort_order_id": optional(INTS),
    }
)


@st.composite
def entries(draw: st.DrawFn) -> Record:
    record = entry(f"{SOURCE}/{draw(NAMES)}", status=draw(st.integers(0, 2)), **draw(DATA_FILES))
    numbers = {"sequence_number": draw(optional(LONGS)), "file_sequence_number": draw(optional(LONGS))}
    return {**record, "snapshot_id": draw(optional(LONGS)), **numbers}


def schema_in_order(order: list[Record]) -> Record:
    """A writer schema of format v2 with the fields of data_file in another order."""
    schema = entry_schema(2, PARTITION)
    schema["fields"][-1]["type"]["fields"] = order
    return schema


SCHEMAS = st.permutations(data_file_fields(2, PARTITION)).map(schema_in_order)


@given(SCHEMAS, st.lists(entries(), max_size=12), CODECS, st.integers(100, 3000), TARGETS)
@settings(max_examples=60, deadline=None)
def test_a_relocation_changes_the_paths_and_nothing_else(
    schema: Record, rows: list[Record], codec: str, block_bytes: int, target: str
) -> None:
    data = avro_bytes(schema, rows, codec=codec, block_bytes=block_bytes)
    there, back = PrefixMap.of([(SOURCE, target)]), PrefixMap.of([(target, SOURCE)])

    written = relocate_manifest(data, "m.avro", there.map, there.map)

    paths = [target + row["data_file"]["file_path"][len(SOURCE) :] for row in rows]
    assert [file.path for file in read_manifest(written, "m.avro")] == paths
    assert compare_manifests(data, written, there.map) == []
    assert payload(relocate_manifest(written, "m.avro", back.map, back.map)) == payload(data)


@given(st.lists(entries(), min_size=1, max_size=8), TARGETS)
@settings(max_examples=40, deadline=None)
def test_fastavro_reads_a_relocated_manifest_as_it_read_the_source(rows: list[Record], target: str) -> None:
    plain = [{**one, "data_file": {**one["data_file"], "partition": {}}} for one in rows]
    data = manifest(*plain)
    mapping = PrefixMap.of([(SOURCE, target)])
    expected = decoded(data)
    for record in expected:
        record["data_file"]["file_path"] = mapping.map(record["data_file"]["file_path"])

    written = relocate_manifest(data, "m.avro", mapping.map, mapping.map)

    assert expected == decoded(written)


@given(SCHEMAS, st.lists(entries(), max_size=6))
@settings(max_examples=40, deadline=None)
def test_own_decoding_agrees_with_the_fields_that_reading_selects(schema: Record, rows: list[Record]) -> None:
    data = avro_bytes(schema, rows)

    found = [(one.path, one.status, one.size, one.sequence_number) for one in read_manifest(data, "m.avro")]

    whole = records(open_container(data, "m.avro"))
    assert found == [
        (
            one["data_file"]["file_path"],
            one["status"],
            one["data_file"]["file_size_in_bytes"],
            one["sequence_number"],
        )
        for one in whole
    ]


@given(st.lists(entries(), min_size=1, max_size=4), st.data(), CODECS)
@settings(max_examples=80, deadline=None)
def test_a_cut_manifest_is_refused(rows: list[Record], data: st.DataObject, codec: str) -> None:
    whole = avro_bytes(entry_schema(2, PARTITION), rows, codec=codec)
    body = open_container(whole, "m.avro").body
    end = data.draw(st.integers(0, len(whole) - 1).filter(lambda one: one != body))

    with pytest.raises(InvalidTableFile):
        list(read_manifest(whole[:end], "m.avro"))


@given(st.lists(entries(), min_size=1, max_size=4), st.data(), CODECS)
@settings(max_examples=150, deadline=None)
def test_a_flipped_byte_ends_in_an_error_of_ours_or_in_whole_entries(
    rows: list[Record], data: st.DataObject, codec: str
) -> None:
    whole = bytearray(avro_bytes(entry_schema(2, PARTITION), rows, codec=codec))
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))

    try:
        found = list(read_manifest(bytes(whole), "m.avro"))
    except BcnError:
        return

    assert len(found) == len(rows)
