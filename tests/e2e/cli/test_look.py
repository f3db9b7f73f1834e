"""How the command looks at a real terminal of 80 columns, and through a pipe."""

import json
import re

import pytest

from tests.builders.command_line import CommandLine
from tests.builders.pseudo_terminal import typed

COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:3[0-7]|38;5;\d+)m")
ESCAPE = "\x1b"


def test_a_terminal_sees_a_status_in_its_colour(backed_up: CommandLine) -> None:
    shown = typed(backed_up.folder, "list", "--repo", "repo")

    assert "\x1b[32mcomplete" in shown.terminal


def test_a_name_that_is_also_a_status_is_not_coloured(backed_up: CommandLine) -> None:
    sql = "SELECT 'partial' AS name, 'complete' AS status"

    shown = typed(backed_up.folder, "query", sql, "--repo", "repo")

    assert (False, True) == ("\x1b[33mpartial" in shown.terminal, "\x1b[32mcomplete" in shown.terminal)


def test_who_wants_no_colour_sees_the_same_words_without(backed_up: CommandLine) -> None:
    shown = typed(backed_up.folder, "list", "--repo", "repo", NO_COLOR="1")

    assert (None, True) == (COLOUR.search(shown.terminal), "complete" in shown.terminal)


def test_a_pipe_gets_no_escape_and_the_terminal_keeps_the_progress(backed_up: CommandLine) -> None:
    shown = typed(backed_up.folder, "backup", "--repo", "repo", pipe=True)

    assert (False, True) == (ESCAPE in shown.piped, "preparing" in shown.terminal)
    assert "status: complete" == shown.piped.splitlines()[-1]


def test_a_document_through_a_pipe_is_alone_there(backed_up: CommandLine) -> None:
    shown = typed(backed_up.folder, "backup", "--repo", "repo", "--json", pipe=True)

    assert "complete" == json.loads(shown.piped)["status"]


def test_without_a_terminal_there_is_no_progress(backed_up: CommandLine) -> None:
    process = backed_up.start("backup", "--repo", "repo")
    out, err = process.communicate()

    assert ("", False) == (err, ESCAPE in out)


def test_a_refusal_is_told_without_colour_and_with_its_hint(backed_up: CommandLine) -> None:
    shown = typed(backed_up.folder, "list", "--repo", "repo", "--pit", "tuesday")

    assert (2, None) == (shown.code, COLOUR.search(shown.terminal))
    assert ["bcn:", "HINT:"] == [line.split()[0] for line in shown.terminal.splitlines()]


@pytest.mark.parametrize(
    "arguments",
    [
        ["list"],
        ["list", "--pit", "latest"],
        ["describe", "--pit", "latest"],
        ["describe", "--table", "sales.orders"],
        ["changes"],
        ["backup"],
        ["prune", "--keep-last", "1"],
        ["verify"],
    ],
    ids=" ".join,
)
def test_nothing_is_wider_than_80_columns(two_pits: CommandLine, arguments: list[str]) -> None:
    two_pits.tables("a_database_of_a_long_name.a_table_of_a_long_name", "sales.new")
    assert 0 == two_pits.on_repo("backup", "--inventory").code
    two_pits.catalog.drop_table("sales.new")

    answer = two_pits.on_repo(*arguments)

    too_wide = [line for line in answer.out.splitlines() if len(line) > 80]
    assert (0, []) == (answer.code, too_wide)


def test_more_columns_than_fit_are_shown_as_records(two_pits: CommandLine) -> None:
    assert 0 == two_pits.bcn("inventory", "rebuild", "--repo", "repo").code

    answer = two_pits.on_repo("query", "SELECT * FROM pits ORDER BY pit")

    ids = [line.split()[1] for line in answer.out.splitlines() if line.startswith("PIT ")]
    assert ids == [one["pit"] for one in two_pits.on_repo("list", "--json").document["pits"]]


def test_the_settings_say_how_a_table_that_is_checked_is_reached(backed_up: CommandLine) -> None:
    answer = backed_up.bcn("verify", "--table-location", "prod/sales/orders", "--config", "nowhere.toml")

    assert (2, True) == (answer.code, "nowhere.toml" in answer.err)
