"""``files.parquet``: one row per file that a table needs at a PIT.

A row's ``location`` is its root plus its relative path; ``listed_by`` are the row numbers of the manifests (for
content files) or manifest lists (for manifests) that name it, so that the next PIT knows what a file it already has
refers to without reading it again.
"""

import io
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from bcn_core.errors import DamagedRepository

if TYPE_CHECKING:
    import polars as pl
    from pyarrow import parquet

Kind = Literal[
    "metadata",
    "manifest-list",
    "manifest",
    "data",
    "position-deletes",
    "equality-deletes",
    "deletion-vectors",
    "statistics",
    "encrypted",
]


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One row: a file of the source and the object that holds its bytes verbatim."""

    root: int
    path: str
    kind: Kind
    size: int
    sha256: str
    object: str
    stored_by: str
    listed_by: tuple[int, ...]


# A table has few files of its metadata, and any number of these.
METADATA_KINDS: frozenset[Kind] = frozenset({"metadata", "manifest-list", "manifest"})
CONTENT: frozenset[Kind] = frozenset({"data", "position-deletes", "equality-deletes", "deletion-vectors"})
_ROWS_AT_ONCE = 4096
_ROWS_OF_A_GROUP = 16_384
_KIND = 2
# Each row has a path and a digest of its own. Rows that are all alike pack to nothing, to be millions in memory.
_MOST_ROWS_OF_A_BYTE = 4
_FEW_ROWS = 100_000
_COLUMNS = ("root", "path", "kind", "size", "sha256", "object", "stored_by", "listed_by")


def encode_files(files: Iterable[StoredFile]) -> bytes:
    """The rows as Parquet, in their order; a million of them are never in memory at once."""
    import pyarrow as pa
    from pyarrow import parquet

    types = (pa.uint32(), pa.string(), pa.string(), pa.int64(), pa.binary(), pa.string(), pa.string())
    schema = pa.schema([*zip(_COLUMNS, types, strict=False), (_COLUMNS[-1], pa.list_(pa.uint32()))])
    buffer, rows = io.BytesIO(), iter(files)
    with parquet.ParquetWriter(buffer, schema, compression="zstd", write_statistics=False) as writer:
        while some := list(islice(rows, _ROWS_OF_A_GROUP)):
            writer.write_table(pa.table(_columns(some), schema))
    return buffer.getvalue()


def decode_files(data: bytes, key: str) -> list[StoredFile]:
    """The rows of a ``files.parquet``.

    Raises:
        DamagedRepository: the bytes are no such file.
    """
    return [_file(row) for row in decode_frame(data, key).iter_rows()]


class FileRows(Collection[StoredFile]):
    """The rows of a ``files.parquet``, which stays packed: a million rows take 60 MB so, and ten times that as objects.

    Rows of content files are made anew by each iteration; those of metadata are kept, and always the same objects.
    """

    def __init__(self, data: bytes, key: str) -> None:
        """Look at the rows once.

        Raises:
            DamagedRepository: the bytes are no such file.
        """
        self._data, self._key = data, key
        self._count = 0
        self._kept: dict[int, StoredFile] = {}
        kinds: set[Kind] = set()
        for number, row in enumerate(self._rows()):
            self._count = number + 1
            kinds.add(row[_KIND])
            if row[_KIND] not in CONTENT:
                self._kept[number] = _file(row)
        self._kinds = kinds

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[StoredFile]:
        return (self._kept.get(number) or _file(row) for number, row in enumerate(self._rows()))

    def __contains__(self, file: object) -> bool:
        return any(file == one for one in self)

    def of_kind(self, *kinds: Kind) -> Iterator[StoredFile]:
        """The files of some kinds, in their order."""
        if CONTENT.isdisjoint(kinds):
            return (file for file in self._kept.values() if file.kind in kinds)
        if self._kinds.isdisjoint(kinds):
            return iter(())
        return (
            self._kept.get(number) or _file(row)
            for number, row in enumerate(self._rows())
            if row[_KIND] in kinds
        )

    def _rows(self) -> Iterator[tuple[Any, ...]]:
        """The values of each row, a few thousand rows in memory at a time."""
        import pyarrow as pa

        try:
            file = _opened(self._data, self._key)
            for batch in file.iter_batches(_ROWS_AT_ONCE, columns=list(_COLUMNS)):
                yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)
        except (pa.ArrowException, OSError, KeyError) as error:
            raise DamagedRepository(f"{self._key} is not a readable list of files: {error}") from error


def _file(row: Sequence[Any]) -> StoredFile:
    root, path, kind, size, sha256, key, stored_by, listed_by = row
    return StoredFile(root, path, kind, size, sha256.hex(), key, stored_by, tuple(listed_by))


def decode_frame(data: bytes, key: str, *columns: str) -> "pl.DataFrame":
    """The rows as columns, all or some of them: for whoever looks at a million rows at once.

    Raises:
        DamagedRepository: the bytes are no such file.
    """
    import polars as pl
    import pyarrow as pa

    try:
        _opened(data, key)
        return pl.read_parquet(io.BytesIO(data), columns=list(columns or _COLUMNS))
    except (pl.exceptions.PolarsError, pa.ArrowException, OSError) as error:
        raise DamagedRepository(f"{key} is not a readable list of files: {error}") from error


def _opened(data: bytes, key: str) -> "parquet.ParquetFile":
    """The file, of which only the footer has been read.

    Raises:
        DamagedRepository: it claims more rows than its bytes can hold.
    """
    import pyarrow as pa
    from pyarrow import parquet

    file = parquet.ParquetFile(pa.BufferReader(data))
    if file.metadata.num_rows > max(_FEW_ROWS, _MOST_ROWS_OF_A_BYTE * len(data)):
        raise DamagedRepository(
            f"{key} claims {file.metadata.num_rows} files in {len(data)} bytes",
            hint="BCN writes no such list: look who can write to the repository, and restore from a copy of it",
        )
    return file


def _columns(files: Sequence[StoredFile]) -> dict[str, list[Any]]:
    return {
        "root": [file.root for file in files],
        "path": [file.path for file in files],
        "kind": [file.kind for file in files],
        "size": [file.size for file in files],
        "sha256": [bytes.fromhex(file.sha256) for file in files],
        "object": [file.object for file in files],
        "stored_by": [file.stored_by for file in files],
        "listed_by": [file.listed_by for file in files],
    }
