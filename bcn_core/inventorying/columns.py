"""The columns of the three tables: names, types, meanings, and the order in which rows lie in files."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl
    from pyiceberg.schema import Schema


@dataclass(frozen=True, slots=True)
class Column:
    """A column: ``kind`` is Iceberg's name of its type."""

    name: str
    kind: str
    meaning: str


_DAY = "UTC day of `{}`; the tables are partitioned by it."
COLUMNS: dict[str, tuple[Column, ...]] = {
    "pits": (
        Column("day", "date", _DAY.format("pit")),
        Column("pit", "string", "Id of the PIT: its instant, so that order by text is order in time."),
        Column("pit_timestamp", "timestamptz", "The instant that the PIT is of."),
        Column("captured_at", "timestamptz", "When it was published."),
        Column("status", "string", "complete, or partial."),
        Column("parent_pit", "string", "The PIT that it stands on; null for the first."),
        Column("databases", "long", "How many databases it holds."),
        Column("tables", "long", "How many tables it holds."),
        Column("captured", "long", "Tables that this PIT captured."),
        Column("unchanged", "long", "Tables that stand on an earlier capture, unchanged."),
        Column("carried", "long", "Tables that stand on an earlier capture though they changed."),
        Column("deleted", "long", "Tables that the source lost since the parent."),
        Column("failed", "long", "Tables that could not be captured."),
        Column("files", "long", "Files that all of its tables need."),
        Column("files_new", "long", "Files that this PIT copied."),
        Column("bytes", "long", "Size of all files that it needs."),
        Column("bytes_new", "long", "Size of what it copied."),
        Column("manifest_key", "string", "The PIT manifest in the repository."),
        Column("digest", "string", "Digest of the PIT manifest, as it says itself."),
    ),
    "tables": (
        Column("day", "date", _DAY.format("pit")),
        Column("pit", "string", "The PIT."),
        Column("database", "string", "The table's database, as it was called then."),
        Column("table_name", "string", "Its name there."),
        Column("table_id", "string", "The Iceberg UUID; the folder in the repository where there is none."),
        Column("status", "string", "ACTIVE, UNCHANGED or CARRIED."),
        Column("capture", "string", "Folder of the capture in the repository."),
        Column("capture_pit", "string", "The PIT that captured this state."),
        Column("pointer", "string", "The metadata file that the catalog named."),
        Column("format_version", "int", "Iceberg format version."),
        Column("schema_id", "int", "Current schema."),
        Column("snapshot_id", "long", "Current snapshot; null for a table without any."),
        Column("last_updated", "timestamptz", "When the table's own writer last wrote it."),
        Column("rows", "long", "Rows, as the table's writer counted."),
        Column("files", "long", "Files that the table needs at this PIT."),
        Column("bytes", "long", "Their size."),
        Column("damaged", "boolean", "Whether snapshots of it cannot be restored."),
    ),
    "objects": (
        Column("day", "date", _DAY.format("first_pit")),
        Column("key", "string", "The object in the repository."),
        Column("source_path", "string", "Where the file lay at the source."),
        Column("kind", "string", "data, manifest, metadata, position-deletes and so on."),
        Column("size", "long", "Bytes."),
        Column("sha256", "string", "Of its bytes, in hexadecimal."),
        Column("record_count", "long", "Rows of a data or delete file, entries of a manifest."),
        Column("partition", "string", "`city=Ulm/day=2026-11-20`; null where there is none."),
        Column("lower_bounds", "string", "JSON: the least value by column, as its writer recorded."),
        Column("upper_bounds", "string", "JSON: the greatest."),
        Column("snapshot_id", "long", "The snapshot of the source that added the file."),
        Column("sequence_number", "long", "Its data sequence number."),
        Column("database", "string", "The table's database when the file was first held."),
        Column("table_name", "string", "Its name then."),
        Column("table_id", "string", "The same as in `tables`."),
        Column("stored_by", "string", "The PIT that copied it."),
        Column("first_pit", "string", "The first of the PITs in a row that hold it."),
        Column("last_pit", "string", "The last of them; null while the newest PIT holds it."),
    ),
}
SORTED_BY: dict[str, tuple[str, ...]] = {
    "pits": ("day", "pit"),
    "tables": ("day", "database", "table_name", "pit"),
    "objects": ("day", "database", "table_name", "kind", "source_path", "first_pit"),
}


def iceberg_schema(table: str) -> "Schema":
    """The table's schema; field ids count from 1, in the order of the columns."""
    from pyiceberg.schema import Schema
    from pyiceberg.types import NestedField

    return Schema(
        *(
            NestedField(field_id=number, name=one.name, type=one.kind, required=False, doc=one.meaning)
            for number, one in enumerate(COLUMNS[table], 1)
        )
    )


def frame_schema(table: str) -> "dict[str, pl.DataType | type[pl.DataType]]":
    """The columns as Polars has them."""
    import polars as pl

    kinds: dict[str, Any] = {
        "string": pl.String,
        "long": pl.Int64,
        "int": pl.Int32,
        "boolean": pl.Boolean,
        "date": pl.Date,
        "timestamptz": pl.Datetime("us", "UTC"),
    }
    return {one.name: kinds[one.kind] for one in COLUMNS[table]}
