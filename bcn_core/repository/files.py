"""``files.parquet``: one row per file that a table needs at a PIT.

A row's ``location`` is its root plus its relative path; ``listed_by`` are the row numbers of the manifests (for
content files) or manifest lists (for manifests) that name it, so that the next PIT knows what a file it already has
refers to without reading it again.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from bcn_core.errors import DamagedRepository

if TYPE_CHECKING:
    import polars as pl

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


_COLUMNS = ("root", "path", "kind", "size", "sha256", "object", "stored_by", "listed_by")


def encode_files(files: Sequence[StoredFile]) -> bytes:
    """The rows as Parquet, in their order."""
    buffer = io.BytesIO()
    _frame(files).write_parquet(buffer, compression="zstd", statistics=False)
    return buffer.getvalue()


def decode_files(data: bytes, key: str) -> list[StoredFile]:
    """The rows of a ``files.parquet``.

    Raises:
        DamagedRepository: the bytes are no such file.
    """
    return [
        StoredFile(row[0], row[1], row[2], row[3], row[4].hex(), row[5], row[6], tuple(row[7]))
        for row in decode_frame(data, key).iter_rows()
    ]


def decode_frame(data: bytes, key: str, *columns: str) -> "pl.DataFrame":
    """The rows as columns, all or some of them: for whoever looks at a million rows at once.

    Raises:
        DamagedRepository: the bytes are no such file.
    """
    import polars as pl

    try:
        return pl.read_parquet(io.BytesIO(data), columns=list(columns or _COLUMNS))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DamagedRepository(f"{key} is not a readable list of files: {error}") from error


def _frame(files: Sequence[StoredFile]) -> "pl.DataFrame":
    import polars as pl

    columns = {
        "root": pl.Series([file.root for file in files], dtype=pl.UInt32),
        "path": pl.Series([file.path for file in files], dtype=pl.String),
        "kind": pl.Series([file.kind for file in files], dtype=pl.String),
        "size": pl.Series([file.size for file in files], dtype=pl.Int64),
        "sha256": pl.Series([bytes.fromhex(file.sha256) for file in files], dtype=pl.Binary),
        "object": pl.Series([file.object for file in files], dtype=pl.String),
        "stored_by": pl.Series([file.stored_by for file in files], dtype=pl.String),
        "listed_by": pl.Series([list(file.listed_by) for file in files], dtype=pl.List(pl.UInt32)),
    }
    return pl.DataFrame(columns)
