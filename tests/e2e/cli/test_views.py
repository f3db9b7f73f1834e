"""Iceberg views at the command line: counted, listed, restored, and named where they cannot be had."""

from pathlib import Path

import pytest

from tests.builders.command_line import CommandLine
from tests.warehouse.source import Place
from tests.warehouse.sql_views import create_view


@pytest.fixture
def place(lake: CommandLine) -> Place:
    return Place(lake.folder, "prod", f"sqlite:///{lake.folder}/prod.db")


@pytest.fixture
def viewed(lake: CommandLine, place: Place) -> CommandLine:
    create_view(place, "sales.recent")
    assert lake.on_repo("backup", "--catalog", "prod").code == 0
    return lake


def test_a_pit_lists_its_views_by_database(viewed: CommandLine) -> None:
    assert "views: recent" in viewed.on_repo("list", "--pit", "latest").out


def test_a_pit_names_its_views_in_its_document(viewed: CommandLine) -> None:
    assert {"sales": ["recent"]} == viewed.on_repo("list", "--pit", "latest", "--json").document["views"]


def test_a_plan_shows_a_view_and_that_its_sql_stays(viewed: CommandLine) -> None:
    shown = viewed.on_repo("restore", "--target-catalog", "other", "--dry-run").out

    assert "view sales.recent -> sales.recent" in shown
    assert "its SQL is kept as it is" in shown


def test_a_view_is_restored_with_the_tables(viewed: CommandLine) -> None:
    answer = viewed.on_repo("restore", "--target-catalog", "other", "--yes")

    assert (0, True) == (answer.code, "4 of 4 tables and views are in place" in answer.out)


def test_a_view_restored_as_a_file_names_the_file_to_register(viewed: CommandLine) -> None:
    place = ("--target-location", str(viewed.folder / "files"))

    answer = viewed.on_repo("restore", "--files-only", "--table", "recent", *place, "--yes")

    assert f"sales.recent: register file://{viewed.folder}/files/metadata/" in answer.out


def test_a_view_that_cannot_be_read_ends_a_backup_with_9_and_its_name(
    viewed: CommandLine, place: Place
) -> None:
    Path(create_view(place, "sales.recent").removeprefix("file://")).unlink()

    answer = viewed.on_repo("backup")

    assert (9, True) == (answer.code, "view sales.recent FAILED" in answer.out)


def test_a_view_that_no_pit_has_offers_the_nearest(viewed: CommandLine) -> None:
    answer = viewed.on_repo("restore", "--table", "sales.recents", "--dry-run")

    assert (3, True) == (answer.code, "sales.recent" in answer.err)
