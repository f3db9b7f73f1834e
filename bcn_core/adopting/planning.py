"""What the files of a place come to as a table: decided from names and footers, nothing written."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bcn_core.adopting.columns import Columns
from bcn_core.adopting.files import Candidate, listed
from bcn_core.adopting.footers import Read, fingerprint, footers_of, refuse_deletes, shape_of
from bcn_core.adopting.partitions import Key, Levels, inferred, levels, refuse_lies, same_keys, value_of
from bcn_core.errors import InvalidRequest
from bcn_core.storage.opening import Stores

if TYPE_CHECKING:
    from pyiceberg.partitioning import PartitionSpec
    from pyiceberg.schema import Schema

_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file that is adopted, with its rows and its values of the partition columns."""

    file: Candidate
    rows: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Draft:
    """The table that is to be: its files that hold rows, its schema and its partitions.

    ``has_ids``: Iceberg wrote the files, and the schema has the ids that they name. ``notes``: what a person should
    know of what was found.
    """

    files: tuple[DataFile, ...]
    schema: "Schema"
    spec: "PartitionSpec"
    keys: tuple[Key, ...]
    has_ids: bool
    notes: tuple[str, ...]


def draft(stores: Stores, place: str, files_at_once: int) -> Draft:
    """Look at every file of a place; of data files no more than the footer is read.

    Raises:
        BcnError: they cannot be taken for the rows of one table.
    """
    found = listed(stores, place)
    read = footers_of(stores, place)
    columns, rows = _footers(found.files, read, files_at_once)
    paths = {file.path: levels(file.path, of_iceberg=columns.has_ids) for file in found.files}
    same_keys(paths.items())
    keys, left_out = _keys(columns, paths)
    files = tuple(_data_file(file, rows[file.path], keys, paths[file.path]) for file in found.files)
    _hold_against_footers(files, keys, read, files_at_once)
    schema = _schema(columns, keys)
    notes = (*columns.notes, *_hidden(found.hidden), *_transforms(left_out))
    full = tuple(one for one in files if one.rows)
    return Draft(full, schema, _spec(schema, keys), keys, columns.has_ids, notes)


def read_all(files: Sequence[Candidate], read: Read, files_at_once: int) -> Iterator[tuple[Candidate, Any]]:
    """The footers of files in their order; no more than some are in memory at a time."""
    with ThreadPoolExecutor(files_at_once) as pool:
        for start in range(0, len(files), _AT_ONCE):
            some = files[start : start + _AT_ONCE]
            yield from zip(some, pool.map(read, some), strict=True)


def _footers(files: Sequence[Candidate], read: Read, files_at_once: int) -> tuple[Columns, dict[str, int]]:
    columns, rows, seen = Columns(), dict[str, int](), set[bytes]()
    for file, footer in read_all(files, read, files_at_once):
        rows[file.path] = footer.num_rows
        refuse_deletes(file, footer)
        print_of_columns = fingerprint(footer)
        if print_of_columns not in seen:
            seen.add(print_of_columns)
            columns.merge(shape_of(file, footer))
    return columns, rows


def _keys(columns: Columns, paths: Mapping[str, Levels]) -> tuple[tuple[Key, ...], tuple[str, ...]]:
    """The partition columns, and keys of Iceberg's own transforms (``ts_day``), which are columns of no file."""
    known = {field.name: field.field_type for field in columns.fields()}
    found, left_out = [], []
    for position, (name, _) in enumerate(next(iter(paths.values()))):
        if name in known:
            found.append(Key(name, known[name], in_files=True))
        elif columns.has_ids:
            left_out.append(name)
        else:
            values = {one[position][1] for one in paths.values()}
            found.append(Key(name, inferred(values), in_files=False))
    return tuple(found), tuple(left_out)


def _data_file(file: Candidate, rows: int, keys: Sequence[Key], found: Levels) -> DataFile:
    said = dict(found)
    values = {}
    for key in keys:
        try:
            values[key.name] = value_of(key.kind, said[key.name])
        except ValueError as error:
            raise InvalidRequest(
                f"the folder of {file.path} does not tell {key.name}: {error}",
                hint="readers would differ; load the files with an engine",
            ) from error
    return DataFile(file, rows, values)


def _hold_against_footers(
    files: Sequence[DataFile], keys: Sequence[Key], read: Read, files_at_once: int
) -> None:
    if not any(key.in_files for key in keys):
        return
    by_path = {one.file.path: one for one in files}
    for file, footer in read_all([one.file for one in files], read, files_at_once):
        refuse_lies(file.path, footer, keys, by_path[file.path].values)


def _schema(columns: Columns, keys: Sequence[Key]) -> "Schema":
    from pyiceberg.schema import Schema, assign_fresh_schema_ids
    from pyiceberg.types import NestedField

    more = [NestedField(-1, key.name, key.kind, required=False) for key in keys if not key.in_files]
    fields = (*columns.fields(), *more)
    return Schema(*fields) if columns.has_ids else assign_fresh_schema_ids(Schema(*fields))


def _spec(schema: "Schema", keys: Sequence[Key]) -> "PartitionSpec":
    from pyiceberg.partitioning import PartitionField, PartitionSpec
    from pyiceberg.transforms import IdentityTransform

    return PartitionSpec(
        *(
            PartitionField(schema.find_field(key.name).field_id, 1000 + number, IdentityTransform(), key.name)
            for number, key in enumerate(keys)
        )
    )


def _hidden(count: int) -> tuple[str, ...]:
    return (f"{count} hidden files (_ or . before the name) are left out",) if count else ()


def _transforms(names: Sequence[str]) -> tuple[str, ...]:
    return (f"not partitioned by {', '.join(names)}, which no column tells",) if names else ()
