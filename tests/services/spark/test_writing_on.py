"""After a restore the copy is a table like any other: Spark writes on, maintains it and drops it.

The source still lies beside it, and not one of its files is touched.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.services.spark import deleting, evolving, placing
from tests.services.spark.evolving import FAR_AHEAD
from tests.services.spark.journeys import Travels
from tests.services.spark.readers import metadata, path_of
from tests.services.spark.subjects import Write
from tests.services.spark.tables import LiveTable
from tests.warehouse.readers import Rows

LONG_AGO = 1_000_000_000
Work = Callable[[LiveTable], None]
WRITES: tuple[Write, ...] = (
    deleting.of_a_partition_each,
    deleting.vectors,
    deleting.equal_after_compaction,
    evolving.from_v1_to_v3,
    evolving.with_statistics,
    evolving.maintained,
    placing.scattered_elsewhere,
    placing.in_two_places,
    placing.imported,
)
KINDS = pytest.mark.parametrize("write", WRITES, ids=lambda write: write.__name__)


class Beside:
    """A source and its copy, and what the source's files were before anything was done to the copy."""

    def __init__(self, travels: Travels, write: Write) -> None:
        self.source, self.copy = travels.beside(write)
        self.files = digests(self.source.place.folder)

    def untouched(self) -> bool:
        """Whether every file of the source is there, with its bytes, and none is new."""
        return self.files == digests(self.source.place.folder)


def digests(folder: Path) -> dict[str, str]:
    found = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.name != "catalog.db"]


def ids(rows: Rows) -> list[int]:
    return sorted(row[0] for row in rows)


@KINDS
def test_writers_go_on_with_the_copy_and_leave_the_source_alone(travels: Travels, write: Write) -> None:
    beside = Beside(travels, write)
    copy, before = beside.copy, ids(beside.copy.rows())
    columns = [row[0] for row in copy.ask("DESCRIBE {t}") if row[0] and not row[0].startswith("#")]
    extra = ["NULL"] * (len(dict.fromkeys(columns)) - 1)

    copy.do(
        f"INSERT INTO {{t}} SELECT {', '.join(['1001', *extra])}",
        "UPDATE {t} SET id = 1002 WHERE id = 1001",
        "ALTER TABLE {t} ADD COLUMN later string",
        "MERGE INTO {t} USING (SELECT 1002 AS id) s ON {t}.id = s.id WHEN MATCHED THEN UPDATE SET later = 'merged'",
        f"DELETE FROM {{t}} WHERE id = {before[0]}",
    )

    assert [*before[1:], 1002] == ids(copy.rows())
    assert [(1002, "merged")] == copy.ask("SELECT id, later FROM {t} WHERE later IS NOT NULL")
    assert beside.untouched()


@KINDS
def test_everything_new_is_written_below_the_copys_own_place(travels: Travels, write: Write) -> None:
    beside = Beside(travels, write)
    old = beside.copy.metadata_location
    first = ids(beside.copy.rows())[0]

    beside.copy.do(f"DELETE FROM {{t}} WHERE id = {first}")

    place = beside.copy.place.folder
    files = [row[0] for row in beside.copy.ask("SELECT file_path FROM {t}.all_files")]
    assert old != beside.copy.metadata_location
    assert [] == [
        one for one in [beside.copy.metadata_location, *files] if not path_of(one).is_relative_to(place)
    ]


def expired(copy: LiveTable) -> None:
    copy.call("expire_snapshots", older_than=FAR_AHEAD, retain_last="1")


def swept(copy: LiveTable) -> None:
    """Iceberg sweeps no files of the last day, so the copy's are made older, and one is planted for it to find."""
    orphan = path_of(copy.java().location()) / "data" / "orphan.parquet"
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_bytes(b"")
    for path in below(copy.place.folder):
        os.utime(path, (LONG_AGO, LONG_AGO))
    copy.call("remove_orphan_files", older_than="TIMESTAMP '2020-01-01 00:00:00'")
    assert not orphan.exists()


def compacted(copy: LiveTable) -> None:
    copy.call("rewrite_data_files", options="map('rewrite-all','true')")
    copy.call("rewrite_manifests")
    copy.call("rewrite_position_delete_files", options="map('rewrite-all','true')")
    expired(copy)


@KINDS
@pytest.mark.parametrize("work", [expired, swept, compacted], ids=lambda work: work.__name__)
def test_maintenance_of_the_copy_keeps_its_rows_and_the_source(
    travels: Travels, write: Write, work: Work
) -> None:
    beside = Beside(travels, write)
    before = beside.copy.rows()

    work(beside.copy)

    assert before == beside.copy.rows()
    assert beside.untouched()


@KINDS
def test_a_purged_copy_leaves_nothing_of_itself_and_all_of_the_source(travels: Travels, write: Write) -> None:
    beside = Beside(travels, write)
    before = beside.source.history()

    beside.copy.do("DROP TABLE {t} PURGE")

    assert [] == below(beside.copy.place.folder)
    assert beside.untouched()
    assert before == beside.source.history()


def test_old_metadata_files_are_deleted_on_the_copy_alone(travels: Travels) -> None:
    beside = Beside(travels, evolving.plain_table)
    copy = beside.copy
    kept = "'write.metadata.delete-after-commit.enabled'='true','write.metadata.previous-versions-max'='1'"
    inherited = len(metadata(copy.metadata_location)["metadata-log"])

    copy.do(f"ALTER TABLE {{t}} SET TBLPROPERTIES ({kept})", "INSERT INTO {t} VALUES (8,'Bonn')")

    assert inherited > 1
    assert 1 == len(metadata(copy.metadata_location)["metadata-log"])
    assert beside.untouched()


def test_a_purged_source_leaves_the_copy_whole(travels: Travels) -> None:
    beside = Beside(travels, deleting.of_a_file_each)
    before = beside.copy.history()
    del travels.stays[deleting.of_a_file_each]

    beside.source.do("DROP TABLE {t} PURGE")

    assert before == beside.copy.history()
