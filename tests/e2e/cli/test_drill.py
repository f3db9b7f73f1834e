"""``bcn verify --restore``: what a person sees of a drill, and its exit codes."""

import shutil

import pytest

from tests.builders.command_line import CommandLine


def damage(line: CommandLine, table: str) -> None:
    """A data file of the repository is gone."""
    next((line.folder / "repo").rglob(f"{table}/**/data/*.parquet")).unlink()


def test_a_drill_needs_neither_the_source_nor_its_catalog(two_pits: CommandLine) -> None:
    (two_pits.folder / "prod.db").unlink()
    shutil.rmtree(two_pits.folder / "prod")

    found = two_pits.on_repo("verify", "--restore", "--json").document

    assert ("restores", 9) == (found["status"], found["rows"])


def test_a_drill_writes_nothing_but_its_result(two_pits: CommandLine) -> None:
    before = two_pits.files()

    two_pits.on_repo("verify", "--restore", "--scratch", "scratch")

    assert ["repo/checks"] == [name.rpartition("/")[0] for name in two_pits.files() - before]


def test_describe_shows_the_last_drill_with_its_age_and_time(two_pits: CommandLine) -> None:
    two_pits.on_repo("verify", "--restore")

    said = two_pits.on_repo("describe").out

    assert "verified restore all: 2 tables of PIT" in said
    assert "came back, 9 rows" in said.replace("\n", " ")


def test_a_table_that_does_not_come_back_ends_with_6(two_pits: CommandLine) -> None:
    damage(two_pits, "orders")

    answer = two_pits.on_repo("verify", "--restore", "--json")

    failed = [one["table"] for one in answer.document["tables"] if one["problem"]]
    assert (6, "damaged", ["sales.orders"]) == (answer.code, answer.document["status"], failed)


@pytest.mark.parametrize(
    "wrong",
    [
        ("--pit", "latest"),
        ("--sample", "1/2"),
        ("--table", "sales.*"),
        ("--restore", "--read-all"),
        ("--forbid-prefix", "s3://lost"),
        ("--source", "metadata.json"),
        ("--restore", "--sample", "3/2"),
    ],
)
def test_options_that_do_not_fit_each_other_are_refused(
    backed_up: CommandLine, wrong: tuple[str, ...]
) -> None:
    assert 2 == backed_up.on_repo("verify", *wrong).code


def test_a_pit_that_is_not_there_ends_with_3(backed_up: CommandLine) -> None:
    assert 3 == backed_up.on_repo("verify", "--restore", "--pit", "19990101T000000.000Z").code


def test_a_scratch_place_that_is_not_empty_ends_with_4(backed_up: CommandLine) -> None:
    before = backed_up.files()

    answer = backed_up.on_repo("verify", "--restore", "--scratch", "prod")

    assert (4, before) == (answer.code, backed_up.files())
