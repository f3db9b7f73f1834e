"""``bcn backup`` and ``bcn init``: what they make, say, and refuse."""

import shutil
from pathlib import Path

import pytest

from bcn_core.repository.repository import Repository
from bcn_core.storage.local import LocalStore
from tests.builders.command_line import ROWS, CommandLine


def repository(line: CommandLine) -> Repository:
    return Repository.open(LocalStore(line.folder / "repo"))


def test_the_first_backup_fixes_the_scope_it_is_given(lake: CommandLine) -> None:
    answer = lake.on_repo("backup", "--catalog", "prod", "--database", "sales")

    assert (0, "DATABASE prod.sales") == (
        answer.code,
        f"{repository(lake).scope.granularity} {repository(lake).scope}",
    )


def test_what_lies_outside_of_the_places_in_the_configuration_is_not_read(lake: CommandLine) -> None:
    with (lake.folder / "bcn.toml").open("a") as settings:
        settings.write('\n[backup]\nwithin = ["s3://lake"]\n')

    answer = lake.on_repo("backup", "--catalog", "prod")

    assert (9, True) == (answer.code, "[backup] within" in answer.out + answer.err)


def test_a_table_may_be_named_with_its_database(lake: CommandLine) -> None:
    lake.on_repo("backup", "--catalog", "prod", "--table", "sales.orders")

    assert "prod.sales.orders" == str(repository(lake).scope)


def test_a_backup_says_what_was_copied_for_each_table(lake: CommandLine) -> None:
    answer = lake.on_repo("backup", "--catalog", "prod")

    told = [line.split()[0] for line in answer.out.splitlines() if line.endswith("new")]
    assert ["ops.audit", "sales.items", "sales.orders"] == told


def test_a_later_backup_needs_no_scope_and_names_what_it_detected(drifted: CommandLine) -> None:
    answer = drifted.on_repo("backup", "--json")

    detected = {one["table"]: (one["status"], one["changes"]) for one in answer.document["tables"]}
    assert {
        "ops.audit": ("DELETED", []),
        "sales.articles": ("UNCHANGED", []),
        "sales.orders": ("ACTIVE", ["schema", "data"]),
    } == detected


def test_a_renamed_table_is_told_by_its_old_name(drifted: CommandLine) -> None:
    answer = drifted.on_repo("backup")

    assert "renamed from sales.items" in answer.out


def test_a_new_column_is_named(drifted: CommandLine) -> None:
    answer = drifted.on_repo("backup", "--json")

    assert [["quantity added"]] == [one["columns"] for one in answer.document["tables"] if one["columns"]]


def test_an_unchanged_catalog_costs_no_bytes(backed_up: CommandLine) -> None:
    answer = backed_up.on_repo("backup", "--json")

    assert (0, 0) == (answer.code, answer.document["counts"]["bytes_new"])


def test_the_same_scope_may_be_given_again(backed_up: CommandLine) -> None:
    answer = backed_up.on_repo("backup", "--catalog", "prod")

    assert 0 == answer.code


def test_no_line_of_the_result_is_wider_than_80_columns(drifted: CommandLine) -> None:
    answer = drifted.on_repo("backup")

    assert [] == [line for line in answer.out.splitlines() if len(line) > 80]


def test_the_scope_comes_from_bcn_toml_when_no_option_names_it(lake: CommandLine) -> None:
    toml = lake.folder / "bcn.toml"
    toml.write_text('[repository]\nurl = "repo"\ncatalog = "prod"\ndatabase = "ops"\n' + toml.read_text())

    lake.bcn("backup")

    assert "prod.ops" == str(repository(lake).scope)


def test_an_option_wins_over_bcn_toml(lake: CommandLine) -> None:
    toml = lake.folder / "bcn.toml"
    toml.write_text('[repository]\nurl = "repo"\ncatalog = "prod"\ndatabase = "ops"\n' + toml.read_text())

    lake.bcn("backup", "--database", "sales")

    assert "prod.sales" == str(repository(lake).scope)


def test_a_pit_of_the_past_bears_the_instant_that_was_asked_for(backed_up: CommandLine) -> None:
    answer = backed_up.on_repo("backup", "--at", "2020-01-01T00:00:00Z", "--json")

    assert "20200101T000000.000Z" == answer.document["pit"]


def test_a_failed_table_makes_the_pit_partial_and_the_exit_code_9(lake: CommandLine) -> None:
    lake.data_file("ops.audit").unlink()

    answer = lake.on_repo("backup", "--catalog", "prod")

    assert (9, True, True) == (answer.code, "ops.audit" in answer.out, "HINT: " in answer.err)


def test_a_partial_result_is_one_document_without_an_error(lake: CommandLine) -> None:
    lake.data_file("ops.audit").unlink()

    document = lake.on_repo("backup", "--catalog", "prod", "--json").document

    statuses = {one["table"]: one["status"] for one in document["tables"]}
    assert ("partial", "FAILED") == (document["status"], statuses["ops.audit"])


def test_init_makes_a_repository_without_a_pit(lake: CommandLine) -> None:
    answer = lake.on_repo("init", "--catalog", "prod", "--database", "sales")

    assert (0, "prod.sales", []) == (answer.code, str(repository(lake).scope), repository(lake).pits())


