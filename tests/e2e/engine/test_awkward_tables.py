"""Tables that bend the rules: names of files used again, no UUID, files of other places, old locations."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pyiceberg.table import Table
from sqlalchemy import text

from bcn_core.restore import RestoreRequest
from tests.warehouse.readers import History, history, rows
from tests.warehouse.runs import Lab
from tests.warehouse.source import append, expire_all_but_current, make, rows_of


@pytest.fixture
def file(lab: Lab) -> Path:
    """A file in a place that is not the table's."""
    landing = lab.source.folder / "landing"
    landing.mkdir()
    pq.write_table(rows_of(0, 4), landing / "0001.parquet")
    return landing / "0001.parquet"


def imported(lab: Lab, file: Path) -> Table:
    table = make(lab.source.pyiceberg(), "sales.imported")
    table.add_files([f"file://{file}"])
    return table


def use_its_name_again(table: Table, file: Path) -> None:
    table.delete("id >= 0")
    pq.write_table(rows_of(100, 9), file)
    table.add_files([f"file://{file}"])


def restored(lab: Lab, name: str) -> History:
    return history(lab.target.pyiceberg().load_table(name).metadata_location)


def point_at(lab: Lab, name: str, location: str) -> None:
    with lab.source.pyiceberg().engine.begin() as connection:
        statement = "UPDATE iceberg_tables SET metadata_location = :location WHERE table_name = :name"
        connection.execute(text(statement), {"location": location, "name": name})


def test_a_file_name_used_again_is_stored_again(lab: Lab, file: Path) -> None:
    table = imported(lab, file)
    lab.take()
    use_its_name_again(table, file)
    expire_all_but_current(table)
    now = rows(table.metadata_location)
    lab.take()
    lab.source.lose()

    lab.restore()

    assert now == restored(lab, "sales.imported")["now"]


def test_a_pit_before_a_file_name_was_used_again_keeps_the_old_bytes(lab: Lab, file: Path) -> None:
    table = imported(lab, file)
    before = history(table.metadata_location)
    first = lab.take().pit
    use_its_name_again(table, file)
    expire_all_but_current(table)
    lab.take()
    lab.source.lose()

    lab.restore(RestoreRequest(pit=first))

    assert before == restored(lab, "sales.imported")


def test_one_name_for_two_files_of_one_history_is_damage_and_no_silent_choice(lab: Lab, file: Path) -> None:
    table = imported(lab, file)
    lab.take()
    use_its_name_again(table, file)

    manifest = lab.take()

    assert ("partial", ["imported"]) == (manifest.status, [one.table.name for one in manifest.failed])


def without_uuid(lab: Lab) -> Table:
    table = make(lab.source.pyiceberg(), "sales.old", properties={"format-version": "1"})
    append(table, 0)
    path = Path(table.metadata_location.removeprefix("file://"))
    raw = json.loads(path.read_bytes())
    del raw["table-uuid"]
    bare = path.with_name("00009-bare.metadata.json")
    bare.write_text(json.dumps(raw))
    point_at(lab, "old", f"file://{bare}")
    return table


def test_a_v1_table_without_uuid_is_backed_up(lab: Lab) -> None:
    expected = rows(without_uuid(lab).metadata_location)
    lab.take()
    lab.source.lose()

    lab.restore()

    assert expected == restored(lab, "sales.old")["now"]


def test_a_v1_table_without_uuid_that_rests_is_unchanged(lab: Lab) -> None:
    without_uuid(lab)
    lab.take()

    assert 1 == lab.take().counts.unchanged


def test_a_v1_table_without_uuid_gets_one_when_it_is_restored_as_a_copy(lab: Lab) -> None:
    without_uuid(lab)
    lab.take()

    report = lab.restore(RestoreRequest(target_table="copy"))

    assert () == report.failed


def test_a_table_that_once_lay_elsewhere_is_restored(lab: Lab) -> None:
    table = make(lab.source.pyiceberg(), "sales.moved")
    append(table, 0)
    path = Path(table.metadata_location.removeprefix("file://"))
    raw = json.loads(path.read_bytes())
    log = {"metadata-file": table.metadata_location, "timestamp-ms": raw["last-updated-ms"]}
    raw["metadata-log"] = [*raw.get("metadata-log", []), log]
    raw["location"] = f"file://{lab.source.folder}/new-home"
    new_home = lab.source.folder / "new-home" / "metadata"
    new_home.mkdir(parents=True)
    (new_home / "00002-moved.metadata.json").write_text(json.dumps(raw))
    point_at(lab, "moved", f"file://{new_home}/00002-moved.metadata.json")
    expected = rows(table.metadata_location)
    lab.take()
    lab.source.lose()

    report = lab.restore()

    assert () == report.failed
    assert expected == restored(lab, "sales.moved")["now"]
