"""``bcn adopt``: Parquet files whose metadata was not replicated become a table, or are refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.table import Table

from tests.builders.command_line import Answer
from tests.builders.standby_line import StandbyLine
from tests.warehouse.readers import duck, duck_rows, findings, rows
from tests.warehouse.runs import table
from tests.warehouse.source import content_files

NULL = "__HIVE_DEFAULT_PARTITION__"
ULM = "day=2026-01-01/city=Ulm%20West/000000_0"
NOWHERE = f"day=2026-01-02/city={NULL}/000000_0"
Write = Callable[..., None]


@pytest.fixture
def files(terminal: StandbyLine) -> Path:
    return terminal.folder / "events"


@pytest.fixture
def write(files: Path) -> Write:
    def put(name: str, **columns: Any) -> None:
        path = files / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table(columns), path)

    return put


@pytest.fixture
def of_hive(write: Write) -> None:
    """Two partitions as Hive writes them; the later files have a wider id and one more column."""
    write(ULM, id=pa.array([1, 2], pa.int32()), amount=[1.5, None])
    write(NOWHERE, id=pa.array([2**40], pa.int64()), amount=[2.5], note=["late"])


def adopt(terminal: StandbyLine, *more: str) -> Answer:
    return terminal.bcn("adopt", "sales.events", str(terminal.folder / "events"), "--yes", *more)


def pointer(terminal: StandbyLine) -> str:
    found = terminal.sites.standby.bcn().pointer(table("sales.events"))
    assert found is not None
    return found


def adopted(terminal: StandbyLine) -> Table:
    return terminal.sites.standby.pyiceberg().load_table("sales.events")


@pytest.mark.usefixtures("of_hive")
def test_pyiceberg_and_duckdb_read_the_same_rows(terminal: StandbyLine) -> None:
    answer = adopt(terminal)

    with duck() as connection:
        by_duckdb = duck_rows(connection, pointer(terminal))
    assert (0, 3, by_duckdb) == (answer.code, len(by_duckdb), rows(pointer(terminal)))


@pytest.mark.usefixtures("of_hive")
def test_columns_of_footers_are_widened_and_those_of_folders_are_added(terminal: StandbyLine) -> None:
    adopt(terminal)

    assert ["long", "double", "string", "date", "string"] == [
        str(one.field_type) for one in adopted(terminal).schema().fields
    ]


@pytest.mark.usefixtures("of_hive")
def test_a_filter_on_a_partition_reads_its_files_alone(terminal: StandbyLine) -> None:
    adopt(terminal)

    found = adopted(terminal)
    assert [[ULM], [NOWHERE]] == [
        [one.file.file_path.partition("/events/")[2] for one in found.scan(row_filter=text).plan_files()]
        for text in ("day = '2026-01-01' and city = 'Ulm West'", "city is null")
    ]


@pytest.mark.usefixtures("of_hive")
def test_the_new_table_passes_the_strict_check(terminal: StandbyLine, files: Path) -> None:
    adopt(terminal)

    assert [] == findings(pointer(terminal), f"file://{files}", ())


@pytest.mark.usefixtures("of_hive")
def test_a_property_says_that_it_is_adopted_and_engines_remove_no_file(terminal: StandbyLine) -> None:
    adopt(terminal)

    properties = adopted(terminal).properties
    assert (True, "false") == ("bcn.adopted" in properties, properties["gc.enabled"])


@pytest.mark.usefixtures("of_hive")
def test_rows_can_be_appended_to_it(terminal: StandbyLine) -> None:
    adopt(terminal)

    found = adopted(terminal)
    found.append(found.scan(limit=1).to_arrow())

    assert 4 == len(rows(pointer(terminal)))


@pytest.mark.usefixtures("of_hive")
def test_a_dry_run_shows_the_plan_with_its_warning_and_writes_nothing(
    terminal: StandbyLine, files: Path
) -> None:
    answer = terminal.bcn("adopt", "sales.events", str(files), "--dry-run")

    assert (0, None) == (answer.code, terminal.sites.standby.bcn().pointer(table("sales.events")))
    assert not (files / "_bcn_adopted").exists()
    assert "partitioned by day, city\n2 files, 3 rows" in answer.out
    assert "warning: made from files alone" in answer.out


@pytest.mark.usefixtures("of_hive")
def test_the_document_holds_the_plan_and_the_result(terminal: StandbyLine) -> None:
    document = adopt(terminal, "--json").document

    assert (["day", "city"], pointer(terminal)) == (
        document["plan"]["partitions"],
        document["result"]["metadata_location"],
    )


@pytest.mark.usefixtures("of_hive")
def test_nothing_is_made_when_nobody_confirms(terminal: StandbyLine, files: Path) -> None:
    answer = terminal.bcn("adopt", "sales.events", str(files))

    assert (2, None) == (answer.code, terminal.sites.standby.bcn().pointer(table("sales.events")))


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (("0", "-7", NULL), "int"),
        (("1", str(2**40)), "long"),
        (("1", str(2**70)), "string"),
        (("01", "02"), "string"),
        (("2024-02-29", NULL), "date"),
        (("2023-02-29",), "string"),
        ((NULL,), "string"),
    ],
)
def test_values_of_folders_tell_their_type(
    terminal: StandbyLine, write: Write, values: tuple[str, ...], kind: str
) -> None:
    for value in values:
        write(f"key={value}/a.parquet", id=[1])

    adopt(terminal)

    assert kind == str(adopted(terminal).schema().find_type("key"))


def test_lists_as_old_writers_name_them_are_read(terminal: StandbyLine, files: Path) -> None:
    files.mkdir()
    pq.write_table(pa.table({"tags": [["a", "b"]]}), files / "a.parquet", use_compliant_nested_type=False)

    adopt(terminal)

    assert [(["a", "b"],)] == rows(pointer(terminal))


def test_files_of_iceberg_are_adopted_by_their_ids_on_the_word_that_rows_were_only_appended(
    terminal: StandbyLine, files: Path
) -> None:
    source = terminal.sites.source.pyiceberg().load_table("sales.orders")
    with source.update_schema() as change:
        change.delete_column("id").add_column("more", source.schema().find_type("id"))
    source.append(pa.table({"city": ["Rome"], "more": [7]}))
    files.mkdir()
    content_files(source)[0].rename(files / "a.parquet")

    refused = adopt(terminal)
    adopt(terminal, "--append-only")

    assert (2, [("Rome", 7)]) == (refused.code, rows(pointer(terminal)))
    assert [2, 3] == [one.field_id for one in adopted(terminal).schema().fields]


@pytest.mark.parametrize(
    "name",
    [
        "metadata/v1.metadata.json",
        "data/m0.avro",
        "data/x.puffin",
        "data/00000-1-2d5f-00001-deletes.parquet",
        "delete_file_1.parquet",
        "delta_0000001_0000001/bucket_00000",
        "delete_delta_0000002_0000002_0000/bucket_00000",
        "base_0000003/bucket_00000",
        "_delta_log/0.json",
        ".hoodie/hoodie.properties",
    ],
)
@pytest.mark.usefixtures("of_hive")
def test_names_that_tell_of_deletes_are_refused(terminal: StandbyLine, write: Write, name: str) -> None:
    write(name, id=[1])

    answer = adopt(terminal)

    assert (2, True) == (answer.code, "may have been deleted" in answer.err and name in answer.err)


def test_a_file_with_the_columns_of_position_deletes_is_refused(terminal: StandbyLine, write: Write) -> None:
    write("a.parquet", file_path=["x"], pos=[1])

    answer = adopt(terminal)

    assert (2, True) == (answer.code, "a.parquet is a delete file" in answer.err)


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"id": ["text"]}, "column 'id' is long in one and string in the other"),
        ({"ID": [1]}, "'id' and 'ID' are one column"),
    ],
)
def test_footers_that_do_not_agree_are_refused_with_both_files(
    terminal: StandbyLine, write: Write, other: dict[str, Any], why: str
) -> None:
    write("a.parquet", id=[1])
    write("b.parquet", **other)

    answer = adopt(terminal)

    assert (2, True) == (answer.code, "a.parquet and b.parquet" in answer.err and why in answer.err)


def test_files_that_are_not_partitioned_alike_are_refused(terminal: StandbyLine, write: Write) -> None:
    write("day=1/a.parquet", id=[1])
    write("hour=1/b.parquet", id=[1])

    assert (2, True) == ((answer := adopt(terminal)).code, "not partitioned alike" in answer.err)


def test_a_folder_that_contradicts_its_files_is_refused(terminal: StandbyLine, write: Write) -> None:
    write("city=Ulm/a.parquet", city=["Ulm", "Paris"])

    assert (2, True) == ((answer := adopt(terminal)).code, "city=Ulm" in answer.err)


def test_a_folder_that_repeats_what_its_files_say_is_a_partition(terminal: StandbyLine, write: Write) -> None:
    write("city=Ulm/a.parquet", city=["Ulm", "Ulm"])

    adopt(terminal)

    assert ["city"] == [one.name for one in adopted(terminal).spec().fields]


@pytest.mark.parametrize("kind", [pa.uint64(), pa.timestamp("ns")], ids=str)
def test_a_type_that_iceberg_does_not_have_is_refused(
    terminal: StandbyLine, write: Write, kind: pa.DataType
) -> None:
    write("a.parquet", id=pa.array([1], kind))

    assert (7, True) == ((answer := adopt(terminal)).code, "a.parquet: column 'id'" in answer.err.lower())


@pytest.mark.usefixtures("of_hive")
def test_a_file_that_is_no_parquet_is_refused_by_name(terminal: StandbyLine, files: Path) -> None:
    (files / "notes.txt").write_text("no rows")

    assert (3, True) == ((answer := adopt(terminal)).code, "notes.txt cannot be read" in answer.err)


@pytest.mark.usefixtures("of_hive")
def test_hidden_files_are_left_out_and_counted(terminal: StandbyLine, files: Path) -> None:
    (files / "_SUCCESS").touch()

    assert "1 hidden files" in adopt(terminal).out


def test_an_empty_place_is_refused(terminal: StandbyLine, files: Path) -> None:
    files.mkdir()

    assert (3, True) == ((answer := adopt(terminal)).code, "holds no file" in answer.err)


@pytest.mark.usefixtures("of_hive")
def test_a_name_that_is_taken_is_refused(terminal: StandbyLine) -> None:
    adopt(terminal)

    assert (4, True) == ((answer := adopt(terminal)).code, "sales.events already" in answer.err)


@pytest.mark.usefixtures("of_hive")
def test_files_of_another_table_are_refused(terminal: StandbyLine, files: Path) -> None:
    adopt(terminal)

    answer = terminal.bcn("adopt", "sales.again", str(files), "--yes")

    assert (4, True) == (answer.code, "is a place of sales.events" in answer.err)


@pytest.mark.usefixtures("of_hive")
def test_a_sync_leaves_an_adopted_table_alone(terminal: StandbyLine) -> None:
    adopt(terminal)

    answer = terminal.bcn("sync", "--root", str(terminal.folder))

    assert (False, 3) == ("events" in answer.out + answer.err, len(rows(pointer(terminal))))
