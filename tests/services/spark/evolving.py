"""Tables whose versions, schemas, partitions, refs or histories changed."""

from tests.services.spark.hands import Hands
from tests.services.spark.tables import LiveTable

FAR_AHEAD = "TIMESTAMP '2999-01-01 00:00:00'"


def plain_table(table: LiveTable) -> None:
    """Two appends and nothing else."""
    table.do(
        "CREATE TABLE {t} (id int, city string) USING iceberg",
        "INSERT INTO {t} VALUES (1,'Ulm'),(2,'Paris')",
        "INSERT INTO {t} VALUES (3,'Kyiv')",
    )


def never_written(table: LiveTable) -> None:
    """No snapshot at all."""
    table.do("CREATE TABLE {t} (id int, city string) USING iceberg")


def of_v1(table: LiveTable) -> None:
    """Format v1, with a file rewritten by a delete."""
    table.do(
        "CREATE TABLE {t} (id int, city string) USING iceberg TBLPROPERTIES ('format-version'='1')",
        "INSERT INTO {t} VALUES (1,'Ulm'),(2,'Paris'),(3,'Kyiv')",
        "DELETE FROM {t} WHERE id = 2",
    )


def from_v1_to_v3(table: LiveTable) -> None:
    """Written as v1, as v2 and as v3; rows from before the upgrade get row ids with the next commit."""
    table.do(
        "CREATE TABLE {t} (id int, city string) USING iceberg TBLPROPERTIES ('format-version'='1')",
        "INSERT INTO {t} VALUES (1,'Ulm'),(2,'Paris')",
        "ALTER TABLE {t} SET TBLPROPERTIES ('format-version'='2')",
        "INSERT INTO {t} VALUES (3,'Kyiv')",
        "ALTER TABLE {t} SET TBLPROPERTIES ('format-version'='3')",
        "INSERT INTO {t} VALUES (4,'Ulm')",
        "UPDATE {t} SET city = 'Lviv' WHERE id = 3",
    )


def with_lineage(table: LiveTable) -> None:
    """v3: row ids survive an update, a merge and a compaction."""
    table.do(
        "CREATE TABLE {t} (id int, city string) USING iceberg TBLPROPERTIES ('format-version'='3')",
        "INSERT INTO {t} VALUES (1,'Ulm'),(2,'Paris')",
        "INSERT INTO {t} VALUES (3,'Kyiv'),(4,'Ulm')",
        "UPDATE {t} SET city = 'Lyon' WHERE id = 2",
        "MERGE INTO {t} USING (SELECT 4 AS id UNION ALL SELECT 5) s ON {t}.id = s.id "
        "WHEN MATCHED THEN UPDATE SET city = 'Bonn' WHEN NOT MATCHED THEN INSERT (id, city) VALUES (s.id, 'Rome')",
    )
    table.call("rewrite_data_files", options="map('rewrite-all','true')")
    table.do("INSERT INTO {t} VALUES (6,'Oslo')")


def with_refs(table: LiveTable) -> None:
    """A tag, a branch with snapshots of its own, and a branch that main was moved forward to."""
    table.do(
        "CREATE TABLE {t} (id int, city string) USING iceberg",
        "INSERT INTO {t} VALUES (1,'Ulm'),(2,'Paris')",
        "ALTER TABLE {t} CREATE TAG opening RETAIN 3650 DAYS",
        "INSERT INTO {t} VALUES (3,'Kyiv')",
        "ALTER TABLE {t} CREATE BRANCH audit WITH SNAPSHOT RETENTION 2 SNAPSHOTS",
        "INSERT INTO {t}.branch_audit VALUES (4,'Oslo')",
        "DELETE FROM {t}.branch_audit WHERE id = 1",
        "ALTER TABLE {t} CREATE BRANCH ahead",
        "INSERT INTO {t}.branch_ahead VALUES (5,'Rome')",
    )
    table.call("fast_forward", branch="'main'", to="'ahead'")


def with_staged_writes(table: LiveTable) -> None:
    """Write-audit-publish: one write is staged and published, another is still staged and no ref names it."""
    table.do(
        "CREATE TABLE {t} (id int, city string) USING iceberg TBLPROPERTIES ('write.wap.enabled'='true')",
        "INSERT INTO {t} VALUES (1,'Ulm')",
    )
    with table.setting("spark.wap.id", "published"):
        table.do("INSERT INTO {t} VALUES (2,'Paris')")
    table.do("INSERT INTO {t} VALUES (3,'Kyiv')")
    table.call("publish_changes", wap_id="'published'")
    with table.setting("spark.wap.id", "waiting"):
        table.do("INSERT INTO {t} VALUES (4,'Oslo')")


def with_statistics(table: LiveTable) -> None:
    """Statistics of two snapshots, and partition statistics."""
    table.do(
        "CREATE TABLE {t} (id int, city string) USING iceberg PARTITIONED BY (city)",
        "INSERT INTO {t} VALUES (1,'Ulm'),(2,'Paris')",
    )
    table.call("compute_table_stats")
    table.call("compute_partition_stats")
    table.do("INSERT INTO {t} VALUES (3,'Ulm')")
    table.call("compute_table_stats", columns="array('id')")
    table.call("compute_partition_stats")