@pytest.mark.fault(44)
@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        (["--catalog", "other"], "CATALOG other"),
        (["--database", "sales"], "DATABASE prod.sales"),
        (["--table", "sales.orders"], "TABLE prod.sales.orders"),
    ],
)
def test_another_scope_is_refused_and_both_are_shown(
    backed_up: CommandLine, asked: list[str], shown: str
) -> None:
    answer = backed_up.on_repo("backup", *asked)

    assert (2, True, True) == (answer.code, "covers CATALOG prod" in answer.err, shown in answer.err)


def test_a_broader_scope_is_refused(lake: CommandLine) -> None:
    lake.on_repo("backup", "--catalog", "prod", "--database", "sales")

    answer = lake.on_repo("backup", "--catalog", "prod")

    assert (2, True) == (answer.code, "but CATALOG prod was asked for" in answer.err)


@pytest.mark.fault(44)
def test_another_catalog_of_the_same_name_is_refused_with_both_addresses(backed_up: CommandLine) -> None:
    backed_up.other_catalog("twin")
    backed_up.name_catalogs(prod="twin")

    answer = backed_up.on_repo("backup")

    assert (4, True, True) == (answer.code, "/prod.db" in answer.err, "/twin.db" in answer.err)


def test_a_moved_catalog_is_accepted_when_asked_for_and_told(backed_up: CommandLine) -> None:
    shutil.copy(backed_up.folder / "prod.db", backed_up.folder / "moved.db")
    backed_up.name_catalogs(prod="moved")

    answer = backed_up.on_repo("backup", "--accept-source")

    assert (0, True) == (answer.code, answer.err.startswith("warning: catalog 'prod' is "))


def test_a_catalog_that_nothing_configures_is_refused(empty: CommandLine) -> None:
    answer = empty.on_repo("backup", "--catalog", "nowhere")

    assert (3, True) == (answer.code, "catalog 'nowhere' is not configured" in answer.err)


@pytest.mark.parametrize(
    ("asked", "nearest"),
    [(["--database", "sale"], "nearest: sales"), (["--table", "sales.ordres"], "nearest: orders")],
)
def test_a_mistyped_scope_offers_the_nearest_names_and_leaves_no_repository(
    lake: CommandLine, asked: list[str], nearest: str
) -> None:
    answer = lake.on_repo("backup", "--catalog", "prod", *asked)

    assert (3, True, False) == (answer.code, nearest in answer.err, (lake.folder / "repo").exists())


def test_no_repository_and_no_scope_asks_for_one(lake: CommandLine) -> None:
    answer = lake.on_repo("backup")

    assert (3, True) == (answer.code, "--catalog NAME" in answer.err)


@pytest.mark.fault(45)
def test_a_folder_with_other_files_does_not_become_a_repository(lake: CommandLine) -> None:
    (lake.folder / "repo").mkdir()
    (lake.folder / "repo" / "holiday.jpg").write_bytes(b"")

    answer = lake.on_repo("backup", "--catalog", "prod")

    assert (4, True) == (answer.code, "it holds holiday.jpg" in answer.err)


@pytest.mark.fault(45)
def test_a_repository_of_a_newer_format_is_refused(backed_up: CommandLine) -> None:
    manifest = backed_up.folder / "repo" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"format_version": 1', '"format_version": 99', 1))

    answer = backed_up.on_repo("backup")

    assert (7, True) == (answer.code, "format version 99" in answer.err)


@pytest.mark.fault(8)
def test_a_place_without_rights_is_refused(lake: CommandLine) -> None:
    # Even root may make no folder in /sys.
    answer = lake.bcn("backup", "--repo", "/sys/bcn", "--catalog", "prod")

    assert 8 == answer.code


def test_a_pit_of_the_future_is_refused(backed_up: CommandLine) -> None:
    answer = backed_up.on_repo("backup", "--at", "2999-01-01")

    assert (4, True) == (answer.code, "lies in the future" in answer.err)


def test_a_malformed_instant_is_refused(backed_up: CommandLine) -> None:
    answer = backed_up.on_repo("backup", "--at", "yesterday")

    assert (2, True) == (answer.code, "'yesterday' is no timestamp" in answer.err)


def test_init_refuses_a_place_that_is_a_repository_already(backed_up: CommandLine) -> None:
    before = Path("repo/manifest.json").read_bytes()

    answer = backed_up.on_repo("init", "--catalog", "prod")

    assert (4, before) == (answer.code, Path("repo/manifest.json").read_bytes())


def test_init_of_a_place_that_is_a_repository_already_says_what_it_covers_and_what_to_type(
    backed_up: CommandLine,
) -> None:
    answer = backed_up.on_repo("init", "--catalog", "prod")

    assert 4 == answer.code
    assert "is a BCN repository already: it covers CATALOG prod" in answer.err
    assert "HINT: take a PIT of it: bcn backup --repo " in answer.err


def test_a_backup_of_the_newest_snapshots_ends_as_a_partial_one_and_says_how_to_make_it_whole(
    lake: CommandLine,
) -> None:
    lake.catalog.load_table("sales.orders").append(ROWS)

    answer = lake.on_repo("backup", "--catalog", "prod", "--table", "sales.orders", "--newest-snapshots", "1")

    assert 9 == answer.code
    assert "holds the newest 1 of 2 snapshots alone" in " ".join(answer.out.split())
    assert "HINT: older snapshots were left out, as asked" in answer.err


def test_a_partial_backup_of_a_catalog_is_refused_and_leaves_no_pin(lake: CommandLine) -> None:
    answer = lake.on_repo("backup", "--catalog", "prod", "--newest-snapshots", "1")

    assert (2, []) == (answer.code, lake.pins())
