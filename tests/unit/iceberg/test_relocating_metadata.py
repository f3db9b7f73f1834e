from typing import Any

import pytest

from bcn_core.errors import InvalidRequest
from bcn_core.iceberg.metadata import TableMetadata
from bcn_core.iceberg.relocation import MetadataRelocation, relocate_metadata
from bcn_core.locations import PrefixMap
from tests.builders.metadata_files import LOCATION, snapshot, table, version

TARGET = "file:///restored/t"
MAPPING = PrefixMap.of([(LOCATION, TARGET)])


def relocated(metadata: TableMetadata, **changes: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    everything = {
        "mapping": MAPPING,
        "keep_snapshots": frozenset(one.id for one in metadata.snapshots),
        "kept_metadata_files": frozenset(file for _, file in metadata.metadata_log),
    }
    return relocate_metadata(metadata, MetadataRelocation(**{**everything, **changes}))


def test_every_path_of_a_whole_table_is_mapped() -> None:
    statistics = {
        "snapshot-id": 1,
        "statistics-path": f"{LOCATION}/metadata/s.puffin",
        "file-size-in-bytes": 5,
    }
    metadata = table(snapshot(1), statistics=[statistics], partition_statistics=[statistics])

    written, notes = relocated(metadata)

    moved = {**statistics, "statistics-path": f"{TARGET}/metadata/s.puffin"}
    expected = {
        **metadata.raw,
        "location": TARGET,
        "snapshots": [snapshot(1, **{"manifest-list": f"{TARGET}/metadata/snap-1.avro"})],
        "metadata-log": [{"timestamp-ms": 500, "metadata-file": version(0).replace(LOCATION, TARGET)}],
        "statistics": [moved],
        "partition-statistics": [moved],
    }
    assert (expected, ()) == (written, notes)


def test_a_relocation_to_the_same_place_changes_nothing() -> None:
    metadata = table(snapshot(1), snapshot(2))

    written, _ = relocated(metadata, mapping=PrefixMap.of([(LOCATION, LOCATION)]))

    assert metadata.raw == written


def test_the_input_is_not_changed() -> None:
    metadata, untouched = table(snapshot(1)), table(snapshot(1))

    relocated(metadata)

    assert untouched.raw == metadata.raw


def test_unknown_keys_are_kept() -> None:
    metadata = table(snapshot(1, future=1), future={"a": 1}, encryption_keys=[{"key-id": "k"}])

    written, _ = relocated(metadata)

    assert (written["future"], written["snapshots"][0]["future"]) == ({"a": 1}, 1)
    assert written["encryption-keys"] == [{"key-id": "k"}]


def test_a_table_never_written_is_relocated() -> None:
    written, notes = relocated(table())

    assert (TARGET, -1, ()) == (written["location"], written["current-snapshot-id"], notes)


def test_a_trailing_slash_of_the_location_is_kept() -> None:
    written, _ = relocated(table(location=f"{LOCATION}/"))

    assert written["location"] == f"{TARGET}/"


def test_embedded_manifests_are_mapped() -> None:
    embedded = snapshot(1, manifests=[f"{LOCATION}/m1.avro"])
    del embedded["manifest-list"]

    written, _ = relocated(table(embedded, format_version=1))

    assert written["snapshots"][0]["manifests"] == [f"{TARGET}/m1.avro"]


@pytest.mark.parametrize("key", ["data.path", "metadata.path", "object-storage.path", "folder-storage.path"])
def test_a_location_property_points_to_the_target(key: str) -> None:
    mapping = PrefixMap.of([(LOCATION, TARGET), ("s3://fast/t", "file:///elsewhere")])

    written, _ = relocated(table(properties={f"write.{key}": "s3://fast/t/x"}), mapping=mapping)

    assert written["properties"] == {f"write.{key}": "file:///elsewhere/x"}


def test_a_location_property_outside_of_the_mapping_is_dropped_and_noted() -> None:
    written, notes = relocated(table(properties={"write.data.path": "s3://fast/t"}))

    assert written["properties"] == {}
    assert notes == (
        "the property 'write.data.path' is dropped: it points outside of what is restored, to s3://fast/t",
    )


def test_another_property_that_names_the_source_is_kept_and_noted() -> None:
    properties = {"note": f"see {LOCATION}/README", "twin": f"see {LOCATION}_backup"}

    written, notes = relocated(table(properties=properties))

    assert written["properties"] == properties
    assert notes == (f"the property 'note' names the source and stays as it is: see {LOCATION}/README",)


def test_earlier_metadata_files_that_are_not_restored_are_pruned_and_noted() -> None:
    metadata = table(snapshot(1), snapshot(2))

    written, notes = relocated(metadata, kept_metadata_files=frozenset({version(1)}))

    assert written["metadata-log"] == [
        {"timestamp-ms": 1500, "metadata-file": version(1).replace(LOCATION, TARGET)}
    ]
    assert notes == ("1 of 2 earlier metadata files are left out of the log",)


def test_snapshots_that_are_not_kept_leave_with_all_that_names_them() -> None:
    refs = {
        "main": {"snapshot-id": 3, "type": "branch"},
        "old": {"snapshot-id": 2, "type": "tag"},
        "first": {"snapshot-id": 1, "type": "tag"},
    }
    statistics = [{"snapshot-id": 2, "statistics-path": f"{LOCATION}/s.puffin"}]
    metadata = table(snapshot(1), snapshot(2), snapshot(3), refs=refs, statistics=statistics)

    written, notes = relocated(metadata, keep_snapshots=frozenset({1, 3}))

    assert [one["snapshot-id"] for one in written["snapshots"]] == [1, 3]
    assert written["refs"] == {"main": refs["main"], "first": refs["first"]}
    assert (written["snapshot-log"], written["statistics"]) == (
        [{"snapshot-id": 3, "timestamp-ms": 3000}],
        [],
    )
    assert notes == (
        "1 of 3 snapshots are left out",
        "the tag 'old' is left out with its snapshot 2",
        "1 statistics files are left out with their snapshots",
    )


def test_counters_keep_their_high_water_marks() -> None:
    metadata = table(snapshot(1), snapshot(2), next_row_id=77)

    written, _ = relocated(metadata, keep_snapshots=frozenset({2}))

    counters = (
        "last-sequence-number",
        "last-column-id",
        "last-partition-id",
        "next-row-id",
        "last-updated-ms",
    )
    assert [metadata.raw[key] for key in counters] == [written[key] for key in counters]


def test_the_log_of_a_rolled_back_table_keeps_its_order() -> None:
    log = [{"snapshot-id": one, "timestamp-ms": 1000 * at} for at, one in enumerate([1, 2, 1])]
    metadata = table(snapshot(2), snapshot(1), snapshot_log=log)

    written, _ = relocated(metadata)

    assert written["snapshot-log"] == log


def test_a_new_uuid_and_properties_are_set() -> None:
    written, _ = relocated(table(), uuid="new", extra_properties={"bcn.restored-from-uuid": "old"})

    assert (written["table-uuid"], written["properties"]) == ("new", {"bcn.restored-from-uuid": "old"})


def test_what_an_earlier_restore_said_of_itself_is_replaced() -> None:
    origin = "bcn.restored-from-uuid"

    written, _ = relocated(table(properties={origin: "older"}), uuid="new", extra_properties={origin: "old"})

    assert {origin: "old"} == written["properties"]


def test_losing_the_current_snapshot_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="current snapshot 2 must be kept"):
        relocated(table(snapshot(1), snapshot(2)), keep_snapshots=frozenset({1}))


def test_losing_the_branch_main_is_refused() -> None:
    metadata = table(snapshot(1), snapshot(2), refs={"main": {"snapshot-id": 1, "type": "branch"}})

    with pytest.raises(InvalidRequest, match="main"):
        relocated(metadata, keep_snapshots=frozenset({2}))


def test_a_table_whose_location_no_prefix_covers_is_refused() -> None:
    with pytest.raises(InvalidRequest, match=f"no prefix maps '{LOCATION}'"):
        relocated(table(), mapping=PrefixMap.of([("s3://other", TARGET)]))


def test_a_manifest_list_that_no_prefix_covers_is_refused() -> None:
    elsewhere = snapshot(1, **{"manifest-list": "s3://elsewhere/snap-1.avro"})

    with pytest.raises(InvalidRequest, match="elsewhere"):
        relocated(table(elsewhere))
