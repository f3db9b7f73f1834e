"""A catalog's database that others use as well, and what is in the way of a dump or a restore of it."""

from pathlib import Path

import pytest

from bcn_core.catalog_database import (
    CatalogDatabase,
    DatabaseRequest,
    plan_database,
    reset_database,
    restore_database,
)
from bcn_core.dumping import loading
from bcn_core.dumping.configured import configured_database
from bcn_core.errors import Conflict
from bcn_core.events import DumpWritten, Event, Report, silent
from bcn_core.repository.dump_documents import DumpManifest
from bcn_core.repository.encoding import seal, sha256
from bcn_core.repository.pins import this_process
from bcn_core.repository.repository import Repository
from bcn_core.settings import load
from bcn_core.storage.opening import open_stores
from tests.services.databases import Database, Operator
from tests.warehouse.source import Place, append, make


@pytest.fixture
def place(database: Database, tmp_path: Path) -> Place:
    place = Place(tmp_path / "source", "shop", database.uri)
    append(make(place.pyiceberg(), "sales.orders"), 0)
    return place


@pytest.fixture
def operator(place: Place, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    monkeypatch.setenv("PGPASSWORD", database.password)
    return Operator.begun(tmp_path, place, database)


def another_view(database: Database) -> None:
    """Somebody else's schema looks into the catalog's tables."""
    database.do(
        "CREATE SCHEMA reports",
        "CREATE VIEW reports.pointers AS SELECT table_name FROM public.iceberg_tables",
    )


def test_a_restore_that_is_typed_again_does_not_bring_back_what_the_first_replaced(
    operator: Operator, database: Database
) -> None:
    operator.dump()
    before = database.tables()
    database.do("DELETE FROM iceberg_tables")
    operator.database_command("restore", "--yes")

    operator.database_command("restore", "--yes")

    assert before == database.tables()
    assert ["loads"] == [
        text.rpartition(" ")[2] for text in operator.database_command("verify", "--running")["running"][-1:]
    ]


def test_a_dump_of_what_a_reset_removed_makes_no_backup_young(operator: Operator, database: Database) -> None:
    operator.database_command("reset", "--database", database.name)

    assert operator.database_command("list", code=9)["age"] is None


def configured_by(operator: Operator, report: Report = silent) -> CatalogDatabase:
    settings = load(operator.folder / "bcn.toml")
    repository = Repository.open(open_stores(settings).at(f"{operator.folder}/backups"))
    return configured_database(settings, repository, this_process("test"), report)


def test_somebody_who_connects_while_the_safety_dump_is_made_is_in_the_way_of_a_reset(
    operator: Operator, database: Database
) -> None:
    before, connections = database.tables(), []

    def connect(event: Event) -> None:
        if isinstance(event, DumpWritten):
            connections.append(database.connect())

    with pytest.raises(Conflict, match="1 connection to"):
        reset_database(configured_by(operator, connect), database.name, {}, while_in_use=False)

    connections[0].close()
    assert before == database.tables()


def test_a_dump_that_lost_a_row_is_not_loaded_whatever_its_digests_say(
    operator: Operator, database: Database
) -> None:
    operator.configure(compressed="false")
    dump, before = operator.dump(), database.tables()
    file = next(operator.folder.rglob(f"{dump}/dump.sql"))
    head, mark, rows = file.read_text().partition("COPY public.iceberg_tables ")
    first, _, others = rows.partition("\n")
    file.write_text(head + mark + first + "\n" + others.partition("\n")[2])
    document = file.with_name("manifest.json")
    fitting = {"bytes": file.stat().st_size, "sha256": sha256(file.read_bytes())}
    manifest = DumpManifest.model_validate_json(document.read_bytes()).model_copy(update=fitting)
    document.write_bytes(seal(manifest))

    said = operator.database_command("restore", dump, "--yes", code=8)["error"]["message"]

    assert "public.iceberg_tables does not have the 1 rows of the dump" in said
    assert before == database.tables()


def test_somebody_who_connects_after_the_plan_is_in_the_way(operator: Operator, database: Database) -> None:
    operator.dump()
    configured = configured_by(operator)
    plan = plan_database(configured, DatabaseRequest("latest"), {})
    before, connection = database.tables(), database.connect()

    with pytest.raises(Conflict, match="1 connection to"):
        restore_database(configured, plan)

    connection.close()
    assert before == database.tables()


@pytest.mark.parametrize("command", ["restore", "reset"])
def test_a_table_that_somebody_has_locked_ends_the_command_and_changes_nothing(
    operator: Operator, database: Database, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    operator.dump()
    monkeypatch.setattr(loading, "_LOCK_WAIT", "100ms")
    before, connection = database.tables(), database.connect()
    connection.cursor().execute("BEGIN; SELECT * FROM iceberg_tables")
    said = ["--yes"] if command == "restore" else ["--database", database.name]

    refused = operator.database_command(command, *said, "--while-in-use", code=4)["error"]["message"]

    connection.close()
    assert "somebody holds a lock" in refused
    assert before == database.tables()


@pytest.mark.parametrize("bound", ["statement_timeout", "idle_in_transaction_session_timeout"])
def test_a_bound_on_the_database_ends_neither_dump_nor_restore(
    operator: Operator, database: Database, bound: str
) -> None:
    before = database.tables()
    database.do(f"ALTER DATABASE \"{database.name}\" SET {bound} = '2ms'")

    operator.database_command("restore", operator.dump(), "--yes")

    database.do(f"SET {bound} = 0", f'ALTER DATABASE "{database.name}" RESET {bound}')
    assert before == database.tables()


def test_a_table_of_an_extension_is_left_to_the_extension(operator: Operator, database: Database) -> None:
    database.do("CREATE TABLE jobs (id int)", "ALTER EXTENSION plpgsql ADD TABLE jobs")

    dump = operator.database_command("backup")["dump"]
    operator.database_command("restore", dump["dump"], "--yes")

    assert "public.jobs" not in {table["name"] for table in dump["tables"]}
    assert [(0,)] == database.do("SELECT count(*) FROM jobs")


@pytest.mark.parametrize("command", ["restore", "reset"])
def test_a_view_of_somebody_elses_schema_is_not_taken_along(
    operator: Operator, database: Database, command: str
) -> None:
    operator.configure(schemas='["public"]')
    operator.dump()
    another_view(database)
    before = database.tables()
    said = ["--yes"] if command == "restore" else ["--database", database.name]

    refused = operator.database_command(command, *said, code=4)["error"]["message"]

    assert "the table or view pointers in schema reports hangs on its tables" in refused
    assert (before, [(1,)]) == (database.tables(), database.do("SELECT count(*) FROM reports.pointers"))


def test_a_view_that_the_dump_holds_comes_back_with_it(operator: Operator, database: Database) -> None:
    another_view(database)
    operator.dump()
    database.do("DELETE FROM iceberg_tables")

    operator.database_command("restore", "--yes")

    assert [("orders",)] == database.do("SELECT * FROM reports.pointers")


def test_of_several_catalogs_in_one_database_a_dump_names_the_pointers_of_its_own(
    operator: Operator, database: Database, place: Place
) -> None:
    database.do(
        "INSERT INTO iceberg_tables (catalog_name, table_namespace, table_name, metadata_location) "
        "VALUES ('another', 'sales', 'orders', 's3://elsewhere/1.metadata.json')"
    )

    found = operator.database_command("backup")["dump"]["state"]

    assert place.pyiceberg().load_table("sales.orders").metadata_location == found["tables"]["sales.orders"]


def test_the_only_catalog_of_a_database_is_meant_whatever_it_is_called(
    operator: Operator, database: Database
) -> None:
    database.do(
        "UPDATE iceberg_tables SET catalog_name = 'rest_backend'",
        "UPDATE iceberg_namespace_properties SET catalog_name = 'rest_backend'",
    )

    assert ["sales.orders"] == list(operator.database_command("backup")["dump"]["state"]["tables"])


def test_a_schema_whose_tables_could_not_be_told_apart_is_refused(
    operator: Operator, database: Database
) -> None:
    database.do('CREATE SCHEMA "my.schema"', 'CREATE TABLE "my.schema".a (id int)')

    assert "has a dot in its name" in operator.database_command("backup", code=2)["error"]["message"]


def test_who_looks_at_every_database_of_the_server_is_not_in_a_drills_way(
    operator: Operator, database: Database
) -> None:
    scratch = f"bcn_drill_{operator.dump().replace('.', '_').lower()}"
    database.do(f'CREATE DATABASE "{scratch}"')
    monitor = database.other(scratch).connect()

    done = operator.database_command("drill")["drill"]

    monitor.close()
    assert "" == done["problem"]
