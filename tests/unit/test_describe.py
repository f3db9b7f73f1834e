"""What a repository tells about itself: PITs, the tables of one, one table's history."""

from pathlib import Path

import pyarrow as pa
import pytest

from bcn_core.describe import describe_pit, describe_repository, table_history, tables_of_database
from bcn_core.errors import DamagedRepository, NotFound
from tests.warehouse.runs import Lab, change
from tests.warehouse.source import Place

ROWS = pa.table({"id": [1, 2, 3]})


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """A source with the table ``sales.orders`` in a first PIT."""
    source = Place(tmp_path / "source")
    create(source, "sales.orders")
    lab = Lab.of(source)
    lab.take()
    return lab


def create(source: Place, name: str, folder: str = "") -> None:
    catalog = source.pyiceberg()
    catalog.create_namespace_if_not_exists(name.rpartition(".")[0])
    location = f"file://{source.warehouse}/{folder}" if folder else None
    catalog.create_table(name, schema=ROWS.schema, location=location).append(ROWS)


def statuses(lab: Lab) -> dict[str, str]:
    found = describe_pit(lab.repository, lab.repository.pits()[-1])
    return {str(one.table): one.status for one in found.tables}


def test_a_table_that_stood_still_is_unchanged_and_a_new_one_active(lab: Lab) -> None:
    create(lab.source, "sales.items")

    lab.take()

    assert {"sales.items": "ACTIVE", "sales.orders": "UNCHANGED"} == statuses(lab)


def test_a_table_that_a_pit_was_not_asked_for_is_carried(lab: Lab) -> None:
    create(lab.source, "sales.items")
    lab.source.pyiceberg().load_table("sales.orders").append(ROWS)

    lab.take(only=["sales.items"])

    assert {"sales.items": "ACTIVE", "sales.orders": "CARRIED"} == statuses(lab)


def test_a_new_table_that_a_pit_could_not_capture_is_shown_as_failed(lab: Lab) -> None:
    create(lab.source, "sales.items")
    lab.source.pyiceberg().load_table("sales.orders").append(ROWS)

    lab.take(only=["sales.orders"])

    assert {"sales.items": "FAILED", "sales.orders": "ACTIVE"} == statuses(lab)


def test_a_deleted_table_names_the_pit_that_holds_it(lab: Lab) -> None:
    create(lab.source, "sales.items")
    held_by = lab.take().pit
    lab.source.pyiceberg().drop_table("sales.items")
    lab.take()

    deleted = describe_repository(lab.repository).deleted_tables

    assert [("sales.items", held_by)] == [(str(one.table.table()), one.last_pit) for one in deleted]


def test_what_a_pit_copied_is_read_only_when_asked_for(lab: Lab) -> None:
    pit = lab.repository.pits()[0]

    without, with_captures = (
        describe_pit(lab.repository, pit, captures=asked).tables[0].files_new for asked in (False, True)
    )

    assert (None, 5) == (without, with_captures)


def test_a_table_that_was_created_again_has_its_own_history(lab: Lab) -> None:
    before = lab.source.pyiceberg().load_table("sales.orders").metadata.table_uuid
    lab.source.pyiceberg().drop_table("sales.orders")
    create(lab.source, "sales.orders", "again")
    newest = lab.take().pit

    history = table_history(lab.repository, "sales.orders")

    assert ((newest,), (str(before),)) == (history.pits, history.other_uuids)


def test_a_name_that_comes_back_starts_a_new_run_of_names(lab: Lab) -> None:
    for old, new in (("sales.orders", "sales.sold"), ("sales.sold", "sales.orders")):
        lab.source.pyiceberg().rename_table(old, new)
        lab.take()

    history = table_history(lab.repository, "sales.orders")

    assert ["sales.orders", "sales.sold", "sales.orders"] == [str(name) for name, _ in history.names]


def test_a_damaged_pit_is_shown_beside_the_others(lab: Lab) -> None:
    first = lab.repository.pits()[0]
    lab.take()
    change(lab.repository, lab.repository.layout.pit_manifest(first), b"{")

    found = describe_repository(lab.repository)

    assert ["damaged", "complete"] == [one.status for one in found.pits]


def test_a_history_says_which_pits_nobody_can_ask(lab: Lab) -> None:
    first = lab.repository.pits()[0]
    lab.take()
    change(lab.repository, lab.repository.layout.pit_manifest(first), b"{")

    assert (first,) == table_history(lab.repository, "sales.orders").unreadable


def test_a_damaged_index_is_an_error_and_no_empty_pit(lab: Lab) -> None:
    manifest = lab.repository.pit(lab.repository.pits()[0])
    change(lab.repository, manifest.indexes[0].key, b"{}")

    with pytest.raises(DamagedRepository, match="SHA-256 differs"):
        describe_pit(lab.repository, manifest.pit)


def test_a_database_that_a_pit_lacks_offers_the_nearest(lab: Lab) -> None:
    found = describe_pit(lab.repository, lab.repository.pits()[0])

    with pytest.raises(NotFound) as refused:
        tables_of_database(found, "sale")

    assert "nearest: sales" == refused.value.hint


def test_a_table_that_no_pit_has_offers_the_nearest(lab: Lab) -> None:
    with pytest.raises(NotFound) as refused:
        table_history(lab.repository, "sales.order")

    assert "nearest: sales.orders" == refused.value.hint
