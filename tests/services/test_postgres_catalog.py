"""PyIceberg's SqlCatalog on a real PostgreSQL."""

from pathlib import Path

import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog


def test_a_table_committed_through_one_connection_is_read_through_another(
    postgres_uri: str, tmp_path: Path
) -> None:
    properties = {"uri": postgres_uri, "warehouse": f"file://{tmp_path}"}
    rows = pa.table({"id": [1, 2, 3], "city": ["Ulm", "Paris", "Kyiv"]})
    writer = SqlCatalog("smoke", **properties)
    writer.create_namespace("smoke")
    writer.create_table("smoke.cities", rows.schema).append(rows)

    seen = SqlCatalog("smoke", **properties).load_table("smoke.cities").scan().to_arrow()

    assert rows.to_pylist() == seen.to_pylist()
