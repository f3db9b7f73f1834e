"""All tables that Spark writes for these tests, and which readers can read each."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.services.spark import deleting, evolving, placing, readers
from tests.services.spark.readers import Reader
from tests.services.spark.tables import LiveTable

Write = Callable[[LiveTable], None]


@dataclass(frozen=True, slots=True)
class Subject:
    """A kind of table, and who besides Spark can read it."""

    write: Write
    readers: tuple[Reader, ...] = (readers.duckdb, readers.pyiceberg, readers.rust)

    @property
    def name(self) -> str:
        """The table's name."""
        return self.write.__name__


def _read_by(write: Write, *others: Reader) -> Subject:
    return Subject(write, others)


SUBJECTS = (
    Subject(deleting.of_a_file_each),
    Subject(deleting.of_a_partition_each),
    # Neither DuckDB, PyIceberg nor iceberg-rust read delete files or data files in Avro.
    _read_by(deleting.in_avro),
    _read_by(deleting.in_orc, readers.pyiceberg),
    Subject(deleting.compacted),
    Subject(deleting.vectors),
    Subject(deleting.vectors_in_one_file),
    # iceberg-rust refuses v3 metadata with snapshots of v1.
    _read_by(deleting.vectors_over_old_deletes, readers.duckdb, readers.pyiceberg),
    # PyIceberg refuses tables with equality deletes.
    _read_by(deleting.equal, readers.duckdb, readers.rust),
    _read_by(deleting.equal_everywhere, readers.duckdb, readers.rust),
    _read_by(deleting.equal_after_compaction, readers.duckdb, readers.rust),
    _read_by(deleting.equal_then_compacted, readers.duckdb, readers.rust),
    Subject(deleting.shared),
    Subject(deleting.with_rows),
    Subject(evolving.plain_table),
    Subject(evolving.never_written),
    Subject(evolving.of_v1),
    _read_by(evolving.from_v1_to_v3, readers.duckdb, readers.pyiceberg),
    Subject(evolving.with_lineage),
    Subject(evolving.with_refs),
    Subject(evolving.with_staged_writes),
    Subject(evolving.with_statistics),
    Subject(evolving.maintained),
    Subject(evolving.rolled_back),
    # iceberg-rust needs the columns of the current partition spec in an older schema, too.
    _read_by(evolving.replaced, readers.duckdb, readers.pyiceberg),
    Subject(evolving.repartitioned),
    Subject(evolving.evolved),
    # iceberg-rust does not add a field to a struct of an older file.
    _read_by(evolving.nested, readers.duckdb, readers.pyiceberg),
    Subject(evolving.with_defaults),
    # Variants come back as values of another type from each reader that knows them.
    _read_by(evolving.with_variants),
    # Java alone still reads snapshots without a manifest list.
    _read_by(evolving.without_manifest_lists),
    Subject(placing.scattered),
    Subject(placing.scattered_elsewhere),
    Subject(placing.in_two_places),
    Subject(placing.across_places),
    Subject(placing.compressed),
    _read_by(placing.of_avro),
    _read_by(placing.of_orc, readers.pyiceberg),
    Subject(placing.oddly_named),
    Subject(placing.imported),
    Subject(placing.of_a_hadoop_catalog),
)


def subject(write: Write) -> Subject:
    """The subject of a kind of table."""
    return next(one for one in SUBJECTS if one.write is write)
