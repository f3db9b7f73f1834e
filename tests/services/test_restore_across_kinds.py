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
from tests.services.catalog_servers import NessieServer
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


@pytest.fixture(scope="module")
def sites(
    request: pytest.FixtureRequest, s3: ObjectServer, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Site]:
    """Makes the site of a kind anew; a server starts when its kind is first asked for."""

    def on_files(kind: str, served: Mapping[str, str]) -> Site:
        folder = tmp_path_factory.mktemp(kind)
        properties = {**served, "warehouse": f"file://{folder}"}
        return Site(kind, properties, properties, f"file://{folder}")

    def on_s3(kind: str, served: Mapping[str, str]) -> Site:
        root = f"s3://lake/{tmp_path_factory.mktemp(kind).name}"
        properties = {**served, "warehouse": root, **s3.properties}
        return Site(kind, properties, properties, root, s3.properties)

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
    s3: ObjectServer,
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
    repository = Repository.create(s3.stores().at(place), scope, record, datetime.now(UTC))
    back_up(Backup(repository, site.bcn(), s3.stores(), this_process("test")))
    location = table.location()
    catalog.drop_table(str(ORDERS))
    catalog.drop_namespace(ORDERS.database)
    _remove(s3, location)
    return Lost(Repository.open(s3.stores().at(place)), rows)


@pytest.mark.parametrize("kind", KINDS)
def test_every_snapshot_and_ref_is_there_again(
    lost: Lost, kind: str, sites: Callable[[str], Site], s3: ObjectServer
) -> None:
    target = sites(kind)
    restore = Restore(lost.repository, target.bcn(), s3.stores())
    name = f"back_{lost.repository.manifest.repository_id[:8]}"
    request = RestoreRequest(target_database=name, target_location=f"{target.root}/{name}/orders")

    report = restore_all(restore, plan_restore(restore, request))

    assert [""] == [one.error for one in report.tables]
    assert lost.rows == target.rows(TableName((name,), "orders"))


@pytest.mark.parametrize("kind", KINDS)
def test_users_of_the_target_read_and_append(
    lost: Lost, kind: str, sites: Callable[[str], Site], s3: ObjectServer
) -> None:
    target = sites(kind)
    restore = Restore(lost.repository, target.bcn(), s3.stores())
    name = f"used_{lost.repository.manifest.repository_id[:8]}"
    request = RestoreRequest(target_database=name, target_location=f"{target.root}/{name}/orders")
    restore_all(restore, plan_restore(restore, request))

    append(target.pyiceberg().load_table((name, "orders")), 100)

    seen = target.pyiceberg().load_table((name, "orders")).scan().to_arrow().num_rows
    assert len(lost.rows["now"]) + 4 == seen


def _remove(s3: ObjectServer, location: str) -> None:
    if location.startswith("file://"):
        shutil.rmtree(Path(location.removeprefix("file://")))
        return
    store = s3.stores().at(location)
    for found in list(store.list("")):
        store.delete(found.key)
