"""The cases by which Iceberg tests rewrite_table_path, and the counts that it asserts, held against BCN.

A count is (metadata files, manifest lists, manifests, statistics, partition statistics, all files). Iceberg's full
rewrites are held against what a restore writes; its rewrites from a start version, against what a second backup copies.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.services.spark import counted_tables as made
from tests.services.spark.counted_tables import Made, Step
from tests.services.spark.journeys import Travels, arrived, lab_of
from tests.services.spark.tables import LiveTable

Count = tuple[int, int, int, int, int, int]

RESTORED: list[tuple[Step, int, Count]] = [
    (made.nothing, 2, (3, 2, 2, 0, 0, 9)),  # testRewritePath, testFullTableRewritePath
    (made.nothing, 0, (1, 0, 0, 0, 0, 1)),  # testRewritePathWithoutSnapshot
    (made.data_file_deleted, 2, (4, 3, 3, 0, 0, 12)),
    (made.positions_deleted, 2, (4, 3, 3, 0, 0, 13)),
    (made.positions_deleted_with_rows, 2, (4, 3, 3, 0, 0, 13)),
    (made.positions_deleted_across_files, 2, (4, 3, 3, 0, 0, 13)),
    (made.equality_deleted, 2, (4, 3, 3, 0, 0, 13)),
    (made.rolled_back, 2, (6, 3, 3, 0, 0, 15)),
    (made.staged, 2, (5, 3, 3, 0, 0, 14)),
    (made.column_added, 2, (4, 2, 2, 0, 0, 10)),
    (made.statistics_made, 0, (7, 3, 3, 3, 0, 19)),
    (made.metadata_moved, 0, (4, 2, 2, 0, 0, 10)),
    (made.rows_deleted, 0, (4, 2, 2, 0, 0, 10)),  # testDeleteFrom; one metadata file more sets the property
]

# Where a metadata file's current snapshot was expired, Iceberg rewrites the file all the same, and it names a manifest
# list that nobody copied; a restore leaves such a file out of the log. Iceberg's counts stand in the comments.
RESTORED_WITHOUT_DEAD_VERSIONS: list[tuple[Step, int, Count]] = [
    (made.first_expired, 2, (3, 1, 2, 0, 0, 8)),  # testExpireSnapshotBeforeRewrite: 4, 1, 2, 9
    (made.overwritten_and_expired, 0, (4, 2, 4, 0, 0, 12)),  # testRewritePathWithNonLiveEntry: 5, 2, 4, 13
]

COPIED_LATER: list[tuple[int, Step, Count]] = [
    (1, made.append, (1, 1, 1, 0, 0, 4)),  # testStartVersion
    (1, lambda table: made.append(table, 2), (2, 2, 2, 0, 0, 8)),  # testTableWith3Snapshots
    (0, lambda table: made.append(table, 3), (3, 3, 3, 0, 0, 12)),  # testTableWith3Snapshots
    (
        0,
        lambda table: made.append(table, 5),
        (5, 5, 5, 0, 0, 20),
    ),  # testRewritePathWithExecutorService, of 50
    (2, made.manifests_rewritten, (1, 1, 1, 0, 0, 3)),  # testManifestRewriteAndIncrementalCopy
    (2, made.first_expired, (1, 0, 0, 0, 0, 1)),  # testMoveTheVersionExpireSnapshot
    (1, made.appended_and_expired, (2, 1, 1, 0, 0, 5)),
]
VERSIONS = pytest.mark.parametrize("version", [2, 3], ids=["v2", "v3"])


def table_of(travels: Travels, make: Made, appends: int) -> LiveTable:
    def write(table: LiveTable) -> None:
        make.create(table, appends)

    return travels.written(write, f"counted_{len(list(travels.folder.iterdir()))}")


def counted(names: Iterable[str]) -> Count:
    kinds = Counter(_kind(name.rpartition("/")[2]) for name in names)
    listed = [kinds[kind] for kind in ("metadata", "list", "manifest", "statistics", "partition statistics")]
    return (listed[0], listed[1], listed[2], listed[3], listed[4], kinds.total())


def _kind(name: str) -> str:
    if name.endswith(".metadata.json"):
        return "metadata"
    if name.startswith("snap-"):
        return "list"
    if name.startswith("partition-stats"):
        return "partition statistics"
    if name.endswith(".stats"):
        return "statistics"
    return "manifest" if "-m0." in name or "-m1." in name or "optimized-m-" in name else "content"


def files_below(folder: Path) -> list[str]:
    return [str(path) for path in folder.rglob("*") if path.is_file() and path.name != "catalog.db"]


def restored(source: LiveTable) -> LiveTable:
    lab = lab_of(source)
    lab.take()
    report = lab.restore()
    assert () == report.failed
    return arrived(lab, source)


@VERSIONS
@pytest.mark.parametrize(
    ("step", "appends", "expected"),
    [*RESTORED, *RESTORED_WITHOUT_DEAD_VERSIONS],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_restore_writes_as_many_files_as_the_table_needs(
    travels: Travels, version: int, step: Step, appends: int, expected: Count
) -> None:
    source = table_of(travels, Made(version), appends)
    step(source)

    copy = restored(source)

    assert expected == counted(files_below(copy.place.folder))
    assert source.history() == copy.history()


@pytest.mark.parametrize("kind", ["parquet", "avro", "orc"])
def test_position_deletes_of_every_format_are_one_file_more(travels: Travels, kind: str) -> None:
    source = table_of(travels, Made(2, f",'write.delete.format.default'='{kind}'"), 2)
    made.positions_deleted(source)

    copy = restored(source)

    assert (4, 3, 3, 0, 0, 13) == counted(files_below(copy.place.folder))
    assert 1 == len(copy.rows())


def test_partition_statistics_are_restored_with_their_table(travels: Travels) -> None:
    source = table_of(travels, Made(2), 0)
    made.partition_statistics_made(source)

    copy = restored(source)

    # Iceberg makes the table with its partition field; adding it is one metadata file more.
    assert (8, 3, 3, 0, 3, 20) == counted(files_below(copy.place.folder))


def test_compressed_metadata_counts_like_any_other(travels: Travels) -> None:
    source = table_of(travels, Made(2, ",'write.metadata.compression-codec'='gzip'"), 2)

    copy = restored(source)

    assert (3, 2, 2, 0, 0, 9) == counted(files_below(copy.place.folder))


@VERSIONS
@pytest.mark.parametrize(
    ("appends", "step", "expected"),
    COPIED_LATER,
    ids=[
        "an append",
        "two appends",
        "three appends",
        "five appends",
        "rewritten manifests",
        "an expiry",
        "an append and an expiry",
    ],
)
def test_a_second_backup_copies_only_the_files_of(
    travels: Travels, version: int, appends: int, step: Step, expected: Count
) -> None:
    source = table_of(travels, Made(version), appends)
    lab = lab_of(source)
    lab.take()
    step(source)

    manifest = lab.take()

    record = lab.record(manifest, f"db.{source.name}")
    copied = [file.path for file in lab.repository.files(record) if file.stored_by == manifest.pit]
    assert expected == counted(copied)


def test_a_live_file_is_kept_whose_snapshot_and_version_file_are_gone(travels: Travels) -> None:
    """testFullTableRewritePathWithDeletedVersionFiles, where rewrite_table_path loses that data file (#14458)."""
    dropped = (
        ",'write.metadata.delete-after-commit.enabled'='true','write.metadata.previous-versions-max'='2'"
    )
    source = table_of(travels, Made(2, dropped), 2)
    made.first_expired(source)
    made.append(source, 4)

    copy = restored(source)

    assert 6 == len(copy.rows())
    assert (3, 5, 6, 0, 0, 3 + 5 + 6 + 6) == counted(files_below(copy.place.folder))


def test_delete_files_of_one_name_in_two_folders_stay_two(travels: Travels) -> None:
    """TestNestedDirectoryStructurePreservation."""
    source = table_of(travels, Made(2), 2)
    made.deletes_of_one_name(source)

    copy = restored(source)

    found = sorted(
        one.partition("/data/")[2] for one in files_below(copy.place.folder) if "delete_0_0_0" in one
    )
    assert ["hash1/delete_0_0_0.parquet", "hash2/delete_0_0_0.parquet"] == found
    assert [] == copy.rows()
