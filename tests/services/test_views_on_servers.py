"""Iceberg views of real servers: swept, backed up, and restored after the source's entry and files are gone."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pyiceberg.catalog.hive import HiveCatalog
from pyiceberg.schema import Schema
from pyiceberg.types import LongType, NestedField
from pyiceberg.view.metadata import SQLViewRepresentation, ViewRepresentation, ViewVersion

from bcn_core.backup import Backup, back_up
from bcn_core.catalogs.hive import HivePointers
from bcn_core.errors import Conflict
from bcn_core.iceberg.sql_views import parse_view
from bcn_core.names import Scope, TableName
from bcn_core.repository.documents import SourceRecord
from bcn_core.repository.pins import this_process
from bcn_core.repository.repository import Repository
from bcn_core.restore import Restore, RestoreReport, RestoreRequest, plan_restore, restore_all
from bcn_core.storage.memory import MemoryStore
from bcn_core.storage.opening import Stores
from tests.services.catalog_servers import NessieServer
from tests.services.object_servers import ObjectServer
from tests.services.sites import Site
from tests.warehouse.source import append, make

SQL = "SELECT id FROM orders WHERE city = 'Ülm'"


@dataclass(frozen=True, slots=True)
class Shown:
    """A site with one table and one view of it, in a database of the test's own: the servers are shared."""

    site: Site
    stores: Stores
    database: str

    @property
    def view(self) -> TableName:
        return TableName((self.database,), "recent")

    def location(self) -> str | None:
        """The view's pointer, as BCN sees it."""
        return self.site.bcn().sweep(Scope("shop", self.database)).views.get(self.view)

    def sql(self, database: str) -> str:
        """The SQL of a view in the file that the catalog points at."""
        pointer = self.site.bcn().sweep(Scope("shop", database)).views[TableName((database,), "recent")]
        (shown,) = parse_view(self.stores.read(pointer), pointer).current_version["representations"]
        return str(shown["sql"])

    def backed_up(self) -> Repository:
        """A repository of the database with one PIT."""
        found = self.site.bcn().identity()
        record = SourceRecord(kind=found.kind, address=found.address)
        repository = Repository.create(MemoryStore(), Scope("shop", self.database), record, datetime.now(UTC))
        back_up(Backup(repository, self.site.bcn(), self.stores, this_process("test")))
        return repository

    def restored(self, repository: Repository, **options: Any) -> RestoreReport:
        restore = Restore(repository, self.site.bcn(), self.stores)
        return restore_all(restore, plan_restore(restore, RestoreRequest(**options)))


@pytest.fixture(params=["rest", "nessie"])
def shown(request: pytest.FixtureRequest) -> Iterator[Shown]:
    database = f"views_{uuid4().hex[:8]}"
    found = _on_rest(request, database) if request.param == "rest" else _on_nessie(request, database)
    catalog = found.site.pyiceberg()
    append(make(catalog, f"{database}.orders", location=f"{found.site.root}/{database}/orders"), 0)
    version = ViewVersion(
        version_id=1,
        schema_id=0,
        summary={"engine-name": "spark"},
        representations=[ViewRepresentation(SQLViewRepresentation(type="sql", sql=SQL, dialect="spark"))],
        default_namespace=(database,),
    )
    schema = Schema(NestedField(1, "id", LongType()))
    catalog.create_view((database, "recent"), schema, version, f"{found.site.root}/{database}/recent")
    yield found
    _leave_nothing(catalog, database, f"{database}_copy")


def _leave_nothing(catalog: Any, *databases: str) -> None:
    """Others count what the shared servers hold."""
    for database in filter(catalog.namespace_exists, databases):
        for view in catalog.list_views(database):
            catalog.drop_view(view)
        for table in catalog.list_tables(database):
            catalog.drop_table(table)
        catalog.drop_namespace(database)


def _on_rest(request: pytest.FixtureRequest, database: str) -> Shown:
    served: Mapping[str, str] = request.getfixturevalue("rest")
    root = f"file://{request.getfixturevalue('tmp_path')}"
    return Shown(Site("rest", served, served, root), Stores(), database)


def _on_nessie(request: pytest.FixtureRequest, database: str) -> Shown:
    server: NessieServer = request.getfixturevalue("nessie")
    s3: ObjectServer = request.getfixturevalue("s3")
    # The server serves views and does not say so to its clients.
    users = {**server.rest, "view-endpoints-supported": "true"}
    site = Site("nessie", server.native, users, "s3://lake/nessie", s3.properties)
    return Shown(site, s3.stores(), database)


def test_a_view_is_swept_with_its_metadata_file(shown: Shown) -> None:
    pointer = shown.location()

    assert pointer is not None
    assert shown.view.name in pointer
    assert [TableName((shown.database,), "orders")] == list(
        shown.site.bcn().sweep(Scope("shop", shown.database)).pointers
    )


def test_a_view_that_is_lost_comes_back_under_its_name_with_its_sql(shown: Shown) -> None:
    repository = shown.backed_up()
    catalog = shown.site.pyiceberg()
    catalog.drop_view((shown.database, "recent"))
    catalog.drop_table((shown.database, "orders"))

    report = shown.restored(repository, target_location=f"{shown.site.root}/back/{{database}}/{{table}}")

    assert ["", ""] == [one.error for one in report.everything]
    assert SQL == shown.sql(shown.database)


