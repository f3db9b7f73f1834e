"""What a Parquet file's footer tells of a table: its columns, its rows, and whether it is a file of deletes."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bcn_core.adopting.files import Candidate
from bcn_core.catalogs.redaction import redacted
from bcn_core.errors import InvalidRequest, SourceDamaged, UnsupportedFormat
from bcn_core.storage.opening import Stores

if TYPE_CHECKING:
    from pyiceberg.schema import Schema

_FIELD_ID = b"PARQUET:field_id"
_POSITIONS = ({"file_path", "pos"}, {"file_path", "pos", "row"})
_UNSIGNED = re.compile(r"\buint(?:32|64)\b")
Read = Callable[[Candidate], Any]
"""From a file to its footer, as PyArrow knows it."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The columns of files, one of which is ``example``. Without ids in the files the fields have the id -1."""

    example: str
    schema: "Schema"
    has_ids: bool


def footers_of(stores: Stores, place: str) -> Read:
    """A reader of footers below a place; of a file it reads no more than that.

    Raises:
        SourceDamaged: (the reader) a file is no Parquet file, or cannot be read.
    """
    from pyarrow.parquet import read_metadata
    from pyiceberg.io import load_file_io

    options = stores.options(place)
    files = load_file_io(options, place)

    def read(file: Candidate) -> Any:
        try:
            with files.new_input(file.location).open() as stream:
                return read_metadata(stream)
        except Exception as error:
            raise SourceDamaged(
                f"{file.path} cannot be read as Parquet: {redacted(str(error), options)}",
                hint="is it there in full? Files that are no Parquet must not lie in the place",
            ) from error

    return read


def fingerprint(footer: Any) -> bytes:
    """The same for files whose columns have the same names, ids and types."""
    found: bytes = footer.schema.to_arrow_schema().remove_metadata().serialize().to_pybytes()
    return found


def shape_of(file: Candidate, footer: Any) -> Shape:
    """The columns of a file.

    Raises:
        UnsupportedFormat: a column has a type that Iceberg does not have, or only some have field ids.
    """
    from pyiceberg.io.pyarrow import UnsupportedPyArrowTypeException

    arrow = footer.schema.to_arrow_schema()
    unsigned = [one.name for one in arrow if _UNSIGNED.search(str(one.type))]
    if unsigned:
        raise _no_type(file, f"column '{unsigned[0]}' is unsigned")
    try:
        return _shape(file, arrow)
    except (TypeError, ValueError, UnsupportedPyArrowTypeException) as error:
        raise _no_type(file, str(error)) from error


def refuse_deletes(file: Candidate, footer: Any) -> None:
    """Look at a footer for what Iceberg writes into its delete files.

    Raises:
        InvalidRequest: it is one.
    """
    columns = {path.partition(".")[0] for path in (one.path for one in _leaves(footer))}
    if columns in _POSITIONS or b"delete-type" in (footer.metadata or {}):
        raise InvalidRequest(
            f"{file.path} is a delete file of Iceberg: rows were deleted, and files alone do not tell where else",
            hint="replicate the table's metadata too, and run bcn sync",
        )


def _leaves(footer: Any) -> list[Any]:
    return [footer.schema.column(number) for number in range(len(footer.schema))]


def _shape(file: Candidate, arrow: Any) -> Shape:
    # PyIceberg's public way gives ids by a name mapping, which is made from the schema that is looked for here.
    from pyiceberg.io.pyarrow import _pyarrow_to_schema_without_ids, pyarrow_to_schema

    bare = arrow.remove_metadata()
    if _FIELD_ID not in bare.serialize().to_pybytes():
        return Shape(file.path, _pyarrow_to_schema_without_ids(bare, format_version=2), has_ids=False)
    return Shape(file.path, pyarrow_to_schema(bare, format_version=2), has_ids=True)


def _no_type(file: Candidate, why: str) -> UnsupportedFormat:
    return UnsupportedFormat(
        f"{file.path}: {why}", hint="Iceberg's types have no room for it; load the files with an engine"
    )
