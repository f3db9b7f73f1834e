"""From any kind of catalog and store into any other, with the source gone before the restore begins."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bcn_core.backup import Backup, back_up
from bcn_core.names import Scope, TableName
from bcn_core.repository.documents import SourceRecord
from bcn_core.repository.pins import this_process
from bcn_core.repository.repository import Repository
from bcn_core.restore import Restore, RestoreRequest, plan_restore, restore_all
from bcn_core.storage.opening import Stores
from bcn_core.storage.options import StorageOptions
from tests.services.catalog_servers import NessieServer
from tests.services.cloud_servers import AzureServer, CloudServer, GcsServer
from tests.services.object_servers import ObjectServer
from tests.services.sites import KINDS, Site
from tests.warehouse.readers import Rows
from tests.warehouse.source import append, make

# The servers are shared by all tests of a run, and other tests leave a database "sales" in them.
ORDERS = TableName(("crossing",), "orders")


@dataclass(frozen=True, slots=True)
class Lost:
    """What is left of a source: its repository, and what its table held."""

    repository: Repository
    rows: Mapping[str, Rows]


@dataclass(frozen=True, slots=True)
class Back:
    """What came of a restore: where, under which name, and what the catalog's pointer leads to."""

    site: Site
    table: TableName
    rows: Mapping[str, Rows]


@pytest.fixture(scope="module")
def stores(s3: ObjectServer, gcs_emulated: GcsServer, azure_emulated: AzureServer) -> Stores:
    """Stores that reach every server, each with an account of its own."""
    found = {"s3://": s3.properties, "gs://": gcs_emulated.properties, "abfss://": azure_emulated.properties}
    return Stores(options=StorageOptions(found, {}))


@pytest.fixture(scope="module")
def sites(
    request: pytest.FixtureRequest, s3: ObjectServer, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Site]:
    """Makes the site of a kind anew; a server starts when its kind is first asked for."""

    def on_files(kind: str, served: Mapping[str, str]) -> Site:
        folder = tmp_path_factory.mktemp(kind)
        properties = {**served, "warehouse": f"file://{folder}"}
        return Site(kind, properties, properties, f"file://{folder}")

    def on_store(kind: str, served: Mapping[str, str], bucket: str, io: Mapping[str, str]) -> Site:
        root = f"{bucket}/{tmp_path_factory.mktemp(kind).name}"
        properties = {**served, "warehouse": root, **io}
        return Site(kind, properties, properties, root, io)

    def on_s3(kind: str, served: Mapping[str, str]) -> Site:
        return on_store(kind, served, "s3://lake", s3.properties)

    def in_cloud(kind: str, fixture: str) -> Site:
        server: CloudServer = request.getfixturevalue(fixture)
        return on_store(kind, sqlite(kind), server.place("lake"), server.properties)

    def sqlite(kind: str) -> Mapping[str, str]:
        return {"type": "sql", "uri": f"sqlite:///{tmp_path_factory.mktemp(kind)}/catalog.db"}

    def over_nessie(kind: str) -> Site:
        server: NessieServer = request.getfixturevalue("nessie")
        return Site(kind, server.native, server.rest, "s3://lake/nessie", s3.properties)

    def served(name: str) -> Mapping[str, str]:
        found: Mapping[str, str] = request.getfixturevalue(name)
        return found

    makers: dict[str, Callable[[str], Site]] = {
        "sql-on-files": lambda kind: on_files(kind, sqlite(kind)),
        "sql-on-s3": lambda kind: on_s3(kind, sqlite(kind)),
        "sql-on-gcs-emulated": lambda kind: in_cloud(kind, "gcs_emulated"),
        "sql-on-azure-emulated": lambda kind: in_cloud(kind, "azure_emulated"),
        "postgres-on-s3": lambda kind: on_s3(
            kind, {"type": "sql", "uri": request.getfixturevalue("postgres_uri")}
        ),
        "hive-on-files": lambda kind: on_files(kind, served("hive")),
        "rest-on-files": lambda kind: on_files(kind, served("rest")),
        "nessie-on-s3": over_nessie,
        "glue-by-moto": lambda kind: on_files(kind, served("glue_by_moto")),
    }
    return lambda kind: makers[kind](kind)


@pytest.fixture(scope="module", params=KINDS)
def lost(
    request: pytest.FixtureRequest,
    sites: Callable[[str], Site],
    stores: Stores,
    tmp_path_factory: pytest.TempPathFactory,
) -> Lost:
    """A source with a history, backed up to S3, and then gone: its entry, its files."""
    site = sites(request.param)
    catalog = site.pyiceberg()
    table = make(catalog, str(ORDERS), location=f"{site.root}/lost-{request.param}/orders")
    append(table, 0)
    append(table, 10)
    table.manage_snapshots().create_tag(table.snapshots()[0].snapshot_id, "opening").commit()
    rows = site.rows(ORDERS)
    place = f"s3://backups/{tmp_path_factory.mktemp('repository').name}-{request.param}"
    found = site.bcn().identity()
    record = SourceRecord(kind=found.kind, address=found.address)
    scope = Scope("shop", ORDERS.database, ORDERS.name)
    repository = Repository.create(stores.at(place), scope, record, datetime.now(UTC))
    back_up(Backup(repository, site.bcn(), stores, this_process("test")))
    location = table.location()
    catalog.drop_table(str(ORDERS))
    catalog.drop_namespace(ORDERS.database)
    _remove(stores, location)
    return Lost(Repository.open(stores.at(place)), rows)


@pytest.fixture(scope="module", params=KINDS)
def back(request: pytest.FixtureRequest, lost: Lost, sites: Callable[[str], Site], stores: Stores) -> Back:
    """The lost source, restored into a site of a kind."""
    target = sites(request.param)
    restore = Restore(lost.repository, target.bcn(), stores)
    name = f"back_{lost.repository.manifest.repository_id[:8]}"
    asked = RestoreRequest(target_database=name, target_location=f"{target.root}/{name}/orders")
    report = restore_all(restore, plan_restore(restore, asked))
    assert [""] == [one.error for one in report.tables]
    table = TableName((name,), "orders")
    return Back(target, table, target.rows(table))


def test_every_snapshot_and_ref_is_there_again(lost: Lost, back: Back) -> None:
    assert lost.rows == back.rows


def test_users_of_the_target_read_and_append(lost: Lost, back: Back) -> None:
    before = len(lost.rows["now"])

    append(back.site.pyiceberg().load_table((*back.table.namespace, back.table.name)), 100)

    assert before + 4 == len(back.site.rows(back.table)["now"])


def _remove(stores: Stores, location: str) -> None:
    if location.startswith("file://"):
        shutil.rmtree(Path(location.removeprefix("file://")))
        return
    store = stores.at(location)
    for found in list(store.list("")):
        store.delete(found.key)
