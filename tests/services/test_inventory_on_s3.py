"""An inventory on a real S3 server: written by create-only calls, read by PyIceberg's own S3 client."""

from pathlib import Path

import pytest
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table import StaticTable

from bcn_core.inventory import rebuild, status
from tests.services.object_servers import ObjectServer
from tests.warehouse.inventories import Described
from tests.warehouse.source import append, make


@pytest.fixture
def on_s3(tmp_path: Path, s3: ObjectServer, request: pytest.FixtureRequest) -> Described:
    """Two PITs that an inventory on S3 shows."""
    found = Described.of(tmp_path, warehouse=f"s3://backups/{request.node.name}")
    found.lab.stores = s3.stores()
    table = make(found.lab.source.pyiceberg(), "sales.orders")
    for start in (0, 10):
        append(table, start)
        found.take()
    return found


def test_each_pit_is_shown(on_s3: Described) -> None:
    assert [(pit,) for pit in on_s3.lab.repository.pits()] == on_s3.rows("pits", "pit")


def test_another_client_reads_the_tables(on_s3: Described, s3: ObjectServer) -> None:
    table = StaticTable.from_metadata(on_s3.table("objects").metadata_location, s3.properties)

    found = table.scan(selected_fields=("key",)).to_arrow()["key"].to_pylist()

    assert sorted(key for (key,) in on_s3.rows("objects", "key")) == sorted(found)


def test_queries_read_through_the_stores_of_bcn(on_s3: Described) -> None:
    sql = "SELECT first_pit, COUNT(*) AS n FROM objects GROUP BY first_pit ORDER BY first_pit"

    assert on_s3.ask(sql, "duckdb") == on_s3.ask(sql)


def test_a_writer_that_was_overtaken_is_refused(on_s3: Described) -> None:
    overtaken = on_s3.table("pits")
    append(on_s3.lab.source.pyiceberg().load_table("sales.orders"), 20)
    on_s3.take()

    with pytest.raises(CommitFailedException):
        overtaken.append(overtaken.scan().to_arrow())


def test_it_can_be_made_anew(on_s3: Described) -> None:
    before = on_s3.rows("objects", "key", "first_pit", "last_pit")

    rebuild(on_s3.inventory)

    assert before == on_s3.rows("objects", "key", "first_pit", "last_pit")
    assert (0, 2) == (status(on_s3.inventory).lag, status(on_s3.inventory).documented)
