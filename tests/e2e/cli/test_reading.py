"""``bcn describe``, ``list`` and ``changes``: what they show, as tables and as documents, and what they refuse."""

import re

import pytest

from tests.builders.command_line import CommandLine
from tests.warehouse.source import Place
from tests.warehouse.sql_views import create_view, drop_view


def pits(line: CommandLine) -> list[str]:
    return [one["pit"] for one in line.on_repo("list", "--json").document["pits"]]


@pytest.mark.parametrize(
    "arguments",
    [
        ["describe"],
        ["describe", "--pit", "latest"],
        ["describe", "--table", "sales.orders"],
        ["list"],
        ["list", "--pit", "latest"],
        ["changes"],
    ],
)
def test_every_reading_command_prints_one_document(two_pits: CommandLine, arguments: list[str]) -> None:
    answer = two_pits.on_repo(*arguments, "--json")

    assert (0, True, "") == (answer.code, isinstance(answer.document, dict), answer.err)


@pytest.mark.parametrize(
    "arguments", [["describe"], ["describe", "--pit", "latest"], ["list"], ["list", "--pit", "latest"]]
)
def test_no_line_for_people_is_wider_than_80_columns(two_pits: CommandLine, arguments: list[str]) -> None:
    answer = two_pits.on_repo(*arguments)

    # A place is never cut, since nobody could copy it then.
    lines = [line for line in answer.out.splitlines() if not line.startswith(("repository ", "source "))]
    assert [] == [line for line in lines if len(line) > 80]


def test_describe_shows_granularity_scope_and_every_pit(two_pits: CommandLine) -> None:
    document = two_pits.on_repo("describe", "--json").document

    statuses = [one["status"] for one in document["pits"]]
    assert ("CATALOG", "prod", ["complete", "complete"]) == (
        document["granularity"],
        document["scope"]["catalog"],
        statuses,
    )


def test_describe_counts_objects_files_and_new_bytes_of_each_pit(two_pits: CommandLine) -> None:
    counts = [one["counts"] for one in two_pits.on_repo("describe", "--json").document["pits"]]

    assert [(2, 3, 3), (2, 2, 1)] == [(one["databases"], one["tables"], one["captured"]) for one in counts]


def test_describe_names_deleted_tables_and_the_pit_that_holds_them(two_pits: CommandLine) -> None:
    document = two_pits.on_repo("describe", "--json").document

    deleted = [(one["table"], one["last_pit"]) for one in document["deleted_tables"]]
    assert [("ops.audit", document["pits"][0]["pit"])] == deleted


def test_describe_shows_a_damaged_pit_beside_the_others_and_exits_with_6(two_pits: CommandLine) -> None:
    damaged = pits(two_pits)[0]
    manifest = two_pits.folder / "repo/catalogs/prod/pit_manifests" / damaged / "manifest.json"
    manifest.write_bytes(manifest.read_bytes()[:-5])

    answer = two_pits.on_repo("describe")

    assert (6, ["damaged", "complete"]) == (
        answer.code,
        re.findall(r"^\d\S+Z +(\w+)", answer.out, re.MULTILINE),
    )


def test_describe_of_a_pit_says_what_changed_and_on_what_it_stands(two_pits: CommandLine) -> None:
    document = two_pits.on_repo("describe", "--pit", "latest", "--json").document

    manifest = document["manifest"]
    assert ("consistent", pits(two_pits)[0], [["schema", "data"]]) == (
        manifest["consistency"]["mode"],
        manifest["parent_pit"]["pit"],
        [one["changes"] for one in manifest["changed"]],
    )


def test_a_tables_history_has_its_schemas_with_the_columns_that_differ(two_pits: CommandLine) -> None:
    history = two_pits.on_repo("describe", "--table", "sales.orders", "--json").document

    assert [(0, []), (1, ["quantity added"])] == [
        (one["schema_id"], one["changes"]) for one in history["schemas"]
    ]


def test_a_renamed_tables_history_is_found_by_its_old_name(two_pits: CommandLine) -> None:
    history = two_pits.on_repo("describe", "--table", "sales.items", "--json").document

    assert [["sales.items", pits(two_pits)[0]], ["sales.articles", pits(two_pits)[1]]] == history["names"]


def test_list_shows_the_status_of_each_table(two_pits: CommandLine) -> None:
    document = two_pits.on_repo("list", "--pit", "latest", "--json").document

    assert {"ops.audit": "DELETED", "sales.articles": "UNCHANGED", "sales.orders": "ACTIVE"} == {
        one["table"]: one["status"] for one in document["tables"]
    }


def test_list_of_a_database_leaves_the_others_out(two_pits: CommandLine) -> None:
    document = two_pits.on_repo("list", "--pit", "latest", "--database", "sales", "--json").document

    assert ["sales.articles", "sales.orders"] == [one["table"] for one in document["tables"]]


