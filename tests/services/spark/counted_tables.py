"""The tables of the cases by which Iceberg tests rewrite_table_path (TestRewriteTablePathsAction), made anew.

Each makes the same snapshots that its namesake makes; ``start`` makes the table with two appends.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tests.services.spark.evolving import FAR_AHEAD
from tests.services.spark.hands import Hands
from tests.services.spark.tables import LiveTable

Step = Callable[[LiveTable], None]


@dataclass(frozen=True, slots=True)
class Made:
    """A table of a format version, made by steps."""

    version: int
    properties: str = ""

    def create(self, table: LiveTable, appends: int = 2) -> None:
        """Make the table, with one row in each append."""
        listed = f"'format-version'='{self.version}'{self.properties}"
        table.do(f"CREATE TABLE {{t}} (c1 int, c2 string, c3 string) USING iceberg TBLPROPERTIES ({listed})")
        append(table, appends)


def append(table: LiveTable, times: int = 1) -> None:
    """Append the row that all of Iceberg's cases append, each time into a file of its own."""
    for _ in range(times):
        table.do("INSERT INTO {t} VALUES (1, 'AAAAAAAAAA', 'AAAA')")


def nothing(table: LiveTable) -> None:
    """As it is."""


def data_file_deleted(table: LiveTable) -> None:
    """TestDeleteDataFile."""
    delete = table.java().newDelete()
    delete.deleteFile(Hands(table).data_files()[0])
    delete.commit()


def positions_deleted(table: LiveTable) -> None:
    """testPositionDeletesParquet; deletion vectors on v3."""
    Hands(table).commit_positions({Hands(table).data_files()[0]: [0]})


def positions_deleted_with_rows(table: LiveTable) -> None:
    """testPositionDeleteWithRow; deletion vectors, which hold no rows, on v3."""
    hands = Hands(table)
    if hands.has_vectors:
        positions_deleted(table)
        return
    rows = [{"c1": 1, "c2": "AAAAAAAAAA", "c3": "AAAA"}]
    hands.commit_deletes(hands.position_delete_file([(hands.data_files()[0], 0)], rows=rows))


def positions_deleted_across_files(table: LiveTable) -> None:
    """testPositionDeletesAcrossFiles, and testSharedPuffinDeleteFileSizeAfterRewrite on v3: one file for two."""
    Hands(table).commit_positions({path: [0] for path in Hands(table).data_files()})


def equality_deleted(table: LiveTable) -> None:
    """TestEqualityDeletes."""
    Hands(table).commit_equality_deletes([{"c2": "AAAAAAAAAA"}, {"c2": "CCCCCCCCCC"}])


def first_expired(table: LiveTable) -> None:
    """testExpireSnapshotBeforeRewrite, testMoveTheVersionExpireSnapshot."""
    table.call(
        "expire_snapshots",
        older_than=FAR_AHEAD,
        snapshot_ids=f"array({table.snapshots()[0]})",
        retain_last="5",
    )


def appended_and_expired(table: LiveTable) -> None:
    """testStartSnapshotWithoutValidSnapshot: the second snapshot came and the first went between two copies."""
    append(table)
    first_expired(table)


def overwritten_and_expired(table: LiveTable) -> None:
    """testRewritePathWithNonLiveEntry: overwritten three times, the oldest snapshot and its file gone."""
    for _ in range(3):
        table.do("INSERT OVERWRITE {t} VALUES (1, 'AAAAAAAAAA', 'AAAA')")
    first_expired(table)


def rolled_back(table: LiveTable) -> None:
    """TestRollBack."""
    first, second = table.snapshots()
    table.call("set_current_snapshot", snapshot_id=str(first))
    append(table)
    table.call("set_current_snapshot", snapshot_id=str(second))


def staged(table: LiveTable) -> None:
    """TestWriteAuditPublish."""
    table.do("ALTER TABLE {t} SET TBLPROPERTIES ('write.wap.enabled'='true')")
    with table.setting("spark.wap.id", "1"):
        append(table)


def column_added(table: LiveTable) -> None:
    """TestSchemaChange."""
    table.do("ALTER TABLE {t} ADD COLUMN c4 string")


def manifests_rewritten(table: LiveTable) -> None:
    """TestManifestRewriteAndIncrementalCopy."""
    table.call("rewrite_manifests")


def statistics_made(table: LiveTable) -> None:
    """testTableWithManyStatisticFiles, with three instead of ten."""
    for _ in range(3):
        append(table)
        table.call("compute_table_stats")


def partition_statistics_made(table: LiveTable) -> None:
    """testTableWithManyPartitionStatisticFile, with three instead of ten."""
    table.do("ALTER TABLE {t} ADD PARTITION FIELD c1")
    for _ in range(3):
        append(table)
        table.call("compute_partition_stats")


def metadata_moved(table: LiveTable) -> None:
    """testMetadataLocationChange: one append, then one whose metadata lies elsewhere below the table."""
    append(table)
    table.do(
        f"ALTER TABLE {{t}} SET TBLPROPERTIES ('write.metadata.path'='{table.location}/new-metadata-dir')"
    )
    append(table)


def rows_deleted(table: LiveTable) -> None:
    """testDeleteFrom: rows deleted by a statement, merge on read."""
    table.do(
        "INSERT INTO {t} VALUES (1,'A','A'),(2,'A','A'),(3,'A','A')",
        "ALTER TABLE {t} SET TBLPROPERTIES ('write.delete.mode'='merge-on-read')",
        "DELETE FROM {t} WHERE c1 = 1",
    )


def deletes_of_one_name(table: LiveTable) -> None:
    """testNestedDirectoryStructurePreservation: two delete files that differ in their folder alone."""
    hands = Hands(table)
    for folder, path in zip(("hash1", "hash2"), hands.data_files(), strict=True):
        place = f"{table.location}/data/{folder}/delete_0_0_0.parquet"
        hands.commit_deletes(hands.position_delete_file([(path, 0)], place=place))
