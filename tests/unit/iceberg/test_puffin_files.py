import struct

import pytest

from bcn_core.errors import InvalidTableFile, UnsupportedFormat
from bcn_core.iceberg.delete_files import paths_in, relocate_delete_file
from bcn_core.iceberg.puffin import open_puffin, relocate_puffin
from tests.warehouse.delete_files import puffin, vector, with_footer

VECTORS = {"s3://a/t/1": [1, 2, 3], "s3://a/t/2": [70_000]}


def moved(path: str) -> str:
    return path.replace("s3://a", "gs://bucket/ü")


@pytest.mark.parametrize("compressed", [False, True])
def test_only_the_footer_changes(compressed: bool) -> None:
    data = puffin(VECTORS, compressed=compressed)

    written = relocate_puffin(data, "p", moved)

    source, copy = open_puffin(data, "p"), open_puffin(written, "p")
    assert data[: source.footer_start] == written[: copy.footer_start]
    assert {place: moved(path) for place, path in source.referenced.items()} == copy.referenced


def test_a_compressed_footer_is_written_plain() -> None:
    written = relocate_puffin(puffin(VECTORS, compressed=True), "p", moved)

    assert bytes(4) == written[-8:-4]


def test_offsets_stay_where_gaps_lie_between_the_blobs() -> None:
    data = puffin(VECTORS, gap=b"......")

    copy = open_puffin(relocate_puffin(data, "p", moved), "p")

    (offset, length), *_ = copy.referenced
    assert vector([1, 2, 3]) == copy.data[offset : offset + length]
    assert open_puffin(data, "p").referenced.keys() == copy.referenced.keys()


def test_other_blobs_and_all_properties_are_kept() -> None:
    sketch = {"type": "apache-datasketches-theta-v1", "offset": 4, "length": 3, "properties": {"ndv": "5"}}
    deletes = {**sketch, "properties": {"referenced-data-file": "s3://a/t/1", "new": "x"}, "later": [1]}
    data = with_footer(b"PFA1abc", {"blobs": [sketch, deletes], "properties": {"by": "me"}, "more": 1})

    footer = open_puffin(relocate_puffin(data, "p", moved), "p").footer

    mapped = {**deletes, "properties": {"referenced-data-file": moved("s3://a/t/1"), "new": "x"}}
    assert {"blobs": [sketch, mapped], "properties": {"by": "me"}, "more": 1} == footer


def test_a_puffin_of_statistics_stays_as_it_is() -> None:
    data = with_footer(b"PFA1abc", {"blobs": [{"type": "theta", "offset": 4, "length": 3}]})

    assert relocate_puffin(data, "p", moved) is data


def test_a_relocation_there_and_back_gives_the_same_footer() -> None:
    data = puffin(VECTORS)

    returned = relocate_puffin(
        relocate_puffin(data, "p", moved), "p", lambda path: path.replace("gs://bucket/ü", "s3://a")
    )

    assert open_puffin(data, "p").footer == open_puffin(returned, "p").footer


def test_a_bare_vector_is_told_and_kept() -> None:
    data = vector([1])

    found = relocate_delete_file(data, "p", moved)

    assert found.data is data
    assert found.note.startswith("p is a deletion vector without its Puffin file")
    assert set() == paths_in(data, "p")


def test_unknown_flags_are_refused() -> None:
    data = bytearray(puffin(VECTORS))
    data[-8] = 2

    with pytest.raises(UnsupportedFormat, match="unknown flags 02000000"):
        open_puffin(bytes(data), "p")


@pytest.mark.parametrize("cut", [1, 4, 12, 100])
def test_a_cut_puffin_is_refused(cut: int) -> None:
    with pytest.raises(InvalidTableFile, match="p "):
        open_puffin(puffin(VECTORS)[:-cut], "p")


@pytest.mark.parametrize("size", [-1, 10**6, 3])
def test_a_footer_size_that_is_wrong_is_refused(size: int) -> None:
    data = bytearray(puffin(VECTORS))
    data[-12:-8] = struct.pack("<i", size)

    with pytest.raises(InvalidTableFile, match="does not begin where its size says"):
        open_puffin(bytes(data), "p")


@pytest.mark.parametrize("footer", [[], {}, {"blobs": [{}]}, {"blobs": [{"offset": "4", "length": 1}]}])
def test_a_footer_that_is_no_puffin_json_is_refused(footer: object) -> None:
    with pytest.raises(InvalidTableFile, match="Puffin footer"):
        open_puffin(with_footer(b"PFA1", footer), "p")  # type: ignore[arg-type]


def test_a_compressed_footer_that_is_not_lz4_is_refused() -> None:
    data = bytearray(puffin(VECTORS))
    data[-8] = 1

    with pytest.raises(InvalidTableFile, match="not LZ4"):
        open_puffin(bytes(data), "p")


@pytest.mark.parametrize("properties", [5, "referenced-data-file", {"referenced-data-file": 5}])
def test_a_blob_whose_properties_are_none_is_refused(properties: object) -> None:
    blob = {"type": "deletion-vector-v1", "offset": 4, "length": 3, "properties": properties}

    with pytest.raises(InvalidTableFile, match="Puffin footer"):
        open_puffin(with_footer(b"PFA1abc", {"blobs": [blob]}), "p")
