"""Files that a hostile writer made to fill the memory of who reads them are refused, each with what to do about it."""

import struct
from collections.abc import Callable

import pytest

from bcn_core.errors import InvalidTableFile
from bcn_core.iceberg.avro import open_container
from bcn_core.iceberg.delete_files import paths_in, relocate_delete_file
from bcn_core.iceberg.manifests import read_manifest, read_manifest_list
from bcn_core.iceberg.metadata import parse
from bcn_core.iceberg.records import records
from bcn_core.iceberg.sql_views import parse_view
from tests.builders import bombs
from tests.builders.avro_files import block, header_only

SCHEMA = '{"type":"record","name":"r","fields":[{"name":"a","type":"int"}]}'
TOO_FAR = r"it unpacks to more than 256 MiB\nHINT: .*look who wrote it"


@pytest.mark.parametrize("codec", bombs.BLOCKS)
def test_a_block_of_any_codec(codec: str) -> None:
    with pytest.raises(InvalidTableFile) as refused:
        list(open_container(bombs.avro(codec), "m.avro").blocks())

    assert str(refused.value).startswith("m.avro cannot be read from byte")
    refused.match(TOO_FAR)


def test_a_block_that_wants_a_dictionary_of_a_gibibyte() -> None:
    data = header_only(SCHEMA, "xz") + block(1, bombs.xz_with_a_large_dictionary())

    with pytest.raises(InvalidTableFile, match="Memory usage limit"):
        list(open_container(data, "m.avro").blocks())


def test_a_block_that_unpacks_to_what_is_allowed_is_read() -> None:
    plain = bombs.zeros_in_zstandard(64)
    data = header_only(SCHEMA, "zstandard")

    [found] = open_container(data + block(64 << 20, plain), "m.avro").blocks()

    assert bytes(64 << 20) == found.payload


@pytest.mark.parametrize("parsed", [parse, parse_view])
def test_a_metadata_file(parsed: Callable[[bytes, str], object]) -> None:
    with pytest.raises(InvalidTableFile, match=TOO_FAR):
        parsed(bombs.gzipped(), "v1.gz.metadata.json")


def test_a_footer_of_puffin() -> None:
    footer = bombs.lz4_frame()
    data = b"PFA1PFA1" + footer + struct.pack("<i4s4s", len(footer), b"\1\0\0\0", b"PFA1")

    with pytest.raises(InvalidTableFile, match=TOO_FAR):
        paths_in(data, "deletes.puffin")


def test_a_position_delete_file_in_avro() -> None:
    with pytest.raises(InvalidTableFile, match=TOO_FAR):
        relocate_delete_file(bombs.avro("zstandard"), "deletes.avro", str)


def test_a_list_of_more_manifests_than_a_table_has() -> None:
    with pytest.raises(InvalidTableFile, match="lists more than 1000000 manifests"):
        read_manifest_list(bombs.list_of_nothings(1_000_001), "list.avro")


def test_a_schema_that_unfolds_without_end() -> None:
    with pytest.raises(InvalidTableFile, match="more than 100000 types"):
        list(read_manifest(header_only(bombs.unfolding_schema(40)), "m.avro"))


@pytest.mark.parametrize(
    "items", ['"null"', '{"type":"fixed","name":"f","size":0}', '{"type":"record","name":"i","fields":[]}']
)
def test_an_array_that_claims_any_number_of_items(items: str) -> None:
    schema = '{"type":"record","name":"r","fields":[{"name":"a","type":{"type":"array","items":%s}}]}'
    data = header_only(schema % items) + block(1, b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00")

    with pytest.raises(InvalidTableFile, match="an array of items that take no bytes"):
        list(records(open_container(data, "m.avro")))


def test_an_array_that_claims_more_items_than_there_are_bytes() -> None:
    schema = '{"type":"record","name":"r","fields":[{"name":"a","type":{"type":"array","items":"int"}}]}'
    data = header_only(schema) + block(1, b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00")

    with pytest.raises(InvalidTableFile, match=r"m\.avro is damaged"):
        list(records(open_container(data, "m.avro")))


@pytest.mark.parametrize("count", [1 << 60, -1])
def test_a_block_that_claims_any_number_of_records_without_bytes(count: int) -> None:
    data = header_only('{"type":"record","name":"r","fields":[]}') + block(count, b"")

    with pytest.raises(InvalidTableFile, match=rf"it claims {count} records in 0 bytes"):
        list(records(open_container(data, "m.avro")))
