"""Requirement 2, group 6: parts of a backup, restored by name, with or without what was deleted."""

import pyarrow as pa
import pytest
from pyiceberg.types import StringType

from bcn_core.errors import Conflict
from bcn_core.names import Scope
from bcn_core.restore import RestoreRequest, plan_restore
from tests.warehouse.readers import histories, rows
from tests.warehouse.runs import Lab, new_repository
from tests.warehouse.source import Place


@pytest.fixture
def lab(catalog_lab: Lab) -> Lab:
    """A repository of the whole catalog, with a PIT."""
    catalog_lab.take()
    return catalog_lab


@pytest.fixture
def with_deleted(lab: Lab) -> Lab:
    """Its newest PIT knows that ``sales.items`` and the database ``ops`` were dropped."""
    catalog = lab.source.pyiceberg()
    catalog.drop_table("sales.items")
    catalog.drop_table("ops.audit")
    catalog.drop_namespace("ops")
    lab.take()
    lab.source.lose()
    return lab


def restored(lab: Lab) -> list[str]:
    return sorted(histories(lab.target.pyiceberg()))


def test_restore_subset_from_full_catalog_backup(lab: Lab) -> None:
    lab.restore(RestoreRequest(databases=("sales",)))

    assert ["sales.items", "sales.orders"] == restored(lab)


def test_restore_subset_from_full_database_backup(source: Place) -> None:
    lab = Lab.of(source, repository=new_repository(source, scope=Scope("shop", "sales")))
    lab.take()

    lab.restore(RestoreRequest(tables=("sales.orders",)))

    assert ["sales.orders"] == restored(lab)


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (RestoreRequest(tables=("ord*", "audit")), ["ops.audit", "sales.orders"]),
        (RestoreRequest(exclude=("sales.i*",)), ["ops.audit", "sales.orders"]),
        (RestoreRequest(databases=("s*",), exclude=("orders",)), ["sales.items"]),
    ],
    ids=["include", "exclude", "both"],
)
def test_restore_with_object_filters(lab: Lab, request_: RestoreRequest, expected: list[str]) -> None:
    lab.restore(request_)

    assert expected == restored(lab)


def test_restore_with_deleted_objects_included(with_deleted: Lab) -> None:
    with_deleted.restore(RestoreRequest(include_deleted=True))

    assert ["ops.audit", "sales.items", "sales.orders"] == restored(with_deleted)


def test_restore_with_deleted_objects_excluded(with_deleted: Lab) -> None:
    with_deleted.restore()

    assert ["sales.orders"] == restored(with_deleted)


def _evolve(lab: Lab) -> None:
    with lab.source.pyiceberg().load_table("sales.orders").update_schema() as update:
        update.add_column("note", StringType())


def _exchange(lab: Lab) -> None:
    catalog = lab.source.pyiceberg()
    catalog.drop_table("sales.orders")
    other = pa.schema([("id", pa.string()), ("city", pa.string())])
    catalog.create_table("sales.orders", other, location=f"file://{lab.source.folder}/other")


def test_restore_schema_validation_and_migration(lab: Lab) -> None:
    replace = RestoreRequest(tables=("sales.orders",), on_conflict="replace")
    expected = rows(lab.source.pyiceberg().load_table("sales.orders").metadata_location)

    _evolve(lab)
    (fitting,) = plan_restore(lab.restorer(lab.source), replace).tables
    lab.restore(replace, lab.source)
    restored_rows = rows(lab.source.pyiceberg().load_table("sales.orders").metadata_location)
    _exchange(lab)

    assert any("note" in one for one in fitting.notes)
    assert expected == restored_rows
    with pytest.raises(Conflict, match="schema does not fit"):
        lab.restore(replace, lab.source)