def test_a_view_comes_back_as_a_copy_in_another_database(shown: Shown) -> None:
    repository = shown.backed_up()
    copy = f"{shown.database}_copy"
    place = f"{shown.site.root}/{copy}/{{table}}"

    report = shown.restored(repository, target_database=copy, target_location=place)

    assert [""] == [one.error for one in report.views]
    assert SQL == shown.sql(copy)


@pytest.mark.parametrize("shown", ["rest"], indirect=True)
def test_users_of_a_rest_catalog_read_the_sql_of_a_restored_view(shown: Shown) -> None:
    copy = f"{shown.database}_copy"
    place = f"{shown.site.root}/{copy}/{{table}}"

    shown.restored(shown.backed_up(), target_database=copy, target_location=place)

    assert SQL == shown.site.pyiceberg().load_view((copy, "recent")).sql_for("spark").sql


def test_what_a_server_does_not_take_over_of_a_view_is_told(shown: Shown) -> None:
    copy = f"{shown.database}_copy"
    place = f"{shown.site.root}/{copy}/{{table}}"

    (one,) = shown.restored(shown.backed_up(), target_database=copy, target_location=place).views

    # The REST adapter of Iceberg 1.11 registers a view as it is; older ones create it anew, with its newest version.
    said = {"rest": [], "nessie": ["REST interface shows none"]}[shown.site.kind]
    assert [True] * len(said) == [words in note for words, note in zip(said, one.notes, strict=True)]


def test_a_restored_view_lies_at_its_target(shown: Shown) -> None:
    copy = f"{shown.database}_copy"
    place = f"{shown.site.root}/{copy}/{{table}}"

    shown.restored(shown.backed_up(), target_database=copy, target_location=place)

    assert f"{shown.site.root}/{copy}/recent" == shown.site.pyiceberg().load_view((copy, "recent")).location()


def test_a_view_that_is_there_is_replaced_when_that_is_asked_for(shown: Shown) -> None:
    repository = shown.backed_up()
    before = shown.location()
    place = f"{shown.site.root}/again/{{database}}/{{table}}"

    report = shown.restored(repository, on_conflict="replace", tables=("recent",), target_location=place)

    assert [("replace", "")] == [(one.action, one.error) for one in report.views]
    assert before != shown.location()


def test_a_view_that_somebody_changed_meanwhile_is_not_replaced(shown: Shown) -> None:
    repository = shown.backed_up()
    restore = Restore(repository, shown.site.bcn(), shown.stores)
    place = f"{shown.site.root}/again/{{database}}/{{table}}"
    request = RestoreRequest(on_conflict="replace", tables=("recent",), target_location=place)
    plan = plan_restore(restore, request)
    shown.restored(repository, on_conflict="replace", tables=("recent",), target_location=f"{place}/first")
    meanwhile = shown.location()

    (one,) = restore_all(restore, plan).views

    assert "changed meanwhile" in one.error
    assert meanwhile == shown.location()


def test_a_name_that_a_table_bears_is_not_given_to_a_view(shown: Shown) -> None:
    repository = shown.backed_up()

    (refusal,) = plan_restore(
        Restore(repository, shown.site.bcn(), shown.stores),
        RestoreRequest(tables=("recent",), target_table="orders", on_conflict="replace"),
    ).refusals

    assert isinstance(refusal, Conflict)


def test_views_of_a_metastore_are_swept_and_are_no_tables(hive: Mapping[str, str], tmp_path: Path) -> None:
    catalog: Any = HiveCatalog("shop", **{**hive, "warehouse": f"file://{tmp_path}"})
    database = f"views_{uuid4().hex[:8]}"
    table = make(catalog, f"{database}.orders", location=f"file://{tmp_path}/orders")
    copied = Path(tmp_path, "view.metadata.json")
    shutil.copy(table.metadata_location.removeprefix("file://"), copied)
    _mark_as_view(catalog, database, f"file://{copied}")

    found = HivePointers(catalog).sweep(Scope("shop", database))

    assert {TableName((database,), "recent"): f"file://{copied}"} == found.views
    assert HivePointers(catalog).pointer(TableName((database,), "recent")) is None
    assert [TableName((database,), "orders")] == list(found.pointers)


def _mark_as_view(catalog: Any, database: str, pointer: str) -> None:
    """An entry as Java's HiveCatalog makes it of a view; PyIceberg makes none."""
    from hive_metastore.ttypes import SerDeInfo, StorageDescriptor, Table

    serde = SerDeInfo(serializationLib="org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe")
    held = Table(
        dbName=database,
        tableName="recent",
        owner="test",
        createTime=1,
        lastAccessTime=1,
        sd=StorageDescriptor(cols=[], serdeInfo=serde),
        tableType="VIRTUAL_VIEW",
        viewOriginalText=SQL,
        viewExpandedText=SQL,
        parameters={"table_type": "ICEBERG-VIEW", "metadata_location": pointer},
    )
    with HivePointers(catalog)._client() as client:
        client.create_table(held)


def test_the_stored_metadata_of_a_served_view_is_the_servers_own_bytes(shown: Shown) -> None:
    repository = shown.backed_up()
    pointer = shown.location()
    assert pointer is not None

    (view,) = repository.indexes(repository.pit(repository.pits()[0]))[0].sql_views

    assert shown.stores.read(pointer) == repository.view_bytes(view)
    assert view.uuid is not None
