"""Each fault that copy tools are known to make, planted into a restored table and found."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bcn_core.iceberg.checking import Finding, Kind, check_table
from bcn_core.iceberg.inspection import Loaded, TableFiles
from bcn_core.iceberg.manifests import ManifestRef, read_manifest, read_manifest_list
from bcn_core.iceberg.metadata import TableMetadata, parse
from bcn_core.iceberg.relocation import relocate_manifest, relocate_manifest_list
from bcn_core.locations import PrefixMap
from tests.builders.avro_files import entry, manifest, with_other_names
from tests.builders.lake_tables import path_of, read, restore, size_of, write_table


class Copy:
    """A restored table in which faults are planted."""

    def __init__(self, folder: Path) -> None:
        self.home, self.target = f"file://{folder}/home", f"file://{folder}/copy"
        source = write_table(folder / "home", 2)
        self.location = restore(source, PrefixMap.of([(self.home, self.target)])).metadata_location

    @property
    def metadata(self) -> TableMetadata:
        return parse(read(self.location), self.location)

    @property
    def newest_list(self) -> str:
        return str(self.metadata.snapshots[-1].manifest_list)

    @property
    def manifest(self) -> ManifestRef:
        return read_manifest_list(read(self.newest_list), self.newest_list)[0]

    def change(self, location: str, make: Callable[[bytes], bytes]) -> None:
        path_of(location).write_bytes(make(read(location)))

    def edit(self, make: Callable[[dict[str, Any]], object]) -> None:
        raw = json.loads(read(self.location))
        make(raw)
        path_of(self.location).write_bytes(json.dumps(raw).encode())

    def check(self) -> list[Finding]:
        return check_table(self.location, TableFiles(read, size_of), (self.target,), (self.home,))

    def kinds(self) -> set[Kind]:
        return {finding.kind for finding in self.check()}


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path)


def test_a_missing_metadata_file_is_found(copy: Copy) -> None:
    path_of(copy.location).unlink()

    assert copy.check() == [Finding(Kind.MISSING, copy.location, "the file is not there")]


def test_a_truncated_metadata_file_is_found(copy: Copy) -> None:
    copy.change(copy.location, lambda data: data[:-1])

    assert copy.kinds() == {Kind.UNREADABLE}


def test_a_missing_manifest_list_is_found(copy: Copy) -> None:
    missing = copy.newest_list
    path_of(missing).unlink()

    assert Finding(Kind.MISSING, missing, "the file is not there") in copy.check()


def test_a_damaged_manifest_list_is_found(copy: Copy) -> None:
    copy.change(copy.newest_list, lambda data: data[:-5])

    assert copy.kinds() == {Kind.UNREADABLE}


def test_a_missing_manifest_is_found(copy: Copy) -> None:
    path_of(copy.manifest.path).unlink()

    assert Kind.MISSING in copy.kinds()


def test_a_damaged_manifest_is_found(copy: Copy) -> None:
    copy.change(copy.manifest.path, lambda data: data[:-5])

    assert copy.kinds() == {Kind.UNREADABLE}


def test_a_missing_data_file_is_found(copy: Copy) -> None:
    path = next(read_manifest(read(copy.manifest.path), "m")).path
    path_of(path).unlink()

    assert copy.check() == [Finding(Kind.MISSING, copy.manifest.path, f"{path} is not there")]


def test_a_data_file_of_another_size_is_found(copy: Copy) -> None:
    copy.change(next(read_manifest(read(copy.manifest.path), "m")).path, lambda data: data + b"x")

    assert copy.kinds() == {Kind.WRONG_SIZE}


def test_a_stale_manifest_length_is_found(copy: Copy) -> None:
    refs = read_manifest_list(read(copy.newest_list), copy.newest_list)
    lengths = {ref.path: ref.length + (at == 0) for at, ref in enumerate(refs)}
    copy.change(copy.newest_list, lambda data: relocate_manifest_list(data, "list", str, lengths))

    assert copy.kinds() == {Kind.WRONG_LENGTH}


def test_a_manifest_with_too_few_entries_is_found(copy: Copy) -> None:
    copy.change(copy.manifest.path, lambda _data: manifest())

    assert {Kind.WRONG_COUNT, Kind.WRONG_LENGTH, Kind.SUMMARY} == copy.kinds()


def test_a_path_of_the_source_in_a_manifest_is_found(copy: Copy) -> None:
    back = PrefixMap.of([(copy.target, copy.home)]).map
    copy.change(copy.manifest.path, lambda data: relocate_manifest(data, "m", back, back))

    assert {Kind.SOURCE_PATH, Kind.FOREIGN_PATH} <= copy.kinds()


def test_a_path_of_the_source_in_a_list_is_found(copy: Copy) -> None:
    back = PrefixMap.of([(copy.target, copy.home)]).map
    lengths = {ref.path: ref.length for ref in read_manifest_list(read(copy.newest_list), copy.newest_list)}
    copy.change(copy.newest_list, lambda data: relocate_manifest_list(data, "list", back, lengths))

    assert {Kind.SOURCE_PATH, Kind.FOREIGN_PATH} <= copy.kinds()


def test_a_dead_path_of_the_source_is_found(copy: Copy) -> None:
    data = manifest(entry(f"{copy.home}/gone.parquet", status=2))
    copy.change(copy.manifest.path, lambda _data: data)

    messages = [finding.message for finding in copy.check() if finding.kind is Kind.FOREIGN_PATH]

    assert messages == [f"{copy.home}/gone.parquet lies outside of {copy.target}"]


def test_a_path_of_the_source_in_an_unexpected_field_is_found(copy: Copy) -> None:
    bounds = [{"key": 1, "value": f"{copy.home}/x".encode()}]
    copy.change(copy.manifest.path, lambda _data: manifest(entry(f"{copy.target}/a", lower_bounds=bounds)))

    assert Kind.SOURCE_PATH in copy.kinds()


@pytest.mark.parametrize("spelling", ["file:{}", "{}", "file://{}"])
def test_the_source_is_found_in_every_spelling(copy: Copy, spelling: str) -> None:
    path = spelling.format(copy.home.removeprefix("file://") + "/sales/orders")
    copy.edit(lambda raw: raw["metadata-log"][0].update({"metadata-file": path}))

    assert {Kind.SOURCE_PATH, Kind.FOREIGN_PATH} <= copy.kinds()


def test_a_location_property_that_points_to_the_source_is_found(copy: Copy) -> None:
    copy.edit(lambda raw: raw["properties"].update({"write.data.path": f"{copy.home}/data"}))

    assert {Kind.SOURCE_PATH, Kind.FOREIGN_PATH} == copy.kinds()


def test_a_users_property_that_names_the_source_is_no_error(copy: Copy) -> None:
    copy.edit(lambda raw: raw["properties"].update({"note": f"was in {copy.home}"}))

    assert [(finding.kind, finding.is_error) for finding in copy.check()] == [(Kind.MENTION, False)]


def test_a_sibling_of_the_source_is_no_mention(copy: Copy) -> None:
    copy.edit(lambda raw: raw["properties"].update({"note": f"{copy.home}_two and /mnt{copy.home[7:]}"}))

    assert copy.check() == []


@pytest.mark.parametrize(
    "damage",
    [
        {"current-snapshot-id": 5},
        {"refs": {"main": {"snapshot-id": 5, "type": "branch"}}},
        {"snapshot-log": [{"snapshot-id": 5, "timestamp-ms": 5}]},
        {"current-schema-id": 55},
        {"default-spec-id": 55},
        {"default-sort-order-id": 55},
    ],
)
def test_an_id_that_names_nothing_is_found(copy: Copy, damage: dict[str, Any]) -> None:
    copy.edit(lambda raw: raw.update(damage))

    assert copy.kinds() == {Kind.DANGLING}


def test_a_missing_earlier_metadata_file_is_found(copy: Copy) -> None:
    path_of(copy.metadata.metadata_log[0][1]).unlink()

    assert copy.kinds() == {Kind.MISSING}


def test_a_statistics_file_of_another_size_is_found(copy: Copy) -> None:
    path_of(f"{copy.target}/s.puffin").write_bytes(b"123")
    statistics = {"snapshot-id": 1, "statistics-path": f"{copy.target}/s.puffin", "file-size-in-bytes": 4}
    copy.edit(lambda raw: raw.update({"statistics": [statistics]}))

    assert copy.kinds() == {Kind.WRONG_SIZE}


def test_a_summary_that_counts_otherwise_is_no_error(copy: Copy) -> None:
    copy.edit(lambda raw: raw["snapshots"][-1]["summary"].update({"total-records": "1"}))

    assert [(finding.kind, finding.is_error) for finding in copy.check()] == [(Kind.SUMMARY, False)]


def test_a_delete_for_a_file_that_is_not_in_the_table_is_told(copy: Copy) -> None:
    vector = entry(f"{copy.target}/d", content=1, referenced_data_file=f"{copy.target}/nowhere")
    copy.change(copy.manifest.path, lambda _data: manifest(vector))

    assert Kind.DELETE_TARGET in copy.kinds()


def test_a_finding_reads_as_a_sentence() -> None:
    finding = Finding(Kind.MISSING, "m.avro", "a.parquet is not there")

    assert str(finding) == "missing: a.parquet is not there (m.avro)"


def test_all_manifest_lists_are_asked_for_together(copy: Copy) -> None:
    asked: list[list[str]] = []

    def many(wanted: Iterable[tuple[str, int]]) -> Iterator[Loaded]:
        listed = [location for location, _ in wanted]
        asked.append(listed)
        yield from ((location, read(location)) for location in listed)

    assert [] == check_table(copy.location, TableFiles(read, size_of, many), (copy.target,), (copy.home,))
    assert [snapshot.manifest_list for snapshot in copy.metadata.snapshots] in asked


def test_a_manifest_of_deletes_whose_fields_have_other_names_is_unreadable(copy: Copy) -> None:
    renamed = with_other_names(entry(f"{copy.target}/data/d.parquet", content=1))
    copy.change(copy.manifest.path, lambda _data: renamed)

    assert f"{copy.manifest.path} has no field 'data_file'" in [found.message for found in copy.check()]
