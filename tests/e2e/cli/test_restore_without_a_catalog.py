"""``bcn restore --files-only``: no catalog is configured, or none answers; the tables come back as files."""

import shutil

import pytest
from pyiceberg.table import StaticTable

from tests.builders.command_line import CommandLine
from tests.warehouse.readers import duck, duck_rows


@pytest.fixture
def only_the_repository(two_pits: CommandLine) -> CommandLine:
    for left in ("prod.db", "bcn.toml"):
        (two_pits.folder / left).unlink()
    shutil.rmtree(two_pits.folder / "prod")
    return two_pits


def as_files(line: CommandLine, *arguments: str) -> list[str]:
    """Restore below ``back``; the metadata files, as the report names them."""
    place = ("--target-location", f"{line.folder}/back", "--yes", "--json")
    answer = line.on_repo("restore", "--files-only", *place, *arguments)
    return [one["metadata_location"] for one in answer.document["result"]["tables"]]


def test_tables_come_back_as_files_with_nothing_but_the_repository(only_the_repository: CommandLine) -> None:
    locations = as_files(only_the_repository)

    rows = [StaticTable.from_metadata(place).scan().to_arrow().num_rows for place in locations]
    assert [3, 6] == rows


def test_a_restored_metadata_file_is_read_by_an_engine_that_has_no_catalog(
    only_the_repository: CommandLine,
) -> None:
    (location,) = as_files(only_the_repository, "--table", "sales.orders")

    with duck() as connection:
        found = duck_rows(connection, location)

    assert 6 == len(found)


def test_a_restored_metadata_file_can_be_registered_in_any_catalog_later(
    only_the_repository: CommandLine,
) -> None:
    (location,) = as_files(only_the_repository, "--table", "sales.orders")
    catalog = only_the_repository.restored()
    catalog.create_namespace("sales")

    table = catalog.register_table("sales.orders", location)

    assert 6 == table.scan().to_arrow().num_rows


def test_the_report_for_people_names_each_metadata_file(only_the_repository: CommandLine) -> None:
    place = f"{only_the_repository.folder}/back"

    answer = only_the_repository.on_repo("restore", "--files-only", "--target-location", place, "--yes")

    assert f"sales.orders: register file://{place}/sales/orders/metadata/" in answer.out


def test_a_restore_of_files_that_is_run_again_ends_well(only_the_repository: CommandLine) -> None:
    first = as_files(only_the_repository)

    assert first == as_files(only_the_repository)


def test_files_without_a_place_are_refused(only_the_repository: CommandLine) -> None:
    answer = only_the_repository.on_repo("restore", "--files-only", "--yes")

    assert (2, True) == (answer.code, "--target-location" in answer.err)


def test_a_catalog_is_refused_where_only_files_were_asked_for(two_pits: CommandLine) -> None:
    answer = two_pits.on_repo("restore", "--files-only", "--target-catalog", "other", "--yes")

    assert (2, True) == (answer.code, "--files-only takes no catalog" in answer.err)


def test_a_catalog_that_nothing_configures_is_told_with_the_way_without_one(
    only_the_repository: CommandLine,
) -> None:
    answer = only_the_repository.on_repo("restore", "--yes")

    assert (3, True) == (answer.code, "--files-only" in answer.err)
