import pytest

from bcn_core.errors import InvalidTableFile
from bcn_core.iceberg.checking import compare_manifest_lists, compare_manifests
from bcn_core.locations import PrefixMap
from tests.builders.avro_files import (
    avro_bytes,
    entry,
    entry_schema,
    listed,
    manifest,
    manifest_list,
    with_other_names,
)

HOME = "s3://lake/t"
MAPPING = PrefixMap.of([(HOME, "s3://copy/t")])
SOURCE = manifest({**entry(f"{HOME}/a"), "sequence_number": 3}, entry(f"{HOME}/b", status=2))
COPIED = ({**entry("s3://copy/t/a"), "sequence_number": 3}, entry("s3://copy/t/b", status=2))


def messages(restored: bytes) -> list[str]:
    return [finding.message for finding in compare_manifests(SOURCE, restored, MAPPING.map)]


def test_a_copy_that_differs_in_the_mapped_paths_alone_is_equal() -> None:
    assert messages(manifest(*COPIED)) == []


def test_a_lost_sequence_number_is_found() -> None:
    restored = manifest({**COPIED[0], "sequence_number": None}, COPIED[1])

    assert messages(restored) == ["entry 0 differs in sequence_number"]


def test_an_unmapped_dead_path_is_found() -> None:
    restored = manifest(COPIED[0], entry(f"{HOME}/b", status=2))

    assert messages(restored) == ["entry 1 differs in data_file.file_path"]


def test_rewritten_bounds_of_a_column_are_found() -> None:
    restored = manifest(COPIED[0], entry("s3://copy/t/b", status=2, lower_bounds=[{"key": 1, "value": b"x"}]))

    assert messages(restored) == ["entry 1 differs in data_file.lower_bounds"]


@pytest.mark.parametrize("entries", [COPIED[:1], (*COPIED, COPIED[1])])
def test_another_number_of_entries_is_found(entries: tuple[dict[str, object], ...]) -> None:
    (message,) = messages(manifest(*entries))

    assert message.endswith("one has more entries than the other")


def test_a_dropped_header_entry_is_found() -> None:
    restored = avro_bytes(entry_schema(), COPIED, header={"schema": "x", "partition-spec-id": "0"})

    assert messages(restored) == [
        "the header entry 'partition-spec' differs",
        "the header entry 'schema' differs",
    ]


def test_another_codec_is_found() -> None:
    assert messages(manifest(*COPIED, codec="null")) == ["the codec was deflate and is null"]


def test_a_list_is_compared_with_its_new_paths_and_lengths() -> None:
    source = manifest_list(listed(f"{HOME}/m", 10))
    right, stale = manifest_list(listed("s3://copy/t/m", 9)), manifest_list(listed("s3://copy/t/m", 10))

    found = [
        compare_manifest_lists(source, one, lambda path, _: (MAPPING.map(path), 9)) for one in (right, stale)
    ]

    assert [len(findings) for findings in found] == [0, 1]


def test_a_damaged_copy_cannot_be_compared() -> None:
    with pytest.raises(InvalidTableFile, match="restored"):
        compare_manifests(SOURCE, manifest(*COPIED)[:-3], MAPPING.map, "restored")


def test_a_manifest_whose_fields_have_other_names_cannot_be_compared() -> None:
    renamed = with_other_names(entry(f"{HOME}/a"))

    with pytest.raises(InvalidTableFile, match="has no field 'data_file'"):
        compare_manifests(renamed, renamed, MAPPING.map)
