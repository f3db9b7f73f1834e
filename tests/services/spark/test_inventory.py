"""The questions of the guide, answered by Spark, DuckDB and Polars over the same inventory."""

from pathlib import Path
from typing import Any

import pytest

from tests.documentation.pages import Block, blocks_of
from tests.warehouse.inventories import Described
from tests.warehouse.source import BY_CITY, append, make

GUIDE = Path(__file__).parents[3] / "docs/guides/query-what-is-backed-up.md"
QUESTIONS = [block for block in blocks_of(GUIDE) if block.language == "sql" and "not-run" not in block.marks]


@pytest.fixture(scope="module")
def asked(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Described:
    """Three PITs, hours apart, whose tables Spark has opened by their folders."""
    found = Described.of(tmp_path_factory.mktemp("inventory"))
    catalog = found.lab.source.pyiceberg()
    append(make(catalog, "sales.orders", partition_spec=BY_CITY), 0)
    append(make(catalog, "ops.log"), 50)
    found.take()
    append(catalog.load_table("sales.orders"), 10)
    catalog.load_table("sales.orders").delete("id < 4")
    found.take()
    catalog.drop_table("ops.log")
    append(catalog.load_table("sales.orders"), 20)
    found.take()
    for name in ("pits", "tables", "objects"):
        spark.read.format("iceberg").load(found.table(name).location()).createOrReplaceTempView(name)
    return found


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda block: block.place)
def test_three_engines_give_the_same_answer(spark: Any, asked: Described, question: Block) -> None:
    by_spark = [tuple(row) for row in spark.sql(question.text).collect()]

    assert asked.ask(question.text) == by_spark
    assert asked.ask(question.text, "duckdb") == by_spark
    assert by_spark


def test_spark_opens_a_table_by_its_metadata_file(spark: Any, asked: Described) -> None:
    found = spark.read.format("iceberg").load(asked.table("objects").metadata_location)

    assert len(asked.rows("objects")) == found.count()


def test_spark_sees_the_partitions_and_the_pits_of_the_snapshots(spark: Any, asked: Described) -> None:
    folder = asked.table("pits").location()
    snapshots = spark.read.format("iceberg").load(f"{folder}#snapshots").collect()

    added = [row["summary"]["bcn.pit"] for row in snapshots if row["operation"] == "append"]

    assert asked.lab.repository.pits() == added
