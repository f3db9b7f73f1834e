"""Position delete files in ORC: the path column rewritten, stripe by stripe, all else kept (relocation.md 1.4)."""

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bcn_core.iceberg.arrow_deletes import column_of, distinct_paths, in_order, told, with_new_paths
from bcn_core.iceberg.bounds import PATH_COLUMN, POSITION_COLUMN
from bcn_core.iceberg.delete_paths import DeletePaths
from bcn_core.iceberg.orc_footer import with_user_metadata

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow import orc

ORC_MAGIC = b"ORC"

_FIELD_ID = b"iceberg.id"


def orc_paths(data: bytes, location: str) -> set[str]:
    """The data files that a position delete file in ORC is for; errors as for :func:`relocate_orc`."""
    with told(location, "ORC"):
        return {path for stripe in _path_stripes(_open(data)) for path in stripe}


def relocate_orc(data: bytes, location: str, paths: DeletePaths) -> bytes:
    """Rewrite the paths of a position delete file; the input itself when none changes.

    Raises:
        InvalidTableFile: the file is damaged or holds no position deletes.
    """
    with told(location, "ORC"):
        file = _open(data)
        for stripe in _path_stripes(file):
            paths.add(stripe)
        return _written(file, paths) if paths.changed else data


def _open(data: bytes) -> "orc.ORCFile":
    import pyarrow as pa
    from pyarrow import orc

    return orc.ORCFile(pa.BufferReader(data))


def _path_stripes(file: "orc.ORCFile") -> Iterator[list[str]]:
    import pyarrow as pa

    index = column_of(file.schema, _FIELD_ID, PATH_COLUMN, "file_path")
    for stripe in range(file.nstripes):
        batch = file.read_stripe(stripe, columns=[file.schema.names[index]])
        yield distinct_paths(pa.chunked_array([batch.column(0)]))


def _written(file: "orc.ORCFile", paths: DeletePaths) -> bytes:
    from pyarrow import orc

    target = io.BytesIO()
    writer = orc.ORCWriter(
        target,
        compression=file.compression.lower(),
        compression_block_size=file.compression_size or 65536,
        row_index_stride=file.row_index_stride,
    )
    for table in _tables(file, paths):
        writer.write(table)
    writer.close()
    return with_user_metadata(target.getvalue(), dict(file.metadata or {}))


def _tables(file: "orc.ORCFile", paths: DeletePaths) -> Iterator["pa.Table"]:
    import pyarrow as pa

    path = column_of(file.schema, _FIELD_ID, PATH_COLUMN, "file_path")
    position = column_of(file.schema, _FIELD_ID, POSITION_COLUMN, "pos")
    if not paths.keeps_order:
        yield in_order(with_new_paths(file.read().cast(file.schema), path, paths), path, position)
        return
    for stripe in range(file.nstripes):
        # A stripe read by itself comes without the attributes that hold Iceberg's field ids.
        table = pa.Table.from_batches([file.read_stripe(stripe)]).cast(file.schema)
        yield with_new_paths(table, path, paths)
