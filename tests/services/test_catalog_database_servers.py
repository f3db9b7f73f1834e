"""The drill of issue 7: the databases of a real Nessie server and of a real Hive Metastore, lost and brought back."""

from pathlib import Path

import pytest
from pyiceberg.catalog import load_catalog

from bcn_core.catalogs.nessie_api import NessieReference, references_of
from tests.services.catalog_servers import ServersDatabase, running_hive, running_nessie
from tests.services.databases import Database, Operator, new_database
from tests.services.object_servers import ObjectServer
from tests.warehouse.source import append, make, rows_of


@pytest.fixture
def database(postgres_uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    found = new_database(postgres_uri, tmp_path.name)
    monkeypatch.setenv("PGPASSWORD", found.password)
    return found


def lose(database: Database) -> None:
    """The requirement's emergency: nothing of the catalog is left."""
    database.do("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")


def test_nessie_answers_with_the_same_references_after_its_database_and_files_were_lost(
    database: Database, s3: ObjectServer, tmp_path: Path
) -> None:
    account = ServersDatabase.of(database.uri)
    with running_nessie(tmp_path, s3, account) as server:
        operator = Operator(tmp_path, server.native, database)
        operator.configure()
        address = server.native["uri"]
        for branch in ("main", "dev"):
            catalog = load_catalog("shop", **{**server.rest, "prefix": f"{branch}|warehouse"})
            append(make(catalog, f"db_{tmp_path.name}_{branch}.orders"), 0)  # type: ignore[arg-type]
            if branch == "main":
                make_branch(address, "dev")
        before = references_of(address)
        taken = operator.bcn("backup", "--catalog", "shop", "--with-catalog-database")
        refused = operator.database_command("restore", taken["pit"], "--yes", code=4)["error"]["message"]
    lose(database)
    lose_files(s3, f"db_{tmp_path.name}_main")

    done = operator.database_command("restore", taken["pit"], "--with-tables", "--yes")

    # A data file, its manifest, their list, the metadata.
    assert 4 == done["plan"]["with_tables"]["files_missing"]
    assert "still answers" in refused
    assert before == taken["dump"]["state"]["references"]
    assert {"main", "dev"} <= before.keys()
    assert (before["main"], "consistent") == (
        taken["consistency"]["commit"],
        taken["dump"]["tie"]["consistency"],
    )
    with running_nessie(tmp_path, s3, account) as server:
        operator.catalog = server.native
        operator.configure()
        assert before == references_of(server.native["uri"])
        assert "loads" in operator.database_command("verify", taken["pit"], "--running")["running"][-1]
        for branch in ("main", "dev"):
            catalog = load_catalog("shop", **{**server.rest, "prefix": f"{branch}|warehouse"})
            table = catalog.load_table(f"db_{tmp_path.name}_{branch}.orders")
            assert rows_of(0).to_pylist() == table.scan().to_arrow().sort_by("id").to_pylist()


def lose_files(server: ObjectServer, database: str) -> None:
    """Delete all objects of a database's tables."""
    store, folder = server.stores().holding("s3://lake/nessie")
    for key in [one.key for one in store.list(folder) if f"/{database}/" in one.key]:
        store.delete(key)


def make_branch(address: str, name: str) -> None:
    """A branch at what main shows."""
    import requests

    commit = NessieReference(address, "main").hash()
    body = {"type": "BRANCH", "name": "main", "hash": commit}
    requests.post(f"{address}/trees?name={name}&type=BRANCH", json=body, timeout=60).raise_for_status()


# Hive's own scripts make it on PostgreSQL, and they are not among the jars; its server makes the rest (LocalMetastore).
MUTEXES_OF_HIVE = """
    CREATE TABLE AUX_TABLE (MT_KEY1 varchar(128) NOT NULL, MT_KEY2 bigint NOT NULL, MT_COMMENT varchar(255),
    PRIMARY KEY (MT_KEY1, MT_KEY2))
"""


def test_hive_answers_with_the_same_pointers_after_its_database_was_lost(
    database: Database, tmp_path: Path
) -> None:
    database.do(MUTEXES_OF_HIVE)
    account = ServersDatabase.of(database.uri)
    warehouse = {"warehouse": f"file://{tmp_path}/warehouse"}
    with running_hive(tmp_path, account) as properties:
        operator = Operator(tmp_path, {**properties, **warehouse}, database)
        operator.configure()
        catalog = load_catalog("shop", **operator.catalog)
        append(make(catalog, "sales.orders"), 0)  # type: ignore[arg-type]
        pointer = catalog.load_table("sales.orders").metadata_location
        operator.bcn("init", "--catalog", "shop")
        found = operator.database_command("backup")["dump"]
    lose(database)

    operator.database_command("restore", found["dump"], "--yes")

    assert ("hive", {"sales.orders": pointer}) == (found["state"]["kind"], found["state"]["tables"])
    with running_hive(tmp_path, account) as properties:
        operator.catalog = {**properties, **warehouse}
        operator.configure()
        assert "loads" in operator.database_command("verify", "--running")["running"][-1]
        table = load_catalog("shop", **operator.catalog).load_table("sales.orders")
        assert rows_of(0).to_pylist() == table.scan().to_arrow().sort_by("id").to_pylist()
