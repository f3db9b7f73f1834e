"""The component of the catalog's database, its definitions carried out against a real PostgreSQL."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
from pyiceberg.catalog import load_catalog

from bcn_dagster.components import CatalogDatabaseBackups
from tests.services.databases import Database, Operator, new_database
from tests.warehouse.source import Place, append, make


def today() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d}"


@pytest.fixture
def operator(postgres_uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    database = new_database(postgres_uri, tmp_path.name)
    place = Place(tmp_path / "source", "shop", database.uri)
    append(make(place.pyiceberg(), "sales.orders"), 0)
    monkeypatch.setenv("PGPASSWORD", database.password)
    return Operator.begun(tmp_path, place, database)


@pytest.fixture
def definitions(operator: Operator) -> dg.Definitions:
    return CatalogDatabaseBackups(config=str(operator.folder / "bcn.toml")).definitions_now()


def run(definitions: dg.Definitions, job: str, **options: object) -> dg.ExecuteInProcessResult:
    found = definitions.resolve_job_def(job)
    return found.execute_in_process(raise_on_error=False, **options)  # type: ignore[arg-type]


def test_the_dump_of_today_is_a_partition_with_its_checks(
    definitions: dg.Definitions, operator: Operator
) -> None:
    done = run(definitions, "shop_dump_database", partition_key=today())

    checks = {one.check_name: one.passed for one in done.get_asset_check_evaluations()}
    held = [one["dump"] for one in operator.database_command("list")["dumps"]]
    shown = [
        one.metadata["bcn/dump"].value for one in done.asset_materializations_for_node("shop_database_dump")
    ]
    assert ({"dump_whole": True, "dump_fresh": True}, held) == (checks, shown)


def test_a_day_that_was_missed_is_not_made_up(definitions: dg.Definitions, operator: Operator) -> None:
    done = run(definitions, "shop_dump_database", partition_key="2026-01-02")

    assert not done.success
    assert [] == operator.database_command("list", code=9)["dumps"]


def test_the_restore_job_brings_the_database_back(definitions: dg.Definitions, operator: Operator) -> None:
    database: Database = operator.database
    dump, before = operator.dump(), database.tables()
    database.do("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    config = {"ops": {"shop_load_database": {"config": {"dump": dump, "dry_run": False}}}}

    done = run(definitions, "shop_restore_database", run_config=config)

    assert done.success
    assert before == database.tables()


def test_the_restore_job_puts_the_tables_files_back_as_well(
    definitions: dg.Definitions, operator: Operator
) -> None:
    operator.bcn("backup", "--with-catalog-database")
    operator.database.evict()
    shutil.rmtree(operator.folder / "source")
    operator.database.do("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    config = {"ops": {"shop_load_database": {"config": {"with_tables": True, "dry_run": False}}}}

    done = run(definitions, "shop_restore_database", run_config=config)

    table = load_catalog("shop", **operator.catalog).load_table("sales.orders")
    assert done.success
    assert 4 == table.scan().to_arrow().num_rows


def test_the_drill_job_measures_a_restore(definitions: dg.Definitions, operator: Operator) -> None:
    operator.dump()

    assert run(definitions, "shop_drill_database").success
    assert operator.database_command("list")["drill"]["seconds"] > 0
