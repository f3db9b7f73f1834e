"""Writers go on with a copy while its source still stands; of the source no byte may change."""

from collections.abc import Callable

import pytest
from pyiceberg.table import Table
from pyiceberg.types import StringType

from tests.warehouse.commits import HandMade
from tests.warehouse.delete_files import parquet_deletes, position_entry
from tests.warehouse.runs import Lab
from tests.warehouse.source import append, expire_all_but_current, rows_of

Write = Callable[[Table], object]


def overwrite(table: Table) -> None:
    table.overwrite(rows_of(100).cast(table.schema().as_arrow()))


def change_schema(table: Table) -> None:
    with table.update_schema() as update:
        update.add_column("note", StringType())
    append(table, 200)


def clean_up_old_metadata(table: Table) -> None:
    with table.transaction() as transaction:
        transaction.set_properties(
            {
                "write.metadata.delete-after-commit.enabled": "true",
                "write.metadata.previous-versions-max": "1",
            }
        )
    for start in (300, 400, 500):
        append(table, start)


WRITES: list[Write] = [
    lambda table: append(table, 50),
    lambda table: table.delete("id < 5"),
    overwrite,
    change_schema,
    expire_all_but_current,
    clean_up_old_metadata,
]
NAMES = ["append", "delete", "overwrite", "schema", "expire", "clean-up"]


def copy_of(lab: Lab, orders: HandMade) -> Table:
    gone = [(orders.data_files[0], 0)]
    data = parquet_deletes(gone)
    orders.add([position_entry(orders.write("data/d.parquet", data), data, gone)])
    lab.take()
    lab.restore()
    return lab.target.pyiceberg().load_table("sales.orders")


@pytest.mark.parametrize("write", WRITES, ids=NAMES)
def test_a_writer_works_on_the_copy_and_leaves_the_source_alone(
    lab: Lab, orders: HandMade, write: Write
) -> None:
    copy = copy_of(lab, orders)
    before, version = lab.source.files(), copy.metadata_location.rpartition("/")[2][:5]

    write(copy)

    assert before == lab.source.files()
    assert int(copy.metadata_location.rpartition("/")[2][:5]) > int(version)


def test_a_purge_of_the_copy_takes_the_copy_alone(lab: Lab, orders: HandMade) -> None:
    copy_of(lab, orders)
    before = lab.source.files()

    lab.target.pyiceberg().purge_table("sales.orders")

    assert before == lab.source.files()
    assert [] == [path for path in lab.target.files() if path.endswith((".parquet", ".avro"))]
