"""``bcn restore``: the plan, the question, the outcome, and what it refuses before anything is written."""

import shutil

import pytest

from bcn_core.names import TableName
from tests.builders.command_line import ROWS, CommandLine

INTO_OTHER = ("--target-catalog", "other")


def lose_the_source(line: CommandLine) -> None:
    (line.folder / "prod.db").unlink()
    shutil.rmtree(line.folder / "prod")


def test_a_restore_with_a_yes_brings_every_table_back_from_the_repository_alone(
    two_pits: CommandLine,
) -> None:
    lose_the_source(two_pits)

    answer = two_pits.on_repo("restore", *INTO_OTHER, "--yes")

    rows = {
        name: two_pits.restored().load_table(name).scan().to_arrow().num_rows
        for name in ("sales.orders", "sales.articles")
    }
    assert (0, {"sales.orders": 6, "sales.articles": 3}) == (answer.code, rows)


def test_a_lost_catalog_is_made_again_in_its_old_place(backed_up: CommandLine) -> None:
    lose_the_source(backed_up)

    backed_up.on_repo("restore", "--yes")

    assert 0 == len(backed_up.on_repo("changes", "--json").document["changes"])


@pytest.mark.fault(37)
def test_a_dry_run_writes_nothing_and_makes_no_catalog(two_pits: CommandLine) -> None:
    before = two_pits.files()

    answer = two_pits.on_repo("restore", *INTO_OTHER, "--dry-run")

    assert (0, before) == (answer.code, two_pits.files())


@pytest.mark.fault(37)
def test_a_dry_run_shows_the_plan_that_the_real_run_carries_out(two_pits: CommandLine) -> None:
    shown = two_pits.on_repo("restore", *INTO_OTHER, "--dry-run", "--json").document["plan"]

    carried_out = two_pits.on_repo("restore", *INTO_OTHER, "--yes", "--json").document["plan"]

    assert shown == carried_out


def test_without_a_terminal_and_a_yes_the_plan_is_shown_and_nothing_restored(two_pits: CommandLine) -> None:
    before = two_pits.files()

    answer = two_pits.on_repo("restore", *INTO_OTHER)

    assert (2, True, True, before) == (
        answer.code,
        "sales.orders -> sales.orders" in answer.out,
        "add --yes" in answer.err,
        two_pits.files(),
    )


def test_a_plan_that_nobody_confirmed_is_one_document_with_an_error(two_pits: CommandLine) -> None:
    document = two_pits.on_repo("restore", *INTO_OTHER, "--json").document

    assert (2, "InvalidRequest") == (document["error"]["code"], document["error"]["kind"])


def test_a_table_that_fails_has_its_error_as_an_object_like_any_refusal(backed_up: CommandLine) -> None:
    (held,) = (backed_up.folder / "repo").rglob(backed_up.data_file("sales.orders").name)
    held.write_bytes(bytes(held.stat().st_size))

    result = backed_up.on_repo("restore", *INTO_OTHER, "--yes", "--json").document["result"]

    errors = {one["table"]: one["error"] for one in result["tables"]}
    assert ["hint", "kind", "message"] == sorted(errors["sales.orders"])
    assert "HINT" not in errors["sales.orders"]["message"]


def test_an_earlier_pit_brings_the_then_names_and_rows(two_pits: CommandLine) -> None:
    first = two_pits.on_repo("list", "--json").document["pits"][0]["pit"]

    two_pits.on_repo("restore", *INTO_OTHER, "--pit", first, "--yes")

    assert 3 == two_pits.restored().load_table("sales.orders").scan().to_arrow().num_rows


@pytest.mark.parametrize(
    ("filters", "chosen"),
    [
        (["--table", "sales.*"], ["sales.articles", "sales.orders"]),
        (["--table", "ord*"], ["sales.orders"]),
        (["--database", "s*", "--exclude", "articles"], ["sales.orders"]),
        (["--include-deleted"], ["ops.audit", "sales.articles", "sales.orders"]),
    ],
)
def test_filters_choose_the_tables(two_pits: CommandLine, filters: list[str], chosen: list[str]) -> None:
    plan = two_pits.on_repo("restore", *INTO_OTHER, *filters, "--dry-run", "--json").document["plan"]

    assert chosen == [one["source"] for one in plan["tables"]]


def test_a_table_gets_the_name_and_the_place_that_were_asked_for(two_pits: CommandLine) -> None:
    place = f"file://{two_pits.folder}/elsewhere/t"
    names = ["--target-database", "sandbox", "--target-table", "orders_then", "--target-location", place]

    two_pits.on_repo("restore", *INTO_OTHER, "--table", "sales.orders", *names, "--yes")

    assert place == two_pits.restored().load_table("sandbox.orders_then").location()


def test_a_table_that_was_only_renamed_keeps_its_uuid_under_its_own_name(two_pits: CommandLine) -> None:
    before = two_pits.catalog.load_table("sales.articles").metadata.table_uuid

    two_pits.on_repo("restore", *INTO_OTHER, "--table", "sales.articles", "--yes")

    assert before == two_pits.restored().load_table("sales.articles").metadata.table_uuid


