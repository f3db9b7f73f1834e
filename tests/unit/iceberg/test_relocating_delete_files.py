import io
from collections.abc import Callable

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import orc

from bcn_core.errors import InvalidTableFile, UnsupportedFormat
from bcn_core.iceberg.avro import open_container
from bcn_core.iceberg.delete_files import paths_in, relocate_delete_file
from bcn_core.iceberg.relocation import DeleteFileRewrite
from tests.warehouse.delete_files import FOOTER, Position, avro_deletes, orc_deletes, parquet_deletes

Encode = Callable[..., bytes]
GONE = [("s3://a/t/1", 0), ("s3://a/t/1", 5), ("s3://b/t/1", 2)]
ENCODERS = {"parquet": parquet_deletes, "avro": avro_deletes, "orc": orc_deletes}
FOOTER_BYTES = {key.encode(): value.encode() for key, value in FOOTER.items()}

every_format = pytest.mark.parametrize("encode", ENCODERS.values(), ids=ENCODERS)


def moved(path: str) -> str:
    return path.replace("s3://", "gs://bucket/")


def swapped(path: str) -> str:
    """Two prefixes that change places in the order of paths."""
    return {"s3://a/t/1": "s3://z/t/1", "s3://b/t/1": "s3://y/t/1"}[path]


def rows_of(data: bytes) -> list[Position]:
    if data.startswith(b"PAR1"):
        found = pq.read_table(pa.BufferReader(data)).to_pylist()
    elif data.startswith(b"ORC"):
        found = orc.ORCFile(pa.BufferReader(data)).read().to_pylist()
    else:
        found = list(fastavro.reader(io.BytesIO(data)))
    return [(row["file_path"], row["pos"]) for row in found]


def opened(data: bytes) -> pq.ParquetFile:
    return pq.ParquetFile(pa.BufferReader(data))


def relocated(data: bytes, mapping: Callable[[str], str] = moved) -> bytes:
    return relocate_delete_file(data, "d", mapping).data


@every_format
def test_every_path_is_mapped_and_every_position_stays(encode: Encode) -> None:
    assert [(moved(path), position) for path, position in GONE] == rows_of(relocated(encode(GONE)))


@every_format
def test_what_a_manifest_must_say_is_told(encode: Encode) -> None:
    found = relocate_delete_file(encode(GONE), "d", moved)

    least, greatest = moved("s3://a/t/1"), moved("s3://b/t/1")
    assert DeleteFileRewrite(len(found.data), least, greatest, keep_splits=False) == found.rewrite


@every_format
def test_rows_are_sorted_again_when_prefixes_change_places(encode: Encode) -> None:
    expected = [("s3://y/t/1", 2), ("s3://z/t/1", 0), ("s3://z/t/1", 5)]

    assert expected == rows_of(relocated(encode(GONE), swapped))


@every_format
def test_nothing_to_map_gives_the_input_itself(encode: Encode) -> None:
    data = encode(GONE)

    found = relocate_delete_file(data, "d", str)

    assert found.data is data
    assert found.rewrite.keep_splits


@every_format
def test_the_same_relocation_twice_gives_the_same_bytes(encode: Encode) -> None:
    data = encode(GONE)

    assert relocated(data) == relocated(data)


@every_format
def test_a_file_without_rows_names_no_path(encode: Encode) -> None:
    data = encode([])

    found = relocate_delete_file(data, "d", moved)

    assert (None, None, set()) == (found.rewrite.lower, found.rewrite.upper, paths_in(data, "d"))


@pytest.mark.parametrize("encode", [parquet_deletes, orc_deletes])
def test_the_row_column_is_kept(encode: Encode) -> None:
    data = relocated(encode(GONE, with_row=True))

    table = (
        pq.read_table(pa.BufferReader(data))
        if encode is parquet_deletes
        else orc.ORCFile(pa.BufferReader(data)).read()
    )
    assert [{"id": 0}, {"id": 5}, {"id": 2}] == table.column("row").to_pylist()


@pytest.mark.parametrize("codec", ["none", "snappy", "gzip", "zstd", "lz4", "brotli"])
def test_parquet_keeps_its_codec(codec: str) -> None:
    data = parquet_deletes(GONE, codec=codec)

    written = opened(relocated(data)).metadata.row_group(0)

    assert opened(data).metadata.row_group(0).column(0).compression == written.column(0).compression


def test_parquet_keeps_its_footer_its_ids_and_its_row_groups() -> None:
    data = parquet_deletes(GONE, group_rows=1, with_row=True)

    written, source = opened(relocated(data)), opened(data)

    assert FOOTER_BYTES == written.metadata.metadata
    assert source.schema.equals(written.schema)
    assert source.schema_arrow.equals(written.schema_arrow, check_metadata=False)
    assert 3 == written.num_row_groups


def test_a_column_without_field_ids_is_found_by_its_name() -> None:
    data = parquet_deletes(GONE, with_ids=False)

    assert {"gs://bucket/a/t/1", "gs://bucket/b/t/1"} == paths_in(relocated(data), "d")


@pytest.mark.parametrize("codec", ["uncompressed", "zlib", "snappy", "zstd", "lz4"])
def test_orc_keeps_its_attributes_its_footer_and_its_codec(codec: str) -> None:
    data = orc_deletes(GONE, codec=codec)

    written, source = (orc.ORCFile(pa.BufferReader(one)) for one in (relocated(data), data))

    assert source.schema.equals(written.schema, check_metadata=True)
    assert FOOTER_BYTES == dict(written.metadata)
    assert source.compression == written.compression


def test_avro_keeps_its_header_and_its_blocks() -> None:
    data = avro_deletes(GONE * 50, block_bytes=200)

    written, source = open_container(relocated(data), "d"), open_container(data, "d")

    assert source.header == written.header
    assert [one.count for one in source.blocks()] == [one.count for one in written.blocks()]


@pytest.mark.parametrize("magic", [b"PARE", b"AGS1"])
def test_an_encrypted_delete_file_is_refused(magic: bytes) -> None:
    with pytest.raises(UnsupportedFormat, match="d is encrypted"):
        relocate_delete_file(magic + b"secret", "d", moved)


@every_format
def test_a_cut_delete_file_is_refused(encode: Encode) -> None:
    with pytest.raises(InvalidTableFile, match="d"):
        relocate_delete_file(encode(GONE)[:-20], "d", moved)


def test_a_file_of_no_known_format_is_refused() -> None:
    with pytest.raises(InvalidTableFile, match="d is no delete file: it starts with b'Zip!'"):
        relocate_delete_file(b"Zip!....", "d", moved)


def test_a_parquet_file_without_paths_is_refused() -> None:
    target = io.BytesIO()
    pq.write_table(pa.table({"id": [1]}), target)

    with pytest.raises(InvalidTableFile, match="no column 'file_path'"):
        relocate_delete_file(target.getvalue(), "d", moved)


@pytest.mark.parametrize(
    "named", [paths_in, lambda data, location: relocate_delete_file(data, location, moved)]
)
@every_format
def test_a_file_that_is_spoiled_between_its_ends_is_damaged(
    encode: Encode, named: Callable[[bytes, str], object]
) -> None:
    data = encode([(f"s3://a/t/{number}", number) for number in range(10_000)])
    start, end = len(data) // 8, len(data) // 4

    with pytest.raises(InvalidTableFile, match=r"deletes\.x"):
        named(data[:start] + b"\xff" * (end - start) + data[end:], "deletes.x")
