"""Rewriting of one delete file, whatever its format: told by its first bytes, which every format has its own of.

A position delete names its data files inside the file, in the manifest's bounds and, file-scoped ones, in
``referenced_data_file``; readers differ in which copy they trust (relocation.md 1.4). What is returned here sets the
manifest's copies.
"""

from collections.abc import Callable
from dataclasses import dataclass

from bcn_core.errors import InvalidTableFile, UnsupportedFormat
from bcn_core.iceberg.avro_deletes import avro_paths, relocate_avro
from bcn_core.iceberg.delete_paths import DeletePaths
from bcn_core.iceberg.manifest_relocation import DeleteFileRewrite
from bcn_core.iceberg.orc_deletes import ORC_MAGIC, orc_paths, relocate_orc
from bcn_core.iceberg.parquet_deletes import ENCRYPTED_PARQUET, PARQUET_MAGIC, parquet_paths, relocate_parquet
from bcn_core.iceberg.puffin import PUFFIN_MAGIC, is_bare_vector, open_puffin, relocate_puffin

_ENCRYPTED = (b"AGS1", ENCRYPTED_PARQUET)

_FORMATS: dict[bytes, tuple[Callable[[bytes, str, DeletePaths], bytes], Callable[[bytes, str], set[str]]]] = {
    PARQUET_MAGIC: (relocate_parquet, parquet_paths),
    b"Obj\x01": (relocate_avro, avro_paths),
    ORC_MAGIC: (relocate_orc, orc_paths),
}


@dataclass(frozen=True, slots=True)
class RelocatedDeletes:
    """A delete file as it is to stand at the target, what its manifests must say of it, and a note, or none."""

    data: bytes
    rewrite: DeleteFileRewrite
    note: str = ""


def relocate_delete_file(data: bytes, location: str, mapping: Callable[[str], str]) -> RelocatedDeletes:
    """Rewrite the paths inside a position delete file or a Puffin file of deletion vectors.

    ``mapping`` maps any path: deletes may be for data files that the table has long lost.

    Raises:
        InvalidTableFile: the file is damaged, or of no format that Iceberg has for deletes.
        UnsupportedFormat: it is encrypted.
    """
    if is_bare_vector(data):
        note = (
            f"{location} is a deletion vector without its Puffin file, which names no path: copied as it is"
        )
        return RelocatedDeletes(data, DeleteFileRewrite(len(data), keep_splits=True), note)
    if data.startswith(PUFFIN_MAGIC):
        written = relocate_puffin(data, location, mapping)
        return RelocatedDeletes(written, DeleteFileRewrite(len(written), keep_splits=True))
    relocate, _ = _format_of(data, location)
    paths = DeletePaths(mapping)
    written = relocate(data, location, paths)
    rewrite = DeleteFileRewrite(len(written), *paths.bounds, keep_splits=written is data)
    return RelocatedDeletes(written, rewrite)


def paths_in(data: bytes, location: str) -> set[str]:
    """All data files that a position delete file or a Puffin file of deletion vectors names inside.

    Raises:
        InvalidTableFile: as for :func:`relocate_delete_file`.
        UnsupportedFormat: it is encrypted.
    """
    if is_bare_vector(data):
        return set()
    if data.startswith(PUFFIN_MAGIC):
        return set(open_puffin(data, location).referenced.values())
    return _format_of(data, location)[1](data, location)


def _format_of(
    data: bytes, location: str
) -> tuple[Callable[[bytes, str, DeletePaths], bytes], Callable[[bytes, str], set[str]]]:
    if data.startswith(_ENCRYPTED):
        raise UnsupportedFormat(f"{location} is encrypted, so its paths cannot be rewritten")
    for magic, functions in _FORMATS.items():
        if data.startswith(magic):
            return functions
    raise InvalidTableFile(f"{location} is no delete file: it starts with {data[:4]!r}")
