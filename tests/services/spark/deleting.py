"""Tables whose rows were deleted without rewriting their data files."""

from tests.services.spark.hands import Hands
from tests.services.spark.tables import LiveTable

MERGE_ON_READ = ",".join(f"'write.{kind}.mode'='merge-on-read'" for kind in ("delete", "update", "merge"))


def _two_cities(table: LiveTable, properties: str, version: int = 2) -> None:
    """Eight rows in two partitions and four data files."""
    table.do(
        "CREATE TABLE {t} (id int, city string, amount double) USING iceberg PARTITIONED BY (city) "
        f"TBLPROPERTIES ('format-version'='{version}',{MERGE_ON_READ}{properties})",
        "INSERT INTO {t} VALUES (1,'Ulm',1.5),(2,'Paris',2.5),(3,'Ulm',3.5),(4,'Paris',4.5)",
        "INSERT INTO {t} VALUES (5,'Ulm',5.5),(6,'Paris',6.5),(7,'Ulm',7.5),(8,'Paris',8.5)",
    )


def _deleted_updated_merged(table: LiveTable) -> None:
    table.do(
        "DELETE FROM {t} WHERE id IN (1, 6)",
        "UPDATE {t} SET amount = -amount WHERE id = 3",
        "MERGE INTO {t} USING (SELECT * FROM VALUES (4, 'Paris', 0.0D), (9, 'Kyiv', 9.5D) AS s(id, city, amount)) s "
        "ON {t}.id = s.id WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT *",
    )


def of_a_file_each(table: LiveTable) -> None:
    """Position deletes, one delete file for each data file: bounds are one path, ``referenced_data_file`` is set."""
    _two_cities(table, ",'write.delete.granularity'='file'")
    _deleted_updated_merged(table)


def of_a_partition_each(table: LiveTable) -> None:
    """Position deletes, one delete file for many data files: bounds span several paths."""
    _two_cities(table, ",'write.delete.granularity'='partition'")
    _deleted_updated_merged(table)


def in_avro(table: LiveTable) -> None:
    """Position deletes in Avro files."""
    _two_cities(table, ",'write.delete.format.default'='avro','write.delete.granularity'='partition'")
    _deleted_updated_merged(table)


def in_orc(table: LiveTable) -> None:
    """Position deletes in ORC files."""
    _two_cities(table, ",'write.delete.format.default'='orc'")
    _deleted_updated_merged(table)


def compacted(table: LiveTable) -> None:
    """Position delete files merged into new ones: the old ones' entries are dead, their files gone."""
    _two_cities(table, ",'write.delete.granularity'='partition'")
    table.do("DELETE FROM {t} WHERE id = 1", "DELETE FROM {t} WHERE id = 5", "DELETE FROM {t} WHERE id = 2")
    table.call("rewrite_position_delete_files", options="map('rewrite-all','true')")
    newest = table.snapshots()[-1]
    table.call("expire_snapshots", older_than="TIMESTAMP '2999-01-01 00:00:00'", retain_last="1")
    assert [newest] == table.snapshots()


def vectors(table: LiveTable) -> None:
    """Deletion vectors; one statement's vectors share a Puffin file."""
    _two_cities(table, "", version=3)
    table.do("DELETE FROM {t} WHERE city = 'Ulm' AND id < 7")
    _deleted_updated_merged(table)


def vectors_in_one_file(table: LiveTable) -> None:
    """Four data files, four deletion vectors, one Puffin file."""
    _two_cities(table, "", version=3)
    hands = Hands(table)
    hands.commit_vectors({path: [0] for path in hands.data_files()})


