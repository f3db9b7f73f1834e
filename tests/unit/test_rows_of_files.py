"""A list of files that stays packed gives what the list says, however often it is gone through."""

from collections.abc import Callable

import pyarrow as pa
import pytest
from pyarrow import parquet

from bcn_core.errors import DamagedRepository
from bcn_core.repository.files import FileRows, Kind, StoredFile, decode_files, decode_frame, encode_files


def stored(number: int, kind: Kind = "data", listed_by: tuple[int, ...] = (0,)) -> StoredFile:
    return StoredFile(0, f"data/{number}", kind, number, f"{number:064x}", f"key/{number}", "pit", listed_by)


# More rows than are unpacked at once.
FILES = [
    stored(0, "metadata", ()),
    *(stored(number) for number in range(1, 10_000)),
    stored(10_000, "manifest", (0, 3)),
    stored(10_001, "position-deletes"),
    stored(10_002, "data"),
]
PACKED = encode_files(FILES)


def test_the_rows_are_those_of_the_list_each_time() -> None:
    rows = FileRows(PACKED, "files.parquet")

    assert (FILES, FILES) == (list(rows), list(rows))


def test_they_are_those_that_are_unpacked_at_once() -> None:
    assert decode_files(PACKED, "files.parquet") == list(FileRows(PACKED, "files.parquet"))


def test_rows_of_some_kinds_come_in_their_order() -> None:
    rows = FileRows(PACKED, "files.parquet")

    assert [FILES[10_000], FILES[10_001]] == list(rows.of_kind("position-deletes", "manifest"))


def test_a_kind_that_no_row_has_gives_none() -> None:
    assert [] == list(FileRows(PACKED, "files.parquet").of_kind("equality-deletes", "deletion-vectors"))


def test_rows_of_metadata_are_the_same_objects_each_time() -> None:
    rows = FileRows(PACKED, "files.parquet")

    assert next(rows.of_kind("metadata")) is next(rows.of_kind("metadata"))


def test_rows_are_counted() -> None:
    assert len(FILES) == len(FileRows(PACKED, "files.parquet"))


def test_a_list_without_rows_has_none() -> None:
    assert [] == list(FileRows(encode_files([]), "files.parquet"))


def test_a_list_that_was_cut_is_refused() -> None:
    with pytest.raises(DamagedRepository, match=r"files\.parquet is not a readable list"):
        FileRows(PACKED[:-100], "files.parquet")


@pytest.mark.parametrize("opened", [FileRows, decode_files, decode_frame])
def test_a_list_whose_rows_pack_to_nothing_is_refused_before_they_are_unpacked(
    opened: Callable[[bytes, str], object],
) -> None:
    alike = parquet.read_table(pa.BufferReader(PACKED)).take(pa.array([0] * 1_000_000))
    packed = pa.BufferOutputStream()
    parquet.write_table(alike, packed, compression="zstd")

    with pytest.raises(DamagedRepository, match=r"files\.parquet claims 1000000 files in \d+ bytes"):
        opened(packed.getvalue().to_pybytes(), "files.parquet")
