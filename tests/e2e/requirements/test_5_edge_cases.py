"""Requirement 2, group 5: tables and databases that come, go, change, or are too large."""

import json
from datetime import timedelta

import pytest
from pyiceberg.types import StringType

from bcn_core.backup import back_up
from bcn_core.describe import table_history
from bcn_core.errors import InvalidRequest
from bcn_core.names import Scope
from bcn_core.repository.encoding import sha256
from bcn_core.repository.layout import capture_record
from bcn_core.restore import RestoreRequest
from bcn_core.retention import Policy, Rules, plan_prune
from tests.builders.command_line import CommandLine
from tests.warehouse.commits import path_of
from tests.warehouse.readers import history
from tests.warehouse.runs import Lab, new_repository, table
from tests.warehouse.source import Place, append, make
from tests.warehouse.years import Years


@pytest.fixture
def lab(catalog_lab: Lab) -> Lab:
    """A repository of the whole catalog, with a PIT."""
    catalog_lab.take()
    return catalog_lab


def test_deleted_table_tracking(two_pits: CommandLine) -> None:
    folder = two_pits.folder / "repo" / "catalogs" / "prod"

    (deleted,) = json.loads((folder / "databases/ops/.deleted_tables.json").read_text())["deleted_tables"]

    first, second = sorted(one.name for one in (folder / "pit_manifests").iterdir())
    manifest = json.loads((folder / "pit_manifests" / second / "manifest.json").read_text())
    assert ("ops", "audit", first) == (deleted["database"], deleted["name"], deleted["last_pit_included"])
    assert deleted["deleted_at"] == manifest["pit_timestamp"].replace("Z", "+00:00")


def test_deleted_database_tracking(backed_up: CommandLine) -> None:
    backed_up.catalog.drop_table("ops.audit")
    backed_up.catalog.drop_namespace("ops")
    backed_up.on_repo("backup")

    folder = backed_up.folder / "repo" / "catalogs" / "prod"
    view = json.loads((folder / ".deleted_databases.json").read_text())
    first = min(one.name for one in (folder / "pit_manifests").iterdir())
    found = [(one["name"], one["last_pit_included"]) for one in view["deleted_databases"]]
    assert [("ops", first)] == found


def test_renamed_table_detection_with_object_id(lab: Lab) -> None:
    lab.source.pyiceberg().rename_table("sales.items", "sales.articles")
    append(lab.source.pyiceberg().load_table("sales.articles"), 10)

    manifest = lab.take()

    found = [(str(one.before.table()), str(one.after.table())) for one in manifest.renamed]
    assert [("sales.items", "sales.articles")] == found
    assert (("data",), ()) == (manifest.changed[0].changes, manifest.deleted_in_source.tables)


def test_unnamed_table_without_object_id_treated_as_delete_create(lab: Lab) -> None:
    catalog = lab.source.pyiceberg()
    old = make(catalog, "ops.old", properties={"format-version": "1"})
    append(old, 0)
    pointer = without_uuid(catalog.load_table("ops.old").metadata_location)
    catalog.drop_table("ops.old")
    catalog.register_table("ops.old", pointer)
    lab.take()
    catalog.drop_table("ops.old")
    # The renamed table has moved on: nothing but a UUID could tell that it is the same.
    catalog.register_table("ops.renamed", without_uuid(pointer))

    manifest = lab.take()

    assert (("ops.old",), ()) == (manifest.deleted_in_source.tables, manifest.renamed)
    assert [("renamed", ("new",))] == [(one.table.name, one.changes) for one in manifest.changed]


def without_uuid(pointer: str) -> str:
    """The same state in a metadata file that names no UUID, as format v1 allows."""
    raw = json.loads(path_of(pointer).read_bytes())
    raw.pop("table-uuid", None)
    copy = pointer.replace(".metadata.json", "-x.metadata.json")
    path_of(copy).write_text(json.dumps(raw))
    return copy


def test_unchanged_object_in_manifest(lab: Lab) -> None:
    append(lab.source.pyiceberg().load_table("sales.orders"), 10)

    manifest = lab.take()

    entry = lab.repository.tables(manifest)[table("sales.items")]
    digest = sha256(lab.repository.store.get(capture_record(entry.capture)))
    assert {"sales.items": digest} == manifest.unchanged_objects.tables
    assert ["ops"] == list(manifest.unchanged_objects.databases)


def test_schema_evolution_tracking(lab: Lab) -> None:
    first = lab.repository.pits()[0]
    with lab.source.pyiceberg().load_table("sales.orders").update_schema() as update:
        update.add_column("note", StringType())
    second = lab.take().pit

    schemas = table_history(lab.repository, "sales.orders").schemas

    expected = [(first, 0, ()), (second, 1, ("note added",))]
    assert expected == [(one.since, one.schema_id, one.changes) for one in schemas]


def test_table_format_change_detection(lab: Lab) -> None:
    catalog = lab.source.pyiceberg()
    append(make(catalog, "ops.old", properties={"format-version": "1"}), 0)
    lab.take()
    with catalog.load_table("ops.old").transaction() as change:
        change.upgrade_table_version(2)

    manifest = lab.take()

    (changed,) = manifest.changed
    assert "format" in changed.changes
    assert 2 == lab.repository.tables(manifest)[table("ops.old")].table_format_version


def test_orphaned_data_detection(source: Place) -> None:
    years = Years.of(source.folder.parent)
    years.take(hours=1)
    folder = years.repository.layout.capture(table("sales.orders"), "20260302T083000.000Z", full=True)
    years.repository.store.put_new(f"{folder}/files/x/left.parquet", [b"of a run that died"])
    years.clock.forward(days=8)

    plan = plan_prune(years.repository, Rules(Policy(last=1), orphans_after=timedelta(days=7)))

    assert (1, 18) == (plan.orphans, plan.orphan_bytes)


def test_large_table_partial_backup(source: Place) -> None:
    large = source.pyiceberg().load_table("sales.orders")
    append(large, 10)
    expected = history(large.metadata_location)["now"]
    lab = Lab.of(source, repository=new_repository(source, scope=Scope("shop", "sales", "orders")))

    manifest = back_up(lab.backup(newest_snapshots=1))

    coverage = lab.record(manifest, "sales.orders").coverage
    assert ("partial", 1, 2) == (
        manifest.status,
        len(coverage.snapshots) if coverage else 0,
        coverage and coverage.of,
    )
    with pytest.raises(InvalidRequest, match="the newest 1 of 2 snapshots"):
        lab.restore()
    lab.restore(RestoreRequest(history="covered"))
    assert expected == history(lab.target.pyiceberg().load_table("sales.orders").metadata_location)["now"]
