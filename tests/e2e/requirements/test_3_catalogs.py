"""Requirement 2, group 3: a whole catalog, backed up and restored."""

import pytest

from bcn_core.restore import RestoreRequest
from tests.warehouse.readers import histories
from tests.warehouse.runs import Lab
from tests.warehouse.source import append, make

ALL = {"ops": ("audit",), "sales": ("items", "orders")}


@pytest.fixture
def lab(catalog_lab: Lab) -> Lab:
    """A repository of the whole catalog, with a PIT."""
    catalog_lab.take()
    return catalog_lab


def test_backup_entire_catalog(lab: Lab) -> None:
    manifest = lab.repository.pit(lab.repository.pits()[0])

    assert ALL == manifest.included_objects.tables


def test_incremental_catalog_backup(lab: Lab) -> None:
    append(lab.source.pyiceberg().load_table("sales.orders"), 10)

    manifest = lab.take()

    assert (1, 2) == (manifest.counts.captured, manifest.counts.unchanged)
    assert ALL == manifest.included_objects.tables


def test_incremental_catalog_with_new_database(lab: Lab) -> None:
    append(make(lab.source.pyiceberg(), "hr.people"), 0)

    manifest = lab.take()

    assert ("hr", "ops", "sales") == manifest.included_objects.databases
    assert {"ops", "sales"} == manifest.unchanged_objects.databases.keys()


def test_incremental_catalog_with_deleted_database(lab: Lab) -> None:
    lab.source.pyiceberg().drop_table("ops.audit")
    lab.source.pyiceberg().drop_namespace("ops")

    manifest = lab.take()

    assert ("ops",) == manifest.deleted_in_source.databases
    assert ("ops.audit",) == manifest.deleted_in_source.tables


def test_restore_full_catalog(lab: Lab) -> None:
    expected = histories(lab.source.pyiceberg())
    lab.source.lose()

    lab.restore()

    assert expected == histories(lab.target.pyiceberg())


def test_restore_catalog_subset_to_new_location(lab: Lab) -> None:
    lab.source.lose()
    place = f"file://{lab.target.folder}/apart/{{database}}/{{table}}"

    lab.restore(RestoreRequest(databases=("sales",), exclude=("items",), target_location=place))

    catalog = lab.target.pyiceberg()
    assert ["sales.orders"] == list(histories(catalog))
    assert f"file://{lab.target.folder}/apart/sales/orders" == catalog.load_table("sales.orders").location()