def test_a_restore_that_is_run_again_finds_everything_there(two_pits: CommandLine) -> None:
    two_pits.on_repo("restore", *INTO_OTHER, "--yes")

    again = two_pits.on_repo("restore", *INTO_OTHER, "--yes", "--json").document

    assert {"done"} == {one["action"] for one in again["result"]["tables"]}


@pytest.mark.fault(32)
def test_a_target_that_exists_is_refused_with_the_ways_out(backed_up: CommandLine) -> None:
    backed_up.catalog.load_table("sales.orders").append(ROWS)

    answer = backed_up.on_repo("restore", "--table", "sales.orders", "--yes")

    assert (4, True, True) == (
        answer.code,
        "sales.orders exists already" in answer.err,
        "--on-conflict" in answer.err,
    )


def test_a_target_that_exists_can_be_left_alone(backed_up: CommandLine) -> None:
    backed_up.catalog.load_table("sales.orders").append(ROWS)

    result = backed_up.on_repo(
        "restore", "--table", "sales.orders", "--on-conflict", "skip", "--yes", "--json"
    )

    assert (0, ["skip"]) == (result.code, [one["action"] for one in result.document["result"]["tables"]])


def test_a_target_that_exists_can_be_replaced(backed_up: CommandLine) -> None:
    backed_up.catalog.load_table("sales.orders").append(ROWS)

    answer = backed_up.on_repo("restore", "--table", "sales.orders", "--on-conflict", "replace", "--yes")

    rows = backed_up.catalog.load_table("sales.orders").scan().to_arrow().num_rows
    assert (0, 3) == (answer.code, rows)


def test_one_refused_table_does_not_hold_up_the_others_and_the_exit_code_is_9(backed_up: CommandLine) -> None:
    other = backed_up.restored()
    other.create_namespace("ops")
    other.create_table("ops.audit", schema=ROWS.schema)

    answer = backed_up.on_repo("restore", *INTO_OTHER, "--yes")

    assert (9, True, True) == (
        answer.code,
        other.table_exists("sales.orders"),
        "2 of 3 tables are in place, 1 failed" in answer.out,
    )


def test_a_deleted_table_says_how_to_get_it(two_pits: CommandLine) -> None:
    answer = two_pits.on_repo("restore", *INTO_OTHER, "--table", "ops.audit", "--yes")

    assert (3, True) == (answer.code, "--include-deleted" in answer.err)


@pytest.mark.fault(27)
@pytest.mark.parametrize(
    ("filters", "nearest"),
    [(["--table", "ordres"], "sales.orders"), (["--database", "sale"], "nearest: sales")],
)
def test_a_filter_that_matches_nothing_offers_the_nearest(
    backed_up: CommandLine, filters: list[str], nearest: str
) -> None:
    answer = backed_up.on_repo("restore", *INTO_OTHER, *filters, "--yes")

    assert (3, True) == (answer.code, nearest in answer.err)


def test_a_target_catalog_that_nothing_configures_is_refused(backed_up: CommandLine) -> None:
    answer = backed_up.on_repo("restore", "--target-catalog", "nowhere", "--yes")

    assert (3, True, True) == (
        answer.code,
        "[catalogs.nowhere]" in answer.err,
        "--target-catalog prod or --target-catalog other" in answer.err,
    )


def test_after_damage_the_advice_is_another_pit_and_not_the_same_command(two_pits: CommandLine) -> None:
    for file in (two_pits.folder / "repo").glob("**/orders/*/*/files/**/*.parquet"):
        file.write_bytes(b"garbled")

    answer = two_pits.on_repo("restore", *INTO_OTHER, "--yes")

    assert (9, True) == (answer.code, "bcn verify --read-all names the newest PIT" in answer.err)
    assert "run the same command again" not in answer.err


def test_a_target_inside_its_source_is_refused(backed_up: CommandLine) -> None:
    inside = backed_up.catalog.load_table("sales.orders").location() + "/copy"

    answer = backed_up.on_repo(
        "restore", *INTO_OTHER, "--table", "sales.orders", "--target-location", inside, "--yes"
    )

    assert (2, True) == (answer.code, "contain one another" in answer.err)


def test_a_target_place_with_other_files_is_refused(backed_up: CommandLine) -> None:
    place = backed_up.folder / "taken"
    place.mkdir()
    (place / "holiday.jpg").write_bytes(b"")

    answer = backed_up.on_repo(
        "restore", *INTO_OTHER, "--table", "sales.orders", "--target-location", str(place), "--yes"
    )

    assert 4 == answer.code


@pytest.mark.fault(33)
def test_a_restore_never_touches_the_catalog_that_it_was_not_told_to(backed_up: CommandLine) -> None:
    before = (backed_up.folder / "prod.db").read_bytes()

    backed_up.on_repo("restore", *INTO_OTHER, "--yes")

    assert before == (backed_up.folder / "prod.db").read_bytes()


def test_a_name_with_dots_and_spaces_comes_back(lake: CommandLine) -> None:
    lake.tables('sales.we ird %2F "ü"')
    lake.on_repo("backup", "--catalog", "prod")

    lake.on_repo("restore", *INTO_OTHER, "--yes")

    names = {TableName(one[:-1], one[-1]) for one in lake.restored().list_tables("sales")}
    assert TableName(("sales",), 'we ird %2F "ü"') in names
