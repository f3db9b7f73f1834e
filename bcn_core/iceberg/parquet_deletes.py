"""Position delete files in Parquet: the path column rewritten, row group by row group, all else kept.

Field ids, footer entries, codecs, row groups and the deprecated ``row`` column stay. The file is encoded anew, so its
pages differ from what the first writer made of the same values.
"""

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bcn_core.errors import InvalidTableFile, UnsupportedFormat
from bcn_core.iceberg.arrow_deletes import column_of, distinct_paths, in_order, told, with_new_paths
from bcn_core.iceberg.bounds import PATH_COLUMN, POSITION_COLUMN
from bcn_core.iceberg.delete_paths import DeletePaths

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

PARQUET_MAGIC = b"PAR1"
ENCRYPTED_PARQUET = b"PARE"

_FIELD_ID = b"PARQUET:field_id"
_ARROW_SCHEMA = b"ARROW:schema"


def open_parquet(data: bytes, location: str) -> "pq.ParquetFile":
    """Open a Parquet file.

    Raises:
        InvalidTableFile: it is damaged.
        UnsupportedFormat: it is encrypted.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if data.startswith(ENCRYPTED_PARQUET) or data.endswith(ENCRYPTED_PARQUET):
        raise UnsupportedFormat(f"{location} is encrypted, so its paths cannot be rewritten")
    try:
        return pq.ParquetFile(pa.BufferReader(data))
    except (pa.ArrowException, OSError) as error:
        raise InvalidTableFile(f"{location} is not a whole Parquet file: {error}") from error


def parquet_paths(data: bytes, location: str) -> set[str]:
    """The data files that a position delete file in Parquet is for; errors as for :func:`relocate_parquet`."""
    file = open_parquet(data, location)
    with told(location, "Parquet"):
        return {path for group in _path_groups(file) for path in group}


def relocate_parquet(data: bytes, location: str, paths: DeletePaths) -> bytes:
    """Rewrite the paths of a position delete file; the input itself when none changes.

    Raises:
        InvalidTableFile: the file is damaged or holds no position deletes.
        UnsupportedFormat: it is encrypted.
    """
    file = open_parquet(data, location)
    with told(location, "Parquet"):
        for group in _path_groups(file):
            paths.add(group)
        return _written(file, paths) if paths.changed else data


def _path_groups(file: "pq.ParquetFile") -> Iterator[list[str]]:
    index = column_of(file.schema_arrow, _FIELD_ID, PATH_COLUMN, "file_path")
    name = file.schema_arrow.names[index]
    for group in range(file.num_row_groups):
        yield distinct_paths(file.read_row_group(group, columns=[name], use_threads=False).column(0))


def _written(file: "pq.ParquetFile", paths: DeletePaths) -> bytes:
    import pyarrow.parquet as pq

    target = io.BytesIO()
    schema = file.schema_arrow.remove_metadata()
    with pq.ParquetWriter(target, schema, store_schema=False, **_manner(file)) as writer:
        # The Arrow schema would be told apart from the Parquet one, which alone counts here.
        writer.add_key_value_metadata(
            {key: value for key, value in (file.metadata.metadata or {}).items() if key != _ARROW_SCHEMA}
        )
        for table in _tables(file, paths):
            writer.write_table(table.cast(schema), row_group_size=max(1, table.num_rows))
    return target.getvalue()


def _tables(file: "pq.ParquetFile", paths: DeletePaths) -> Iterator["pa.Table"]:
    """The row groups with new paths, each by itself unless the new paths sort otherwise than the old ones."""
    schema = file.schema_arrow
    path = column_of(schema, _FIELD_ID, PATH_COLUMN, "file_path")
    position = column_of(schema, _FIELD_ID, POSITION_COLUMN, "pos")
    if paths.keeps_order:
        for group in range(file.num_row_groups):
            yield with_new_paths(file.read_row_group(group, use_threads=False), path, paths)
        return
    whole = in_order(with_new_paths(file.read(), path, paths), path, position)
    rows = max(file.metadata.row_group(group).num_rows for group in range(file.num_row_groups))
    for start in range(0, whole.num_rows, max(1, rows)):
        yield whole.slice(start, rows)


def _manner(file: "pq.ParquetFile") -> dict[str, Any]:
    """How the first writer packed the file; there is a row group, else there would be no path to change."""
    group = file.metadata.row_group(0)
    columns = [group.column(number) for number in range(group.num_columns)]
    return {
        "compression": {column.path_in_schema: _codec(column.compression) for column in columns},
        "write_page_index": all(column.has_column_index for column in columns),
        "sorting_columns": group.sorting_columns or None,
        # Else lists would get other names for their elements than the file has.
        "use_compliant_nested_type": False,
        "store_decimal_as_integer": any(_is_integer_decimal(file, column) for column in columns),
    }


def _codec(name: str) -> str:
    return {"UNCOMPRESSED": "none", "LZ4_RAW": "lz4"}.get(name, name.lower())


def _is_integer_decimal(file: "pq.ParquetFile", column: Any) -> bool:
    if column.physical_type not in {"INT32", "INT64"}:
        return False
    names = {
        leaf.path: leaf.logical_type.type
        for leaf in (file.schema.column(at) for at in range(len(file.schema)))
    }
    return names.get(column.path_in_schema) == "DECIMAL"
