"""A restored table is a table: it takes commits and clean-ups, without its source and without touching it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pyiceberg.table import Table
from pyiceberg.types import StringType

from tests.warehouse.readers import duck, duck_rows, history, rows
from tests.warehouse.runs import Lab
from tests.warehouse.source import BY_CITY, append, expire_all_but_current, make

TIDY = {"write.metadata.delete-after-commit.enabled": "true", "write.metadata.previous-versions-max": "2"}


@pytest.fixture
def lab(lab: Lab) -> Lab:
    """A restored table beside its source, which still lives."""
    outside = f"file://{lab.source.folder}/outside"
    properties = {**TIDY, "write.data.path": outside}
    table = make(lab.source.pyiceberg(), "sales.orders", partition_spec=BY_CITY, properties=properties)
    for start in (0, 10, 20):
        append(table, start)
    table.delete("id < 2")
    lab.take()
    lab.restore()
    return lab


def append_rows(table: Table) -> None:
    append(table, 50)


def delete_rows(table: Table) -> None:
    table.delete("city = 'Ulm'")


def add_a_column(table: Table) -> None:
    with table.update_schema() as update:
        update.add_column("note", StringType())


def expire(table: Table) -> None:
    append(table, 60)
    expire_all_but_current(table)


def commit_until_old_metadata_is_deleted(table: Table) -> None:
    for start in range(100, 150, 10):
        append(table, start, 1)


DEEDS = [append_rows, delete_rows, add_a_column, expire, commit_until_old_metadata_is_deleted]


def source_files(lab: Lab) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(lab.source.folder.rglob("*.*")) if path.is_file()}


@pytest.mark.parametrize("deed", DEEDS)
def test_the_source_keeps_every_file(lab: Lab, deed: Callable[[Table], None]) -> None:
    before = source_files(lab)

    deed(lab.target.pyiceberg().load_table("sales.orders"))

    assert before == source_files(lab)


@pytest.mark.parametrize("deed", DEEDS)
def test_nothing_is_missing_when_the_source_is_gone(lab: Lab, deed: Callable[[Table], None]) -> None:
    lab.source.lose()
    table = lab.target.pyiceberg().load_table("sales.orders")

    deed(table)

    assert rows(table.metadata_location)
    assert history(table.metadata_location)


@pytest.mark.parametrize("deed", DEEDS)
def test_a_second_reader_agrees_afterwards(lab: Lab, deed: Callable[[Table], None]) -> None:
    lab.source.lose()
    table = lab.target.pyiceberg().load_table("sales.orders")

    deed(table)

    with duck() as connection:
        assert rows(table.metadata_location) == duck_rows(connection, table.metadata_location)


def test_purging_the_restored_table_keeps_every_file_of_the_source(lab: Lab) -> None:
    before = source_files(lab)

    lab.target.pyiceberg().purge_table("sales.orders")

    assert before == source_files(lab)


def test_purging_the_restored_table_leaves_no_data_file_of_it(lab: Lab) -> None:
    lab.target.pyiceberg().purge_table("sales.orders")

    assert [] == [path for path in lab.target.warehouse.rglob("*.parquet") if path.is_file()]


def test_purging_the_source_keeps_every_file_of_the_restored_table(lab: Lab) -> None:
    before = lab.target.files()

    lab.source.pyiceberg().purge_table("sales.orders")

    assert before == lab.target.files()


def test_new_files_of_the_restored_table_lie_at_its_own_place(lab: Lab) -> None:
    table = lab.target.pyiceberg().load_table("sales.orders")

    append(table, 70)

    files = [Path(task.file.file_path.removeprefix("file://")) for task in table.scan().plan_files()]
    own = lab.target.warehouse / "sales" / "orders"
    assert {True} == {path.is_relative_to(own) for path in files}


def test_a_restored_table_can_be_backed_up_and_restored_again(lab: Lab) -> None:
    lab.source.lose()
    append(lab.target.pyiceberg().load_table("sales.orders"), 80)
    second = Lab.of(lab.target)
    second.target = type(second.target)(lab.target.folder.with_name("third"), "third")
    expected = history(lab.target.pyiceberg().load_table("sales.orders").metadata_location)
    second.take()
    lab.target.lose()

    second.restore()

    assert expected == history(second.target.pyiceberg().load_table("sales.orders").metadata_location)
