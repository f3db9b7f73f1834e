"""Tables whose files lie elsewhere, have other formats, or have odd names."""

from pathlib import Path

from tests.services.spark.deleting import MERGE_ON_READ
from tests.services.spark.tables import NAMESPACE, LiveTable


def _filled(table: LiveTable, properties: str = "", clauses: str = "") -> None:
    listed = f"TBLPROPERTIES ({properties})" if properties else ""
    table.do(
        f"CREATE TABLE {{t}} (id int, city string) USING iceberg {clauses} {listed}",
        "INSERT INTO {t} VALUES (1,'Ulm'),(2,'Paris')",
        "INSERT INTO {t} VALUES (3,'Kyiv')",
        "DELETE FROM {t} WHERE id = 1",
    )


def scattered(table: LiveTable) -> None:
    """Object storage layout: hashed folders."""
    _filled(table, "'write.object-storage.enabled'='true'", "PARTITIONED BY (city)")


def scattered_elsewhere(table: LiveTable) -> None:
    """Object storage layout below a data path of its own, with position deletes there."""
    place = f"file://{table.place.folder}/objects"
    _filled(table, f"'write.object-storage.enabled'='true','write.data.path'='{place}',{MERGE_ON_READ}")


def in_two_places(table: LiveTable) -> None:
    """Data and metadata below paths of their own; the table's location changed on the way."""
    elsewhere = f"file://{table.place.folder}/elsewhere"
    paths = f"'write.data.path'='{elsewhere}/data','write.metadata.path'='{elsewhere}/metadata'"
    _filled(table, f"{paths},{MERGE_ON_READ}")
    table.do(f"ALTER TABLE {{t}} SET LOCATION '{table.location}-moved'", "INSERT INTO {t} VALUES (4,'Oslo')")


def across_places(table: LiveTable) -> None:
    """One position delete file for data files of two places, which sort the other way round after a restore."""
    data = f"file://{table.place.folder}"
    _filled(table, f"'write.data.path'='{data}/z',{MERGE_ON_READ},'write.delete.granularity'='partition'")
    table.do(
        f"ALTER TABLE {{t}} SET TBLPROPERTIES ('write.data.path'='{data}/a')",
        "INSERT INTO {t} VALUES (4,'Oslo'),(5,'Rome')",
        "DELETE FROM {t} WHERE id IN (2, 4)",
    )


def compressed(table: LiveTable) -> None:
    """Gzip metadata files, ``.gz.metadata.json``."""
    _filled(table, "'write.metadata.compression-codec'='gzip'")


def of_avro(table: LiveTable) -> None:
    """Data and deletes in Avro files."""
    _filled(table, f"'write.format.default'='avro',{MERGE_ON_READ}")


def of_orc(table: LiveTable) -> None:
    """Data and deletes in ORC files."""
    _filled(table, f"'write.format.default'='orc',{MERGE_ON_READ}")


def oddly_named(table: LiveTable) -> None:
    """A location and partitions whose names need care in URLs."""
    odd = f"{table.location}/with space/50%25/ü"
    _filled(table, clauses=f"PARTITIONED BY (city) LOCATION '{odd}'")
    table.do("INSERT INTO {t} VALUES (4,'a b'),(5,'50%'),(6,'#?&='),(7,'漢字/x')")


def imported(table: LiveTable) -> None:
    """Files that plain Spark wrote, added where they are; a name mapping stands for the field ids that they lack."""
    landing = f"{table.place.folder}/landing"
    for day in (1, 2):
        table.ask(f"SELECT {day} AS id, 'Ulm' AS city")
        rows = table.spark.sql(f"SELECT {day} AS id, 'Ulm' AS city")
        rows.write.parquet(f"{landing}/day={day}")
    table.do("CREATE TABLE {t} (id int, city string, day int) USING iceberg PARTITIONED BY (day)")
    table.call("add_files", source_table=f"'`parquet`.`{landing}`'")
    table.do("INSERT INTO {t} VALUES (3,'Paris',3)")


def of_a_hadoop_catalog(table: LiveTable) -> None:
    """A table of a catalog of folders: its metadata files are ``v1.metadata.json`` and so on."""
    folder = Path(table.place.folder) / "hadoop"
    catalog = f"{table.place.name}_hadoop"
    for key, value in {
        "": "org.apache.iceberg.spark.SparkCatalog",
        ".type": "hadoop",
        ".warehouse": f"file://{folder}",
    }.items():
        table.spark.conf.set(f"spark.sql.catalog.{catalog}{key}", value)
    table.do(
        f"CREATE TABLE {catalog}.{NAMESPACE}.{table.name} (id int, city string) USING iceberg",
        f"INSERT INTO {catalog}.{NAMESPACE}.{table.name} VALUES (1,'Ulm'),(2,'Paris')",
    )
    newest = folder / NAMESPACE / table.name / "metadata" / "v2.metadata.json"
    table.call("register_table", metadata_file=f"'file://{newest}'")
