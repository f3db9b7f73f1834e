"""The database of a SQL catalog on a real PostgreSQL: dumped, looked through, lost, restored, by the command line."""

from pathlib import Path
from typing import Any

import pytest
from pyiceberg.catalog import load_catalog

from bcn_core.repository.dump_documents import DumpManifest
from bcn_core.repository.encoding import seal, sha256
from tests.services.databases import Database, Operator
from tests.warehouse.source import Place, append, make


@pytest.fixture
def place(database: Database, tmp_path: Path) -> Place:
    place = Place(tmp_path / "source", "shop", database.uri)
    catalog = place.pyiceberg()
    append(make(catalog, "sales.orders"), 0)
    append(make(catalog, ("odd", "it's \\ a 'name'")), 0)
    return place


@pytest.fixture
def operator(place: Place, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    monkeypatch.setenv("PGPASSWORD", database.password)
    return Operator.begun(tmp_path, place, database)


def stored(operator: Operator) -> dict[str, bytes]:
    """Every object of the repository."""
    root = operator.folder / "backups"
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def pointers(place: Place) -> dict[str, str]:
    catalog = load_catalog("shop", **place.properties)
    names = [name for level in catalog.list_namespaces() for name in catalog.list_tables(level)]
    return {".".join(name): catalog.load_table(name).metadata_location for name in names}


def test_a_dump_names_the_catalogs_pointers(operator: Operator, place: Place) -> None:
    found = operator.database_command("backup")["dump"]

    assert "sql" == found["state"]["kind"]
    assert pointers(place) == found["state"]["tables"]


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({}, "dump.sql.gz"),
        ({"compressed": "false"}, "dump.sql"),
        ({"format": '"custom"'}, "dump.pgdump"),
    ],
)
def test_a_lost_schema_comes_back_row_by_row(
    operator: Operator, database: Database, options: dict[str, str], name: str
) -> None:
    operator.configure(**options)
    before = database.tables()
    dump = operator.dump()
    database.do("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")

    operator.database_command("restore", dump, "--yes")

    assert before == database.tables()
    assert any(key.endswith(f"{dump}/{name}") for key in stored(operator))


def test_a_dump_is_whole_when_it_is_looked_through(operator: Operator) -> None:
    dump = operator.dump()

    assert [{"dump": dump, "problem": "", "note": ""}] == operator.database_command("verify")["dumps"]


def test_a_check_of_all_dumps_is_refused_where_there_is_none(operator: Operator) -> None:
    operator.database_command("verify", "--all", code=3)


def test_a_byte_that_rotted_is_found(operator: Operator) -> None:
    dump = operator.dump()
    file = next(operator.folder.rglob(f"{dump}/dump.sql.gz"))
    file.write_bytes(file.read_bytes()[:-1] + b"?")

    found = operator.database_command("verify", code=6)["dumps"]

    assert "SHA-256 differs" in found[0]["problem"]


def test_a_damaged_dump_is_not_restored(operator: Operator, database: Database) -> None:
    dump, before = operator.dump(), database.tables()
    file = next(operator.folder.rglob(f"{dump}/dump.sql.gz"))
    file.write_bytes(b"?")

    operator.database_command("restore", dump, "--yes", code=6)

    assert before == database.tables()


def tampered(operator: Operator, dump: str, line: str) -> None:
    """Somebody with write access to the repository adds a line to a dump, and makes all digests fit."""
    operator.configure(compressed="false")
    file = next(operator.folder.rglob(f"{dump}/dump.sql"))
    file.write_text(f"{line}\n{file.read_text()}")
    document = file.with_name("manifest.json")
    manifest = DumpManifest.model_validate_json(document.read_bytes())
    fitting = {"bytes": file.stat().st_size, "sha256": sha256(file.read_bytes())}
    document.write_bytes(seal(manifest.model_copy(update=fitting)))


def test_a_tampered_dump_runs_no_program_on_this_machine(
    operator: Operator, database: Database, tmp_path: Path
) -> None:
    operator.configure(compressed="false")
    dump, before = operator.dump(), database.tables()
    tampered(operator, dump, f"\\! touch {tmp_path}/taken-over")

    operator.database_command("restore", dump, "--yes", code=8)

    assert not (tmp_path / "taken-over").exists()
    assert before == database.tables()


def test_the_lines_of_psql_that_pg_dump_writes_against_it_are_left_out(
    operator: Operator, database: Database
) -> None:
    operator.configure(compressed="false")
    dump, before = operator.dump(), database.tables()
    tampered(operator, dump, "\\restrict 0a1b2c")

    operator.database_command("restore", dump, "--yes")

    assert before == database.tables()


def test_a_dry_run_changes_nothing(operator: Operator, database: Database, place: Place) -> None:
    dump = operator.dump()
    append(load_catalog("shop", **place.properties).load_table("sales.orders"), 900)
    before, objects = database.tables(), stored(operator)

    plan = operator.database_command("restore", dump, "--dry-run", "--while-in-use")["plan"]

    assert (dump, True) == (plan["dump"], plan["safety_dump"])
    assert (before, objects) == (database.tables(), stored(operator))


def test_a_dry_run_of_what_would_be_refused_is_refused(operator: Operator, database: Database) -> None:
    dump, connection = operator.dump(), database.connect()

    answer = operator.database_command("restore", dump, "--dry-run", code=4)
    connection.close()

    assert ("Conflict", dump) == (answer["error"]["kind"], answer["plan"]["dump"])


