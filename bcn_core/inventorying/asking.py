"""SQL over the three tables, by Polars or by DuckDB; of a table that no query names nothing is read."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bcn_core.errors import BcnError, InvalidRequest, StorageFailure
from bcn_core.inventorying.place import TABLES
from bcn_core.inventorying.tables import InventoryTables, rows_of
from bcn_core.locations import split

if TYPE_CHECKING:
    import polars as pl
    from pyiceberg.table import Table

_HINT = "tables: pits, tables, objects; their columns: bcn docs inventory"


def ask_polars(tables: InventoryTables, sql: str) -> "pl.DataFrame":
    """The answer of Polars.

    Raises:
        NotFound: the inventory is not there.
        InvalidRequest: the SQL is not right.
    """
    import polars as pl

    frames = {name: _scan(table) for name, table in _named(tables, sql).items()}
    with _told(pl.exceptions.PolarsError):
        return pl.SQLContext(frames).execute(sql).collect()


def ask_duckdb(tables: InventoryTables, sql: str) -> "pl.DataFrame":
    """The answer of DuckDB, which must be installed.

    Raises:
        NotFound: the inventory is not there.
        InvalidRequest: the SQL is not right, or there is no DuckDB.
    """
    try:
        import duckdb
    except ImportError as error:
        raise InvalidRequest(
            "DuckDB is not installed", hint="pip install duckdb, or ask with --engine polars"
        ) from error
    with duckdb.connect() as connection:
        for name, table in _named(tables, sql).items():
            connection.register(name, _scan(table).collect().to_arrow())
        with _told(duckdb.Error):
            return connection.sql(sql).pl()


def _named(tables: InventoryTables, sql: str) -> "Mapping[str, Table]":
    """The tables that a text names; all columns of others are not worth a look."""
    words = set(re.findall(r"\w+", sql.lower()))
    return {name: tables.open(name) for name in TABLES if name in words}


def _scan(table: "Table") -> "pl.LazyFrame":
    """Files on disk are read by Polars itself, which leaves out what does not count; others through BCN's stores."""
    import polars as pl

    paths = [split(task.file.file_path) for task in table.scan().plan_files()]
    if paths and all(path.scheme == "file" for path in paths):
        return pl.scan_parquet([f"/{path.key}" for path in paths], glob=False)
    return rows_of(table).lazy()


@contextmanager
def _told(refusals: Any) -> Iterator[None]:
    try:
        yield
    except BcnError:
        raise
    except OSError as error:
        raise StorageFailure(
            f"the inventory cannot be read: {error}", hint="see: bcn inventory status"
        ) from error
    except refusals as error:
        raise InvalidRequest(f"the query failed: {' '.join(str(error).split())}", hint=_HINT) from error
