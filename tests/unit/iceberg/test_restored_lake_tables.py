"""Real tables of both format versions, relocated with their source gone: read, and accounted for file by file."""

import gzip
from pathlib import Path

import pytest

from bcn_core.iceberg.checking import check_table, compare_manifests
from bcn_core.iceberg.inspection import TableFiles
from bcn_core.iceberg.manifests import read_manifest_list
from bcn_core.iceberg.metadata import TableMetadata, parse
from bcn_core.locations import PrefixMap
from tests.builders.lake_tables import path_of, read, restore, rows, size_of, write_table

TARGETS = ["r", "a/much/longer/place/than/the/one/before/it/was/lost"]


@pytest.fixture(params=[1, 2], ids=["v1", "v2"])
def version(request: pytest.FixtureRequest) -> int:
    found: int = request.param
    return found


@pytest.fixture(params=TARGETS, ids=["shorter", "longer"])
def mapping(request: pytest.FixtureRequest, tmp_path: Path) -> PrefixMap:
    return PrefixMap.of([(f"file://{tmp_path}/lake-at-home", f"file://{tmp_path}/{request.param}")])


def opened(location: str) -> TableMetadata:
    return parse(read(location), location)


def test_a_restored_table_has_the_rows_of_every_snapshot(
    tmp_path: Path, version: int, mapping: PrefixMap
) -> None:
    source = write_table(tmp_path / "lake-at-home", version)
    snapshots = [snapshot.id for snapshot in opened(source).snapshots]
    expected = {snapshot: rows(source, snapshot) for snapshot in snapshots}
    restored = restore(source, mapping).metadata_location
    (tmp_path / "lake-at-home").rename(tmp_path / "gone")

    assert expected == {snapshot: rows(restored, snapshot) for snapshot in snapshots}


def test_a_restored_table_passes_the_strict_check(tmp_path: Path, version: int, mapping: PrefixMap) -> None:
    restored = restore(write_table(tmp_path / "lake-at-home", version), mapping).metadata_location
    (tmp_path / "lake-at-home").rename(tmp_path / "gone")
    ((home, target),) = mapping.targets.items()

    assert check_table(restored, TableFiles(read, size_of), (target,), (home,)) == []


def test_earlier_metadata_files_of_a_restored_table_pass_the_strict_check(
    tmp_path: Path, version: int, mapping: PrefixMap
) -> None:
    restored = restore(write_table(tmp_path / "lake-at-home", version), mapping).metadata_location
    (tmp_path / "lake-at-home").rename(tmp_path / "gone")
    ((home, target),) = mapping.targets.items()

    for _, earlier in opened(restored).metadata_log:
        assert check_table(earlier, TableFiles(read, size_of), (target,), (home,)) == []


def test_the_strict_check_accepts_a_table_that_bcn_did_not_write(tmp_path: Path, version: int) -> None:
    source = write_table(tmp_path / "lake-at-home", version)

    assert check_table(source, TableFiles(read, size_of), (f"file://{tmp_path}",), ()) == []


def test_every_entry_of_a_restored_manifest_equals_its_source(
    tmp_path: Path, version: int, mapping: PrefixMap
) -> None:
    source = write_table(tmp_path / "lake-at-home", version)
    restore(source, mapping)
    lists = [str(snapshot.manifest_list) for snapshot in opened(source).snapshots]
    manifests = {ref.path for one in lists for ref in read_manifest_list(read(one), one)}

    found = [compare_manifests(read(one), read(mapping.map(one)), mapping.map, one) for one in manifests]

    assert found == [[]] * len(manifests)


def test_a_second_restore_gives_the_same_bytes(tmp_path: Path, version: int, mapping: PrefixMap) -> None:
    source = write_table(tmp_path / "lake-at-home", version)
    target = Path(next(iter(mapping.targets.values())).removeprefix("file://"))
    restore(source, mapping)
    first = {path: path.read_bytes() for path in target.rglob("*") if path.is_file()}

    restore(source, mapping)

    assert first == {path: path.read_bytes() for path in target.rglob("*") if path.is_file()}


def test_a_table_with_its_data_elsewhere_is_restored_by_two_prefixes(tmp_path: Path) -> None:
    data = f"file://{tmp_path}/fast/data"
    source = write_table(tmp_path / "lake", 2, **{"write.data.path": data})
    pairs = [(f"file://{tmp_path}/lake", f"file://{tmp_path}/r"), (data, f"file://{tmp_path}/r2")]
    expected = rows(source)
    restored = restore(source, PrefixMap.of(pairs)).metadata_location
    (tmp_path / "lake").rename(tmp_path / "gone")
    (tmp_path / "fast").rename(tmp_path / "gone-too")

    allowed = tuple(target for _, target in pairs)
    assert check_table(restored, TableFiles(read, size_of), allowed, tuple(home for home, _ in pairs)) == []
    assert expected == rows(restored)


def test_a_compressed_metadata_file_keeps_its_compression(tmp_path: Path, mapping: PrefixMap) -> None:
    plain = write_table(tmp_path / "lake-at-home", 2)
    source = plain.replace(".metadata.json", ".gz.metadata.json")
    path_of(source).write_bytes(gzip.compress(read(plain)))

    restored = restore(source, mapping).metadata_location

    assert restored.endswith(".gz.metadata.json")
    assert opened(restored).location == mapping.map(opened(source).location)
    assert read(restored).startswith(b"\x1f\x8b")
