"""Position deletes as Arrow tables, whatever columnar format holds them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bcn_core.errors import InvalidTableFile
from bcn_core.iceberg.delete_paths import DeletePaths

if TYPE_CHECKING:
    import pyarrow as pa


@contextmanager
def told(location: str, kind: str) -> Iterator[None]:
    """Say Arrow's errors as those of a delete file; ``kind`` is its format.

    Raises:
        InvalidTableFile: the file is damaged, or holds no position deletes.
    """
    import pyarrow as pa

    try:
        yield
    except InvalidTableFile as error:
        raise InvalidTableFile(f"{location}: {error.message}") from error
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InvalidTableFile(f"{location} is a damaged {kind} file: {error}") from error


def column_of(schema: "pa.Schema", attribute: bytes, field_id: int, name: str) -> int:
    """The place of a column: by the field id that an attribute holds, by name only where the writer left ids out.

    Raises:
        InvalidTableFile: there is no such column, so the file holds no position deletes.
    """
    ids = [(field.metadata or {}).get(attribute) for field in schema]
    wanted = str(field_id).encode()
    if wanted in ids:
        return ids.index(wanted)
    if name in schema.names and ids[schema.names.index(name)] is None:
        return int(schema.names.index(name))
    raise InvalidTableFile(f"a position delete file has no column '{name}'")


def distinct_paths(column: "pa.ChunkedArray") -> list[str]:
    """The different paths in a column.

    Raises:
        InvalidTableFile: a row has none.
    """
    import pyarrow as pa

    found: list[str] = column.cast(pa.string()).unique().to_pylist()
    if None in found:
        raise InvalidTableFile("a row of a position delete file names no data file")
    return found


def with_new_paths(table: "pa.Table", index: int, paths: DeletePaths) -> "pa.Table":
    """The table with every path mapped; all other columns as they are."""
    import pyarrow as pa

    column = table.column(index)
    encoded = column.cast(pa.string()).combine_chunks().dictionary_encode()
    targets = pa.array([paths.map(path) for path in encoded.dictionary.to_pylist()], pa.string())
    mapped = targets.take(encoded.indices).cast(column.type)
    return table.set_column(index, table.schema.field(index), mapped)


def in_order(table: "pa.Table", path: int, position: int) -> "pa.Table":
    """The table in the order that readers rely on: by the bytes of the path, then by position."""
    import pyarrow as pa
    import pyarrow.compute as pc

    keys = pa.table({"path": table.column(path).cast(pa.string()), "position": table.column(position)})
    order = pc.sort_indices(keys, sort_keys=[("path", "ascending"), ("position", "ascending")])
    return table.take(order)