def test_the_state_before_a_restore_is_dumped_and_can_be_had_back(
    operator: Operator, database: Database
) -> None:
    first = operator.dump()
    database.do("CREATE TABLE newer (id int)", "INSERT INTO newer VALUES (1)")
    later = database.tables()
    safety = operator.database_command("restore", first, "--yes")["result"]["safety"]

    operator.database_command("restore", safety, "--yes")

    assert later == database.tables()


def test_tables_that_are_younger_than_the_dump_go(operator: Operator, database: Database) -> None:
    dump, before = operator.dump(), database.tables()
    database.do("CREATE TABLE newer (id int)")

    operator.database_command("restore", dump, "--yes")

    assert before == database.tables()


def test_a_restore_that_fails_leaves_the_old_state(operator: Operator, database: Database) -> None:
    dump = operator.dump()
    database.do(
        "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql "
        "AS $$ BEGIN RAISE EXCEPTION 'no more tables'; END $$",
        "CREATE EVENT TRIGGER refuse ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION refuse()",
    )
    before = database.tables()

    said = operator.database_command("restore", dump, "--yes", code=8)["error"]["message"]

    assert "no more tables" in said
    assert before == database.tables()


def test_a_restore_is_refused_while_somebody_is_connected(operator: Operator, database: Database) -> None:
    dump, connection = operator.dump(), database.connect()

    refused = operator.database_command("restore", dump, "--yes", code=4)["error"]
    connection.close()

    assert "1 connection to" in refused["message"]


def test_a_restore_while_in_use_goes_on_when_told(operator: Operator, database: Database) -> None:
    dump, before, connection = operator.dump(), database.tables(), database.connect()

    operator.database_command("restore", dump, "--yes", "--while-in-use")
    connection.close()

    assert before == database.tables()


def test_a_restore_into_another_database_makes_it(operator: Operator, database: Database) -> None:
    dump = operator.dump()

    operator.database_command("restore", dump, "--yes", "--target-database", f"{database.name}_two")

    assert database.tables() == database.other(f"{database.name}_two").tables()


def test_a_restore_that_nobody_confirms_is_refused(operator: Operator) -> None:
    assert "--yes" in operator.database_command("restore", operator.dump(), code=2)["error"]["hint"]


def test_a_reset_empties_the_database_after_a_dump(operator: Operator, database: Database) -> None:
    before = database.tables()

    safety = operator.database_command("reset", "--database", database.name)["safety"]

    assert {} == database.tables()
    operator.database_command("restore", safety, "--yes")
    assert before == database.tables()


def test_a_reset_under_a_wrong_name_is_refused(operator: Operator, database: Database) -> None:
    before = database.tables()

    operator.database_command("reset", "--database", "another", code=2)

    assert before == database.tables()


def test_a_drill_leaves_no_database_behind_and_is_shown_as_rto(
    operator: Operator, database: Database
) -> None:
    operator.dump()
    names = database.do("SELECT datname FROM pg_database ORDER BY 1")

    seconds = operator.database_command("drill")["drill"]["seconds"]

    assert seconds == operator.database_command("list")["drill"]["seconds"]
    assert names == database.do("SELECT datname FROM pg_database ORDER BY 1")


def test_the_running_catalog_is_held_against_the_dump(operator: Operator) -> None:
    operator.dump()

    said = operator.database_command("verify", "--running")["running"]

    assert ["loads"] == [text.rpartition(" ")[2] for text in said[-1:]]


def test_a_running_catalog_that_moved_on_is_found(operator: Operator, place: Place) -> None:
    operator.dump()
    append(load_catalog("shop", **place.properties).load_table("sales.orders"), 900)

    refused = operator.database_command("verify", "--running", code=6)["error"]["message"]

    assert "sales.orders" in refused


def test_the_password_is_nowhere_in_the_repository_nor_said(operator: Operator, database: Database) -> None:
    dump = operator.dump()
    operator.database_command("restore", dump, "--yes", "--verbose", "--debug")
    operator.database_command("list")

    held = b"".join(stored(operator).values()) + operator.said.encode()

    assert database.password.encode() not in held


def test_a_wrong_password_is_told_without_it(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "planted-wrong-password")

    operator.database_command("backup", code=8)

    assert "planted-wrong-password" not in operator.said


def test_a_database_that_holds_nothing_is_not_dumped(operator: Operator, database: Database) -> None:
    database.do("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")

    operator.database_command("backup", code=2)

    assert [] == operator.database_command("list", code=9)["dumps"]


def test_a_dump_for_an_age_recipient_comes_back_with_its_identity(
    operator: Operator, database: Database, tmp_path: Path
) -> None:
    from pyrage import x25519

    identity = x25519.Identity.generate()
    (tmp_path / "identity.txt").write_text(f"# of the operators\n{identity}\n")
    operator.configure(recipients=f'["{identity.to_public()}"]')
    dump, before = operator.dump(), database.tables()
    database.do("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")

    operator.database_command("restore", dump, "--yes", code=2)
    operator.configure(identity=f'"{tmp_path}/identity.txt"')
    operator.database_command("restore", dump, "--yes")

    assert before == database.tables()
    assert not any(
        b"iceberg_tables" in data for key, data in stored(operator).items() if key.endswith(".age")
    )


def test_a_dump_and_a_pit_of_one_command_bear_one_id(operator: Operator) -> None:
    pit = operator.bcn("backup", "--with-catalog-database")["pit"]

    tie: dict[str, Any] = operator.database_command("describe")["dump"]["tie"]

    assert (pit, "consistent") == (tie["pit"]["pit"], tie["consistency"])
