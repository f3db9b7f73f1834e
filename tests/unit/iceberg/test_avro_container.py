import bz2
import lzma
import zlib

import pytest
import zstandard

from bcn_core.errors import InvalidTableFile, UnsupportedFormat
from bcn_core.iceberg.avro import open_container
from bcn_core.iceberg.manifests import ManifestRef, read_listed_manifest, read_manifest, read_manifest_list
from tests.builders.avro_files import (
    block,
    entry,
    header_only,
    listed,
    manifest,
    manifest_list,
    payload,
    repacked,
    without_codec,
)

ENTRIES = [entry(f"s3://lake/t/data/{number}.parquet") for number in range(30)]
PATHS = [record["data_file"]["file_path"] for record in ENTRIES]


def paths_in(data: bytes) -> list[str]:
    return [file.path for file in read_manifest(data, "m.avro")]


def ref_of(data: bytes, count: int) -> ManifestRef:
    return read_manifest_list(
        manifest_list(listed("m.avro", len(data), added_files_count=count)), "list.avro"
    )[0]


@pytest.mark.parametrize("codec", ["null", "deflate", "bzip2", "xz"])
def test_every_codec_of_avro_is_read(codec: str) -> None:
    data = manifest(*ENTRIES, codec=codec, block_bytes=500)

    assert paths_in(data) == PATHS


@pytest.mark.parametrize("codec", ["snappy", "zstandard"])
def test_codecs_that_need_a_library_are_read(codec: str) -> None:
    data = repacked(manifest(*ENTRIES, codec="null", block_bytes=500), codec)

    assert paths_in(data) == PATHS


@pytest.mark.parametrize("codec", ["snappy", "zstandard"])
def test_codecs_that_need_a_library_are_written_as_they_were(codec: str) -> None:
    plain = manifest(*ENTRIES, codec="null", block_bytes=500)
    container = open_container(repacked(plain, codec), "m.avro")

    written = open_container(container.with_blocks(container.blocks()), "m.avro")

    assert b"".join(block.payload for block in written.blocks()) == payload(plain)
    assert written.header == container.header


def test_a_file_without_a_codec_counts_as_uncompressed() -> None:
    data = without_codec(manifest(*ENTRIES, codec="null"))

    assert paths_in(data) == PATHS


def test_a_written_file_always_names_its_codec() -> None:
    container = open_container(without_codec(manifest(*ENTRIES, codec="null")), "m.avro")

    written = open_container(container.with_blocks(container.blocks()), "m.avro")

    assert written.header == {**container.header, "avro.codec": b"null"}


def test_an_unknown_codec_is_refused_by_its_name() -> None:
    data = manifest(*ENTRIES, codec="null").replace(b"\x08null", b"\x08lzma", 1)

    with pytest.raises(UnsupportedFormat, match=r"m\.avro .*'lzma'"):
        open_container(data, "m.avro")


def test_an_encrypted_file_is_refused_as_such() -> None:
    with pytest.raises(UnsupportedFormat, match=r"m\.avro is encrypted"):
        open_container(b"AGS1" + bytes(100), "m.avro")


def test_a_file_that_is_no_avro_file_is_refused() -> None:
    with pytest.raises(InvalidTableFile, match=r"m\.avro is not an Avro file"):
        open_container(b"PAR1" + bytes(100), "m.avro")


@pytest.mark.parametrize("codec", ["null", "deflate"])
def test_a_manifest_cut_at_any_byte_is_refused(codec: str) -> None:
    data = manifest(*ENTRIES[:6], codec=codec, block_bytes=100)
    ref = ref_of(data, 6)

    for end in range(len(data)):
        with pytest.raises(InvalidTableFile):
            list(read_listed_manifest(data[:end], ref))


def test_a_manifest_list_cut_within_a_block_is_refused() -> None:
    data = manifest_list(listed("m1.avro", 1), listed("m2.avro", 2))
    body = open_container(data, "list.avro").body

    for end in range(body + 1, len(data)):
        with pytest.raises(InvalidTableFile, match=r"list\.avro"):
            read_manifest_list(data[:end], "list.avro")


def test_any_flipped_bit_of_a_sync_marker_is_found() -> None:
    data = manifest(*ENTRIES[:3])

    for bit in range(128):
        flipped = bytearray(data)
        flipped[len(data) - 16 + bit // 8] ^= 1 << bit % 8
        with pytest.raises(InvalidTableFile, match="sync marker"):
            list(read_manifest(bytes(flipped), "m.avro"))


@pytest.mark.parametrize("offset", [0, 1])
def test_any_flipped_bit_of_a_block_header_is_found(offset: int) -> None:
    data = manifest(*ENTRIES[:3], codec="null")
    body = open_container(data, "m.avro").body

    for bit in range(8):
        flipped = bytearray(data)
        flipped[body + offset] ^= 1 << bit
        with pytest.raises(InvalidTableFile, match=r"m\.avro"):
            list(read_manifest(bytes(flipped), "m.avro"))


def test_a_wrong_checksum_of_a_snappy_block_is_found() -> None:
    data = bytearray(repacked(manifest(*ENTRIES[:3], codec="null"), "snappy"))
    data[-17] ^= 1

    with pytest.raises(InvalidTableFile, match="checksum"):
        list(read_manifest(bytes(data), "m.avro"))


def test_writing_the_same_blocks_twice_gives_the_same_bytes() -> None:
    container = open_container(manifest(*ENTRIES), "m.avro")

    assert container.with_blocks(container.blocks()) == container.with_blocks(container.blocks())


PACKED = {
    "deflate": zlib.compress(b"\x02", wbits=-15),
    "bzip2": bz2.compress(b"\x02"),
    "xz": lzma.compress(b"\x02"),
    "zstandard": zstandard.ZstdCompressor(write_content_size=False).compress(b"\x02"),
}
NUMBERS = '{"type":"record","name":"r","fields":[{"name":"a","type":"int"}]}'


@pytest.mark.parametrize("codec", PACKED)
def test_a_compressed_stream_that_does_not_end_is_damage(codec: str) -> None:
    data = header_only(NUMBERS, codec) + block(1, PACKED[codec][:-1])

    with pytest.raises(InvalidTableFile, match="the block ends before its compressed stream"):
        list(open_container(data, "m.avro").blocks())


# Behind a stream of deflate some bytes of a checksum may stand: PyIceberg leaves them.
@pytest.mark.parametrize("codec", sorted(PACKED.keys() - {"deflate"}))
@pytest.mark.parametrize("more", [b"x", bytes(5000)])
def test_what_goes_on_behind_a_compressed_stream_is_damage(codec: str, more: bytes) -> None:
    data = header_only(NUMBERS, codec) + block(1, PACKED[codec] + more)

    with pytest.raises(InvalidTableFile, match="the block goes on behind its compressed stream"):
        list(open_container(data, "m.avro").blocks())
