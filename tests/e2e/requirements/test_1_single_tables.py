"""Requirement 2, group 1: one table, backed up and restored."""

import json

import pytest

from bcn_core.backup import begin, capture_all, publish
from bcn_core.capture.claiming import next_pit
from bcn_core.names import Scope
from bcn_core.repository.encoding import sha256
from bcn_core.repository.layout import capture_record
from bcn_core.restore import RestoreRequest
from tests.builders.command_line import CommandLine
from tests.warehouse.readers import findings, history
from tests.warehouse.runs import Lab, new_repository, table
from tests.warehouse.source import Place, append

ORDERS = "sales.orders"


@pytest.fixture
def lab(source: Place) -> Lab:
    """A repository of ``sales.orders`` alone, with a PIT."""
    found = Lab.of(source, repository=new_repository(source, scope=Scope("shop", "sales", "orders")))
    found.take()
    return found


def grow(lab: Lab) -> None:
    append(lab.source.pyiceberg().load_table(ORDERS), 10)


def test_backup_single_table_first_time(lake: CommandLine) -> None:
    lake.on_repo("backup", "--catalog", "prod", "--database", "sales", "--table", "orders")

    manifest = json.loads((lake.folder / "repo" / "manifest.json").read_text())
    (pit,) = (lake.folder / "repo").glob("catalogs/prod/pit_manifests/*/manifest.json")
    assert "TABLE" == manifest["granularity"]
    assert {"sales": ["orders"]} == json.loads(pit.read_text())["included_objects"]["tables"]


def test_incremental_backup_single_table(lab: Lab) -> None:
    grow(lab)

    manifest = lab.take()

    new = [one for one in lab.repository.files(lab.record(manifest, ORDERS)) if one.stored_by == manifest.pit]
    assert ["data", "manifest", "manifest-list", "metadata"] == sorted(one.kind for one in new)


def test_incremental_backup_no_changes(lab: Lab) -> None:
    first = lab.repository.tables(lab.repository.pit(lab.repository.pits()[0]))[table(ORDERS)]

    manifest = lab.take()

    stands_on = lab.repository.tables(manifest)[table(ORDERS)]
    data = lab.repository.store.get(capture_record(stands_on.capture))
    assert (1, 0) == (manifest.counts.unchanged, manifest.counts.files_new)
    assert first.capture_digest == stands_on.capture_digest == sha256(data)


def test_restore_single_table(lab: Lab) -> None:
    before = lab.source.pyiceberg().load_table(ORDERS)
    expected = history(before.metadata_location)
    lab.source.lose()

    lab.restore(target=lab.source)

    restored = lab.source.pyiceberg().load_table(ORDERS)
    assert before.metadata_location == restored.metadata_location
    assert expected == history(restored.metadata_location)


def test_restore_single_table_to_different_location(lab: Lab) -> None:
    expected = history(lab.source.pyiceberg().load_table(ORDERS).metadata_location)
    lab.source.lose()

    lab.restore(RestoreRequest(target_database="archive", target_table="orders_before"))

    place = lab.target.pyiceberg().load_table("archive.orders_before").metadata_location
    assert expected == history(place)
    assert [] == findings(place, f"file://{lab.target.folder}", (f"file://{lab.source.folder}",))


def test_backup_single_table_idempotent(lab: Lab) -> None:
    grow(lab)
    backup = lab.backup()
    plan = begin(backup, next_pit(lab.repository), None)
    first = publish(backup, plan, capture_all(backup, plan))

    again = publish(backup, plan, capture_all(backup, plan))
    afterwards = lab.take()

    assert first == again
    assert first.indexes == afterwards.indexes
