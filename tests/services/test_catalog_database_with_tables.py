"""A dump and its PIT restored by one command: files and database are gone, and the catalog starts with its rows."""

import shutil
from pathlib import Path

import pytest
from pyiceberg.catalog import load_catalog

from bcn_core.backup import Backup, back_up
from bcn_core.capture.claiming import next_pit
from bcn_core.catalog_database import tied_dump
from bcn_core.cli.app import run
from bcn_core.dumping.configured import configured_database
from bcn_core.events import silent
from bcn_core.repository.pins import this_process
from bcn_core.repository.repository import Repository
from bcn_core.settings import load
from bcn_core.storage.opening import open_stores
from tests.services.databases import Database, Operator
from tests.warehouse.source import Place, append, content_files, make


@pytest.fixture
def place(database: Database, tmp_path: Path) -> Place:
    place = Place(tmp_path / "source", "shop", database.uri)
    catalog = place.pyiceberg()
    append(make(catalog, "sales.orders"), 0)
    append(make(catalog, "sales.returns"), 0)
    return place


@pytest.fixture
def operator(place: Place, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    monkeypatch.setenv("PGPASSWORD", database.password)
    operator = Operator.begun(tmp_path, place, database)
    operator.bcn("backup", "--with-catalog-database")
    database.evict()
    return operator


def lose_the_schema(database: Database) -> None:
    database.do("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")


def rows(place: Place) -> dict[str, int]:
    """Of each table of the catalog, read by PyIceberg."""
    catalog = load_catalog("shop", **place.properties)
    names = [".".join(name) for name in catalog.list_tables("sales")]
    return {name: catalog.load_table(name).scan().to_arrow().num_rows for name in sorted(names)}


def files_of(place: Place) -> dict[str, bytes]:
    """Every file of the warehouse."""
    return {str(path): path.read_bytes() for path in place.warehouse.rglob("*") if path.is_file()}


def test_files_and_schema_come_back_by_one_command(
    operator: Operator, database: Database, place: Place
) -> None:
    expected, files = rows(place), files_of(place)
    database.evict()
    shutil.rmtree(place.warehouse)
    lose_the_schema(database)

    operator.database_command("restore", "--with-tables", "--yes")

    assert (expected, files) == (rows(place), files_of(place))


def told(operator: Operator, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What the command shows to people."""
    config = str(operator.folder / "bcn.toml")
    assert 0 == run(["catalog-database", "restore", "--with-tables", "--config", config, *arguments])
    return capsys.readouterr().out


def written_between(operator: Operator, place: Place) -> None:
    """A dump and a PIT of one id, between which a table was written."""
    settings = load(operator.folder / "bcn.toml")
    stores, owner = open_stores(settings), this_process("test")
    repository = Repository.open(stores.at(f"{operator.folder}/backups"))
    pit = next_pit(repository)
    with tied_dump(configured_database(settings, repository, owner, silent), pit, "main") as tied:
        append(load_catalog("shop", **place.properties).load_table("sales.orders"), 900)
        tied.pit = back_up(Backup(repository, place.bcn(), stores, owner), pit)


def test_a_table_that_was_written_between_dump_and_pit_makes_them_skewed(
    operator: Operator, place: Place
) -> None:
    written_between(operator, place)

    assert "skewed" == operator.database_command("describe")["dump"]["tie"]["consistency"]


def test_a_skewed_pair_comes_back_as_the_dump_names_it(
    operator: Operator, database: Database, place: Place
) -> None:
    written_between(operator, place)
    database.evict()
    shutil.rmtree(place.warehouse)
    lose_the_schema(database)

    plan = operator.database_command("restore", "--with-tables", "--yes")["plan"]["with_tables"]

    assert plan["skewed"]
    assert 4 == rows(place)["sales.orders"]


def test_the_plan_names_what_is_missing_and_a_dry_run_writes_nothing(
    operator: Operator, place: Place, database: Database
) -> None:
    catalog = load_catalog("shop", **place.properties)
    content_files(catalog.load_table("sales.orders"))[0].unlink()
    database.evict()
    files, held = files_of(place), database.tables()

    plan = operator.database_command("restore", "--with-tables", "--dry-run")["plan"]["with_tables"]

    missing = {one["name"]: one["missing"] for one in plan["tables"]}
    assert {"sales.orders": 1, "sales.returns": 0} == missing
    assert (files, held) == (files_of(place), database.tables())


def test_people_see_the_files_before_the_database(
    operator: Operator, database: Database, place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    content_files(load_catalog("shop", **place.properties).load_table("sales.orders"))[0].unlink()
    database.evict()

    text = told(operator, capsys, "--dry-run")
    assert "1 of " in text
    assert text.index("1. the files of PIT") < text.index("2. the database") < text.index("there now")


def test_people_are_told_when_all_files_are_in_place(
    operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "all files of 2 tables are in place" in told(operator, capsys, "--dry-run")


def test_files_that_are_all_in_place_are_left_alone(
    operator: Operator, database: Database, place: Place
) -> None:
    lose_the_schema(database)

    plan = operator.database_command("restore", "--with-tables", "--yes")["plan"]["with_tables"]

    assert (0, False) == (plan["files_missing"], plan["skewed"])
    assert {"sales.orders": 4, "sales.returns": 4} == rows(place)


def test_what_was_written_after_the_dump_stays_beside(
    operator: Operator, database: Database, place: Place
) -> None:
    append(load_catalog("shop", **place.properties).load_table("sales.orders"), 900)
    database.evict()
    files = files_of(place)

    operator.database_command("restore", "--with-tables", "--yes")

    assert 4 == rows(place)["sales.orders"]
    assert files == files_of(place)


def test_a_file_that_was_overwritten_refuses_the_whole_plan(
    operator: Operator, database: Database, place: Place
) -> None:
    catalog = load_catalog("shop", **place.properties)
    content_files(catalog.load_table("sales.orders"))[0].write_bytes(b"another")
    content_files(catalog.load_table("sales.returns"))[0].unlink()
    database.evict()
    files, held = files_of(place), database.tables()

    refused = operator.database_command("restore", "--with-tables", "--yes", code=4)["error"]

    assert "nothing is overwritten" in refused["message"]
    assert (files, held) == (files_of(place), database.tables())


def test_a_catalog_that_is_in_use_gets_no_files_back(
    operator: Operator, database: Database, place: Place
) -> None:
    shutil.rmtree(place.warehouse)
    connection = database.connect()

    operator.database_command("restore", "--with-tables", "--yes", code=4)
    connection.close()

    assert {} == files_of(place)


def test_a_dump_whose_pit_is_gone_is_refused_with_the_way_without(
    operator: Operator, database: Database
) -> None:
    dump = operator.database_command("list")["dumps"][0]["dump"]
    operator.bcn("backup")
    operator.bcn("prune", "--keep-last", "1", "--grace", "0h", "--apply")
    database.evict()
    held = database.tables()

    refused = operator.database_command("restore", dump, "--with-tables", "--yes", code=3)["error"]

    assert "is gone" in refused["message"]
    assert f"bcn catalog-database restore {dump}" in refused["hint"]
    assert held == database.tables()


def test_a_dump_that_was_taken_alone_is_refused(operator: Operator) -> None:
    refused = operator.database_command("restore", operator.dump(), "--with-tables", "--yes", code=3)["error"]

    assert "without a PIT" in refused["message"]


def test_a_table_that_the_pit_was_not_asked_for_is_named(
    operator: Operator, database: Database, place: Place
) -> None:
    narrow = Operator(operator.folder / "narrow", place.properties, database)
    narrow.folder.mkdir()
    narrow.configure()
    scope = ("--catalog", "shop", "--table", "sales.orders")
    narrow.bcn("init", *scope)
    narrow.bcn("backup", *scope, "--with-catalog-database")
    database.evict()

    plan = narrow.database_command("restore", "--with-tables", "--dry-run")["plan"]["with_tables"]

    assert ["sales.returns"] == plan["unheld"]