def vectors_over_old_deletes(table: LiveTable) -> None:
    """Written as v1, deleted from as v2, then as v3: old position deletes and deletion vectors together."""
    table.do(
        "CREATE TABLE {t} (id int, city string, amount double) USING iceberg "
        f"TBLPROPERTIES ('format-version'='1',{MERGE_ON_READ})",
        "INSERT INTO {t} VALUES (1,'Ulm',1.5),(2,'Paris',2.5),(3,'Ulm',3.5),(4,'Paris',4.5)",
        "ALTER TABLE {t} SET TBLPROPERTIES ('format-version'='2')",
        "INSERT INTO {t} VALUES (5,'Ulm',5.5),(6,'Paris',6.5),(7,'Ulm',7.5),(8,'Paris',8.5)",
        "DELETE FROM {t} WHERE id IN (1, 8)",
        "ALTER TABLE {t} SET TBLPROPERTIES ('format-version'='3')",
        "DELETE FROM {t} WHERE id = 5",
        "INSERT INTO {t} VALUES (9,'Kyiv',9.5),(10,'Kyiv',10.5)",
        "DELETE FROM {t} WHERE id = 10",
    )


def equal(table: LiveTable) -> None:
    """Equality deletes, one within a partition, and rows that came back after they were deleted."""
    _two_cities(table, "")
    hands = Hands(table)
    hands.commit_equality_deletes([{"id": 3, "city": "Ulm"}, {"id": 5, "city": "Ulm"}], partition="city=Ulm")
    table.do("INSERT INTO {t} VALUES (3,'Ulm',33.5)")


def equal_everywhere(table: LiveTable) -> None:
    """An equality delete of an unpartitioned table, by a text; rows that came later stay."""
    table.do(
        "CREATE TABLE {t} (id int, city string, code string) USING iceberg TBLPROPERTIES ('format-version'='2')",
        "INSERT INTO {t} VALUES (1,'Ulm','a'),(2,'Paris','b')",
        "INSERT INTO {t} VALUES (3,'Ulm','a'),(4,'Kyiv','c')",
    )
    Hands(table).commit_equality_deletes([{"code": "a"}])
    table.do("INSERT INTO {t} VALUES (5,'Ulm','a')")


def equal_after_compaction(table: LiveTable) -> None:
    """Data files compacted while an equality delete was committed.

    Only their explicit, older sequence number lets the delete apply to them: the case that rewrite_table_path loses.
    """
    table.do(
        "CREATE TABLE {t} (id int, city string) USING iceberg TBLPROPERTIES ('format-version'='2')",
        "INSERT INTO {t} VALUES (1,'Ulm'),(2,'Paris'),(3,'Kyiv')",
        "INSERT INTO {t} VALUES (4,'Ulm'),(5,'Paris')",
    )
    hands = Hands(table)
    started_from = table.snapshots()[-1]
    rows = [{"id": id_, "city": city} for id_, city in table.rows()]
    hands.commit_equality_deletes([{"id": 2}, {"id": 4}])
    hands.commit_compaction(rows, since=started_from)


def equal_then_compacted(table: LiveTable) -> None:
    """Equality deletes that a compaction has applied; they stay as delete files until they are expired."""
    _two_cities(table, "")
    Hands(table).commit_equality_deletes([{"id": 3, "city": "Ulm"}], partition="city=Ulm")
    table.call("rewrite_data_files", options="map('rewrite-all','true')")


def shared(table: LiveTable) -> None:
    """The same position delete file committed twice: two manifests name one file."""
    _two_cities(table, "")
    hands = Hands(table)
    first = hands.data_files("city=Ulm")[0]
    delete = hands.position_delete_file([(first, 0)], partition="city=Ulm")
    hands.commit_deletes(delete)
    hands.commit_deletes(delete)


def with_rows(table: LiveTable) -> None:
    """A position delete file of old that also holds the deleted rows (column ``row``)."""
    table.do(
        "CREATE TABLE {t} (id int, city string) USING iceberg TBLPROPERTIES ('format-version'='2')",
        "INSERT INTO {t} VALUES (1,'Ulm'),(2,'Paris'),(3,'Kyiv')",
    )
    hands = Hands(table)
    rows = [{"id": 1, "city": "Ulm"}]
    hands.commit_deletes(hands.position_delete_file([(hands.data_files()[0], 0)], rows=rows))
