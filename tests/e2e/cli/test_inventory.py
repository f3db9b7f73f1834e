"""``bcn inventory``, ``bcn query``, and what ``bcn backup`` and ``bcn prune`` do about them."""

import re
from pathlib import Path

import pytest

from tests.builders.command_line import ROWS, CommandLine
from tests.documentation.pages import Block, blocks_of

GUIDE = Path(__file__).parents[3] / "docs/guides/query-what-is-backed-up.md"
QUESTIONS = [block for block in blocks_of(GUIDE) if block.language == "sql" and "not-run" not in block.marks]


@pytest.fixture
def described(backed_up: CommandLine) -> CommandLine:
    assert backed_up.bcn("inventory", "rebuild", "--repo", "repo").code == 0
    return backed_up


def test_without_being_asked_for_nothing_is_written(backed_up: CommandLine) -> None:
    assert not [name for name in backed_up.files() if name.startswith("repo/inventory")]


def test_a_backup_keeps_the_inventory_when_it_is_asked_to(backed_up: CommandLine) -> None:
    answer = backed_up.on_repo("backup", "--inventory", "--json")

    assert (0, 0) == (answer.code, answer.document["inventory_lag"])
    assert 2 == len(backed_up.on_repo("query", "SELECT pit FROM pits", "--json").document["rows"])


def test_the_variable_switches_it_on(backed_up: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BCN_INVENTORY", "on")

    assert 0 == backed_up.on_repo("backup", "--json").document["inventory_lag"]


def test_a_variable_that_is_wrong_is_refused_before_the_backup(
    backed_up: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BCN_INVENTORY", "perhaps")
    before = backed_up.files()

    answer = backed_up.on_repo("backup")

    assert (2, before) == (answer.code, backed_up.files())


def test_a_backup_whose_inventory_is_broken_succeeds_and_warns(described: CommandLine) -> None:
    folder = described.folder / "repo/inventory"
    folder.rename(described.folder / "away")
    folder.write_text("no folder")

    broken = described.on_repo("backup", "--inventory", "--json")

    assert (0, 2) == (broken.code, broken.document["inventory_lag"])
    assert "warning: the inventory lacks 2 PITs, the next run catches up" in broken.err


def test_the_next_backup_catches_up(described: CommandLine) -> None:
    folder = described.folder / "repo/inventory"
    folder.rename(described.folder / "away")
    folder.write_text("no folder")
    described.on_repo("backup", "--inventory")
    folder.unlink()
    (described.folder / "away").rename(folder)

    described.on_repo("backup", "--inventory")

    assert 0 == described.bcn("inventory", "status", "--repo", "repo", "--json").document["inventory_lag"]


def test_a_prune_takes_rows_away(described: CommandLine) -> None:
    described.on_repo("backup", "--no-inventory")
    apply = ("--keep-last", "1", "--grace", "0", "--apply")
    described.on_repo("prune", *apply)

    answer = described.on_repo("prune", *apply, "--inventory", "--json")

    assert 0 == answer.document["inventory_lag"]
    assert [[1]] == described.on_repo("query", "SELECT COUNT(*) AS n FROM pits", "--json").document["rows"]


def test_the_status_names_the_metadata_files(described: CommandLine) -> None:
    answer = described.bcn("inventory", "status", "--repo", "repo")

    assert 3 == len(re.findall(r"rows?  file://.*\.metadata\.json", answer.out))


def test_a_repository_without_an_inventory_says_what_it_lacks(backed_up: CommandLine) -> None:
    answer = backed_up.bcn("inventory", "status", "--repo", "repo", "--json")

    assert (1, "it was not made yet") == (answer.document["inventory_lag"], answer.document["needs"])


def test_a_restore_needs_no_inventory(described: CommandLine) -> None:
    (described.folder / "repo/inventory").rename(described.folder / "gone")

    assert 0 == described.on_repo("restore", "--target-catalog", "other", "--yes").code


def test_a_verification_has_nothing_against_the_inventory(described: CommandLine) -> None:
    assert 0 == described.on_repo("verify").code


def test_a_query_draws_its_rows(described: CommandLine) -> None:
    answer = described.on_repo("query", "SELECT table_name, rows FROM tables ORDER BY table_name")

    assert "TABLE_NAME  ROWS" == answer.out.splitlines()[0].rstrip()
    assert "3 rows" == answer.out.splitlines()[-1]


def test_sql_that_is_wrong_is_a_wrong_request(described: CommandLine) -> None:
    answer = described.on_repo("query", "SELECT nowhere FROM pits")

    assert 2 == answer.code
    assert "bcn docs inventory" in answer.err


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda block: block.place)
def test_both_engines_give_the_same_answer_to_a_question_of_the_guide(
    described: CommandLine, question: Block
) -> None:
    described.catalog.load_table("sales.orders").append(ROWS)
    described.on_repo("backup", "--inventory")
    sql = question.text.replace("2026-03-02", "2020-01-01").replace("2026-01-01", "2020-01-01")
    sql = re.sub(r"20260302T\d+\.000Z", "29990101T000000.000Z", sql).replace("2026-03-31", "2999-01-01")

    polars, duckdb = (
        described.on_repo("query", sql, "--engine", engine, "--json").document
        for engine in ("polars", "duckdb")
    )

    assert polars["rows"] == duckdb["rows"]
    assert polars["rows"] or "city=Ulm" in sql
