"""A third reader beside PyIceberg and DuckDB: iceberg-rust, through pyiceberg-core and DataFusion."""

from typing import Any

from datafusion import SessionContext
from pyiceberg_core.datafusion import IcebergDataFusionTable


class _Table:
    """What DataFusion asks of a table."""

    def __init__(self, metadata_location: str) -> None:
        self._location = metadata_location

    def __datafusion_table_provider__(self, session: Any) -> Any:
        table = IcebergDataFusionTable(
            identifier=("any", "table"), metadata_location=self._location, file_io_properties={}
        )
        return table.__datafusion_table_provider__(session)


def rust_rows(metadata_location: str) -> list[tuple[Any, ...]]:
    """The rows of a table's current state, as iceberg-rust reads them."""
    context = SessionContext()
    context.register_table("t", _Table(metadata_location))
    found = [tuple(row.values()) for row in context.sql("SELECT * FROM t").to_pylist()]
    return sorted(found, key=repr)