def test_list_of_an_earlier_pit_shows_what_was_there_then(two_pits: CommandLine) -> None:
    document = two_pits.on_repo("list", "--pit", pits(two_pits)[0], "--json").document

    assert ["ops.audit", "sales.items", "sales.orders"] == [one["table"] for one in document["tables"]]


def test_a_name_that_looks_like_markup_is_shown_as_it_is(lake: CommandLine) -> None:
    lake.tables("sales.[red]x[/red]")
    lake.on_repo("backup", "--catalog", "prod")

    answer = lake.on_repo("list", "--pit", "latest")

    assert "[red]x[/red]" in answer.out


def test_a_control_character_in_a_name_does_not_reach_the_terminal(lake: CommandLine) -> None:
    lake.tables("sales.x\x1b[31m")
    lake.on_repo("backup", "--catalog", "prod")

    answer = lake.on_repo("list", "--pit", "latest")

    assert (False, True) == ("\x1b" in answer.out, "x\\x1b[31m" in answer.out)


def test_changes_shows_the_drift_and_writes_nothing(drifted: CommandLine) -> None:
    before = drifted.files()

    document = drifted.on_repo("changes", "--json").document

    assert ({"ops.audit", "sales.articles", "sales.orders"}, before) == (
        {one["table"] for one in document["changes"]},
        drifted.files(),
    )


def test_changes_of_a_source_that_stood_still_are_none(backed_up: CommandLine) -> None:
    document = backed_up.on_repo("changes", "--json").document

    assert (False, 3) == (document["any"], document["unchanged"])


def test_changes_shows_views_that_are_new_replaced_or_gone(backed_up: CommandLine) -> None:
    place = Place(backed_up.folder / "views", "prod", f"sqlite:///{backed_up.folder}/prod.db")
    for view in ("sales.kept", "sales.moved", "sales.gone"):
        create_view(place, view)
    backed_up.on_repo("backup")
    create_view(place, "sales.moved", sql="SELECT 2 AS id")
    create_view(place, "sales.fresh")
    drop_view(place, "sales.gone")

    answer = backed_up.on_repo("changes", "--json").document

    assert {"sales.fresh": "new", "sales.gone": "dropped", "sales.moved": "replaced"} == {
        one["view"]: one["change"] for one in answer["views"]
    }
    assert (True, []) == (answer["any"], answer["changes"])
    assert "3 views changed" in backed_up.on_repo("changes").out


@pytest.mark.fault(45)
@pytest.mark.parametrize("command", ["describe", "list", "changes", "restore"])
def test_a_place_without_a_repository_is_named(empty: CommandLine, command: str) -> None:
    answer = empty.on_repo(command)

    assert (3, True) == (answer.code, f"there is no repository at file://{empty.folder}/repo" in answer.err)


@pytest.mark.fault(45)
@pytest.mark.parametrize(
    ("place", "held"), [("rebo", "nothing lies there"), ("prod", "what lies there, such as ")]
)
def test_a_mistyped_place_says_what_is_there_instead(two_pits: CommandLine, place: str, held: str) -> None:
    answer = two_pits.bcn("restore", "--repo", place)

    assert (3, True) == (answer.code, held in answer.err)


@pytest.mark.fault(45)
def test_a_folder_whose_manifest_is_another_programs_is_no_repository(empty: CommandLine) -> None:
    (empty.folder / "repo").mkdir()
    (empty.folder / "repo" / "manifest.json").write_text('{"name": "a web page"}')

    answer = empty.on_repo("describe")

    assert (6, True) == (answer.code, "not a valid RepositoryManifest" in answer.err)


def test_no_repository_named_at_all_is_a_matter_of_usage(empty: CommandLine) -> None:
    answer = empty.bcn("describe")

    assert (2, True) == (answer.code, "HINT: give --repo PLACE" in answer.err)


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["list", "--pit", "latest", "--database", "sale"], "nearest: sales"),
        (["describe", "--table", "sales.order"], "nearest: sales.orders"),
    ],
)
def test_an_unknown_name_offers_the_nearest(backed_up: CommandLine, arguments: list[str], hint: str) -> None:
    answer = backed_up.on_repo(*arguments)

    assert (3, True) == (answer.code, hint in answer.err)


@pytest.mark.fault(36)
@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        ("2001-01-01", 3, "no PIT at or before 2001-01-01"),
        ("tuesday", 2, "neither a PIT nor a timestamp"),
        ("2", 2, "begins 2 PITs"),
    ],
)
def test_a_pit_that_is_none_is_refused(two_pits: CommandLine, asked: str, code: int, said: str) -> None:
    answer = two_pits.on_repo("list", "--pit", asked)

    assert (code, True) == (answer.code, said in answer.err)


def test_a_database_without_a_pit_is_refused(backed_up: CommandLine) -> None:
    answer = backed_up.on_repo("list", "--database", "sales")

    assert (2, True) == (answer.code, "--pit latest" in answer.err)
