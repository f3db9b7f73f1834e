"""Requirement 2, group 2: one database, backed up and restored."""

import pytest

from bcn_core.names import Scope
from bcn_core.restore import RestoreRequest
from tests.warehouse.readers import histories
from tests.warehouse.runs import Lab, new_repository
from tests.warehouse.source import Place, append, make


@pytest.fixture
def lab(source: Place) -> Lab:
    """A repository of the database ``sales``, with a PIT."""
    found = Lab.of(source, repository=new_repository(source, scope=Scope("shop", "sales")))
    found.take()
    return found


def test_backup_entire_database(lab: Lab) -> None:
    manifest = lab.repository.pit(lab.repository.pits()[0])

    assert {"sales": ("items", "orders")} == manifest.included_objects.tables


def test_incremental_database_with_new_tables(lab: Lab) -> None:
    append(make(lab.source.pyiceberg(), "sales.returns"), 0)

    manifest = lab.take()

    assert [("returns", ("new",))] == [(one.table.name, one.changes) for one in manifest.changed]
    assert ("items", "orders", "returns") == manifest.included_objects.tables["sales"]


def test_incremental_database_with_deleted_tables(lab: Lab) -> None:
    first = lab.repository.pits()[0]
    lab.source.pyiceberg().drop_table("sales.items")

    manifest = lab.take()

    assert ("sales.items",) == manifest.deleted_in_source.tables
    assert [("items", first)] == [(one.table.name, one.last_pit) for one in manifest.deleted_tables]


def test_incremental_database_with_renamed_tables(lab: Lab) -> None:
    uuid = str(lab.source.pyiceberg().load_table("sales.items").metadata.table_uuid)
    lab.source.pyiceberg().rename_table("sales.items", "sales.articles")

    manifest = lab.take()

    renamed = [(one.before.name, one.after.name, one.uuid) for one in manifest.renamed]
    assert [("items", "articles", uuid)] == renamed
    assert ((), 0) == (manifest.deleted_in_source.tables, manifest.counts.files_new)


def test_restore_partial_database_subset(lab: Lab) -> None:
    lab.source.lose()

    lab.restore(RestoreRequest(tables=("items",)))

    assert ["sales.items"] == list(histories(lab.target.pyiceberg()))


def test_restore_database_to_different_catalog(lab: Lab) -> None:
    source = histories(lab.source.pyiceberg())
    expected = {f"imported.{name}": source[f"sales.{name}"] for name in ("items", "orders")}
    lab.source.lose()

    lab.restore(RestoreRequest(target_database="imported"))

    assert "elsewhere" == lab.target.name
    assert expected == histories(lab.target.pyiceberg())
