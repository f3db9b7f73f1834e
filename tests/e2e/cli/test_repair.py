"""``bcn repair`` as people type it."""

from pathlib import Path

import pytest

from tests.builders.command_line import CommandLine


@pytest.fixture
def damaged(backed_up: CommandLine) -> Path:
    """A data file in the repository that was emptied."""
    found = next((backed_up.folder / "repo").rglob("orders/**/files/**/*.parquet"))
    found.chmod(0o600)
    found.write_bytes(b"")
    return found


def test_repair_shows_its_plan_and_changes_nothing(backed_up: CommandLine, damaged: Path) -> None:
    answer = backed_up.on_repo("repair")

    assert 0 == answer.code
    assert "1 object can be replaced, 0 lost for good. Nothing has been changed; add --apply." in answer.out
    assert b"" == damaged.read_bytes()


@pytest.mark.usefixtures("damaged")
def test_repair_mends_from_the_source(backed_up: CommandLine) -> None:
    assert 0 == backed_up.on_repo("repair", "--apply").code

    assert 0 == backed_up.on_repo("verify", "--read-all").code


@pytest.mark.usefixtures("damaged")
def test_repair_says_what_is_lost_for_good_and_exits_as_damaged(backed_up: CommandLine) -> None:
    backed_up.data_file("sales.orders").unlink()

    answer = backed_up.on_repo("repair", "--apply")

    assert 6 == answer.code
    assert "sales.orders  nowhere: lost for good" in answer.out


def test_repair_in_json_names_object_table_and_pit(backed_up: CommandLine, damaged: Path) -> None:
    fault = backed_up.on_repo("repair", "--json").document["plan"]["replace"][0]["fault"]

    assert [damaged.name, ["sales.orders"], 1] == [
        fault["key"].rpartition("/")[2],
        fault["tables"],
        len(fault["pits"]),
    ]


def test_repair_of_a_whole_repository_has_nothing_to_do(backed_up: CommandLine) -> None:
    answer = backed_up.on_repo("repair", "--read-all")

    assert (0, True) == (answer.code, "Nothing to mend." in answer.out)


def test_repair_makes_the_repository_manifest_again(backed_up: CommandLine) -> None:
    (backed_up.folder / "repo" / "manifest.json").unlink()
    assert 3 == backed_up.on_repo("describe").code

    assert 0 == backed_up.on_repo("repair", "--apply").code

    assert 0 == backed_up.on_repo("describe").code


def test_repair_refuses_two_levels_at_once(backed_up: CommandLine) -> None:
    assert 2 == backed_up.on_repo("repair", "--read-all", "--read", "1/7").code