def maintained(table: LiveTable) -> None:
    """Compacted, its manifests rewritten, its old snapshots expired: entries outlive the snapshots that added them."""
    table.do("CREATE TABLE {t} (id int, city string) USING iceberg PARTITIONED BY (city)")
    for number in range(3):
        table.do(f"INSERT INTO {{t}} VALUES ({number},'Ulm'),({number + 10},'Paris')")
    table.call("rewrite_manifests")
    table.call("expire_snapshots", older_than=FAR_AHEAD, retain_last="1")
    table.do("INSERT INTO {t} VALUES (20,'Kyiv')")
    table.call("rewrite_data_files", where="'city = \"Ulm\"'", options="map('rewrite-all','true')")


def rolled_back(table: LiveTable) -> None:
    """Rolled back, written to, and moved forward again to the snapshot that was rolled back."""
    plain_table(table)
    first, second = table.snapshots()
    table.call("rollback_to_snapshot", snapshot_id=str(first))
    table.do("INSERT INTO {t} VALUES (4,'Oslo')")
    table.call("set_current_snapshot", snapshot_id=str(second))


def replaced(table: LiveTable) -> None:
    """CREATE OR REPLACE with another schema: the UUID stays, old snapshots have the old schema."""
    plain_table(table)
    table.do(
        "CREATE OR REPLACE TABLE {t} USING iceberg PARTITIONED BY (bucket(4, town)) "
        "AS SELECT city AS town, id AS number FROM {t}",
        "INSERT OVERWRITE {t} SELECT town, number + 1 FROM {t}",
    )


def repartitioned(table: LiveTable) -> None:
    """Every kind of transform, specs that came and went, and partitions of times before 1970."""
    table.do(
        "CREATE TABLE {t} (id int, city string, at timestamp_ntz) USING iceberg PARTITIONED BY (days(at))",
        "INSERT INTO {t} VALUES (1,'Ulm',TIMESTAMP_NTZ '2026-01-02 03:04:05'),(2,'Paris',NULL)",
        "ALTER TABLE {t} ADD PARTITION FIELD bucket(4, id)",
        "INSERT INTO {t} VALUES (3,'Kyiv',TIMESTAMP_NTZ '1952-01-02 03:04:05.123456')",
        "ALTER TABLE {t} REPLACE PARTITION FIELD days(at) WITH months(at)",
        "ALTER TABLE {t} ADD PARTITION FIELD truncate(2, city)",
        "INSERT INTO {t} VALUES (4,'Oslo',TIMESTAMP_NTZ '0001-01-01 00:00:00')",
        "ALTER TABLE {t} DROP PARTITION FIELD bucket(4, id)",
        "INSERT INTO {t} VALUES (5,'Rome',TIMESTAMP_NTZ '9999-12-31 23:59:59')",
    )


def evolved(table: LiveTable) -> None:
    """Columns added, renamed, widened, moved and dropped between the writes."""
    plain_table(table)
    table.do(
        "ALTER TABLE {t} ADD COLUMN note string AFTER id",
        "INSERT INTO {t} VALUES (4,'new','Oslo')",
        "ALTER TABLE {t} RENAME COLUMN note TO remark",
        "ALTER TABLE {t} ALTER COLUMN id TYPE bigint",
        "INSERT INTO {t} VALUES (5000000000,'big','Rome')",
        "ALTER TABLE {t} DROP COLUMN city",
        "ALTER TABLE {t} WRITE ORDERED BY id DESC",
        "INSERT INTO {t} VALUES (6,'last'),(7,'very last')",
    )


def nested(table: LiveTable) -> None:
    """Structs, lists and maps within one another, decimals, dates, bytes, NaN, and evolution inside a struct."""
    table.do(
        "CREATE TABLE {t} (id int, place struct<name: string, at: struct<x: double, y: float>>, tags array<string>, "
        "counts map<string, array<int>>, price decimal(12,3), day date, raw binary) USING iceberg",
        "INSERT INTO {t} VALUES (1, named_struct('name','Ulm','at',named_struct('x',double('NaN'),'y',float(1.5))), "
        "array('a',NULL,'ü'), map('k',array(1,2)), 1234.567, DATE '2026-11-21', X'00ff'), "
        "(2, NULL, array(), map(), -0.001, DATE '1899-12-31', NULL)",
        "ALTER TABLE {t} ADD COLUMN place.land string",
        "INSERT INTO {t} VALUES "
        "(3, named_struct('name','Kyiv','at',NULL,'land','Україна'), NULL, NULL, NULL, NULL, X'')",
    )


def with_defaults(table: LiveTable) -> None:
    """v3: a column with an initial default, which old files do not hold."""
    plain_table(table)
    table.do("ALTER TABLE {t} SET TBLPROPERTIES ('format-version'='3')")
    iceberg = table.spark._jvm.org.apache.iceberg
    text = iceberg.types.Types.StringType.get()
    nowhere = iceberg.expressions.Literal.of("nowhere")
    table.java().updateSchema().addColumn("land", text, "where it lies", nowhere).commit()
    table.do("INSERT INTO {t} VALUES (9,'Oslo','Norway')")


def with_variants(table: LiveTable) -> None:
    """v3: values of any shape in one column."""
    table.do(
        "CREATE TABLE {t} (id int, what variant) USING iceberg TBLPROPERTIES ('format-version'='3')",
        """INSERT INTO {t} SELECT 1, parse_json('{"a": [1, "x", null]}')""",
        "INSERT INTO {t} SELECT 2, parse_json('7.5')",
    )


def without_manifest_lists(table: LiveTable) -> None:
    """A table of v1 as the first writers made it: its snapshots name their manifests themselves."""
    of_v1(table)
    Hands(table).embed_manifests()
