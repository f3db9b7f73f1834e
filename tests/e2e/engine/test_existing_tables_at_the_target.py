"""What a restore does about tables that the target has already: fail, skip, or replace, last and all at once."""

import pyarrow as pa
import pytest

from bcn_core.errors import Conflict
from bcn_core.restore import RestoreRequest, plan_restore, restore_all
from tests.warehouse.readers import rows
from tests.warehouse.runs import Lab
from tests.warehouse.source import append, make

REPLACE = RestoreRequest(on_conflict="replace")


@pytest.fixture
def lab(lab: Lab) -> Lab:
    """A PIT of one table; the table has lost its rows since, to a mistake, but is there."""
    table = make(lab.source.pyiceberg(), "sales.orders")
    append(table, 0)
    lab.take()
    table.delete("id >= 0")
    return lab


def rows_at_source(lab: Lab) -> list[tuple[object, ...]]:
    return rows(lab.source.pyiceberg().load_table("sales.orders").metadata_location)


@pytest.mark.fault(32)
def test_an_existing_table_stops_the_restore_by_default(lab: Lab) -> None:
    with pytest.raises(Conflict, match=r"sales\.orders exists already"):
        lab.restore(target=lab.source)


@pytest.mark.fault(32)
def test_the_refusal_offers_the_ways_out(lab: Lab) -> None:
    with pytest.raises(Conflict) as refused:
        lab.restore(target=lab.source)

    ways = ("--target-table", "skip", "replace")
    assert [] == [way for way in ways if way not in refused.value.hint]


def test_an_existing_table_is_skipped_as_asked(lab: Lab) -> None:
    report = lab.restore(RestoreRequest(on_conflict="skip"), lab.source)

    assert (["skip"], []) == ([one.action for one in report.tables], rows_at_source(lab))


def test_a_replaced_table_has_the_rows_of_the_pit(lab: Lab) -> None:
    lab.restore(REPLACE, lab.source)

    assert [0, 1, 2, 3] == [row[0] for row in rows_at_source(lab)]


def test_a_replaced_table_keeps_its_uuid(lab: Lab) -> None:
    before = lab.source.pyiceberg().load_table("sales.orders").metadata.table_uuid

    lab.restore(REPLACE, lab.source)

    assert before == lab.source.pyiceberg().load_table("sales.orders").metadata.table_uuid


@pytest.mark.fault(33)
def test_the_files_of_a_replaced_table_are_not_touched(lab: Lab) -> None:
    before = lab.source.files()

    lab.restore(REPLACE, lab.source)

    after = lab.source.files()
    assert before == {path: after.get(path) for path in before}


def test_replacing_again_from_the_same_pit_is_done_already(lab: Lab) -> None:
    lab.restore(REPLACE, lab.source)

    report = lab.restore(REPLACE, lab.source)

    assert ["done"] == [one.action for one in report.tables]


@pytest.mark.fault(33)
def test_a_table_that_changed_while_it_was_to_be_replaced_is_left_alone(lab: Lab) -> None:
    restorer = lab.restorer(lab.source)
    plan = plan_restore(restorer, REPLACE)
    append(lab.source.pyiceberg().load_table("sales.orders"), 100, 1)

    report = restore_all(restorer, plan)

    assert "changed by somebody else" in report.failed[0].error
    assert [100] == [row[0] for row in rows_at_source(lab)]


def test_a_name_taken_since_the_plan_is_a_conflict(lab: Lab) -> None:
    restorer = lab.restorer()
    plan = plan_restore(restorer, RestoreRequest())
    append(make(lab.target.pyiceberg(), "sales.orders", location=f"file://{lab.target.folder}/own"), 200, 1)

    report = restore_all(restorer, plan)

    own = lab.target.pyiceberg().load_table("sales.orders")
    assert (1, [200]) == (len(report.failed), [row[0] for row in rows(own.metadata_location)])


def test_what_differs_from_the_existing_schema_is_told(lab: Lab) -> None:
    with lab.source.pyiceberg().load_table("sales.orders").update_schema() as update:
        update.delete_column("city")

    plan = plan_restore(lab.restorer(lab.source), REPLACE)

    assert any("city" in note for note in plan.tables[0].notes)


def test_an_incompatible_schema_is_refused(lab: Lab) -> None:
    catalog = lab.source.pyiceberg()
    catalog.drop_table("sales.orders")
    catalog.create_table(
        "sales.orders",
        pa.schema([("id", pa.string()), ("city", pa.string())]),
        location=f"file://{lab.source.folder}/other",
    )

    with pytest.raises(Conflict, match="schema does not fit"):
        lab.restore(REPLACE, lab.source)


def test_a_finished_restore_run_again_changes_nothing(lab: Lab) -> None:
    lab.restore()
    before = lab.target.files()

    report = lab.restore()

    assert (["done"], before) == ([one.action for one in report.tables], lab.target.files())


def test_one_existing_table_does_not_stop_the_others(lab: Lab) -> None:
    append(make(lab.source.pyiceberg(), "sales.late"), 0)
    lab.take()
    make(lab.target.pyiceberg(), "sales.orders", location=f"file://{lab.target.folder}/own")

    report = lab.restore()

    assert {"sales.orders": "refuse", "sales.late": "create"} == {
        str(one.plan.target): one.action for one in report.tables
    }
