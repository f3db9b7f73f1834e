"""PyIceberg reaches a table's files as the table's own properties say; for BCN they are text, and say nothing.

A property of a table may name a Python class to be loaded (``py-io-impl``), or another endpoint to be asked with this
machine's credentials (``s3.endpoint``). Whoever may write a table, or a repository, would work with BCN's rights.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pyiceberg.io import load_file_io
from pyiceberg.typedef import EMPTY_DICT

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog as LoadedCatalog
    from pyiceberg.io import FileIO
    from pyiceberg.table import StaticTable
    from pyiceberg.typedef import Properties


def reached_by_catalog_alone(loaded: "LoadedCatalog") -> "LoadedCatalog":
    """Have a catalog reach files by its own properties, whatever its tables' or its server's say."""

    def load(properties: "Properties" = EMPTY_DICT, location: str | None = None) -> "FileIO":  # noqa: ARG001
        return load_file_io(loaded.properties, location)

    loaded._load_file_io = load  # type: ignore[method-assign]  # noqa: SLF001 - PyIceberg has no public way
    return loaded


def static_table(metadata_location: str, properties: Mapping[str, str]) -> "StaticTable":
    """A table as its metadata file says, its files reached by ``properties`` alone."""
    from pyiceberg.catalog.noop import NoopCatalog
    from pyiceberg.serializers import FromInputFile
    from pyiceberg.table import StaticTable

    files = load_file_io(dict(properties), metadata_location)
    return StaticTable(
        identifier=("static-table", metadata_location),
        metadata_location=metadata_location,
        metadata=FromInputFile.table_metadata(files.new_input(metadata_location)),
        io=files,
        catalog=NoopCatalog("static-table"),
    )
