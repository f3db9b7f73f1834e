"""Requirement 2, group 7: the stacks. What cannot run here runs against the nearest real thing.

MinIO: Versity's S3 gateway, a real S3 server. Hive: a real metastore. AWS: moto's S3 and Glue, which imitate it over
real HTTP; nothing of AWS runs outside of AWS.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest

from bcn_core.backup import Backup, back_up
from bcn_core.names import Scope, TableName
from bcn_core.repository.documents import PitManifest, SourceRecord
from bcn_core.repository.pins import this_process
from bcn_core.repository.repository import Repository
from bcn_core.restore import Restore, RestoreRequest, plan_restore, restore_all
from bcn_core.storage.opening import Stores
from bcn_core.storage.options import StorageOptions
from tests.services.object_servers import ObjectServer
from tests.services.sites import Site
from tests.warehouse.source import append, make


@dataclass(frozen=True, slots=True)
class Stack:
    """A site, the stores that reach it and the repository beside it, and where that repository lies."""

    site: Site
    stores: Stores
    backups: str

    def repository(self, name: str) -> Repository:
        """A repository of one table of the site."""
        found = self.site.bcn().identity()
        record = SourceRecord(kind=found.kind, address=found.address)
        store = self.stores.at(f"{self.backups}/{name}")
        return Repository.create(store, Scope("shop", name, "orders"), record, datetime.now(UTC))

    def make(self, name: str) -> TableName:
        """A table of four rows in a database of the test's own: the servers are shared."""
        append(make(self.site.pyiceberg(), f"{name}.orders", location=f"{self.site.root}/{name}/orders"), 0)
        return TableName((name,), "orders")

    def grow(self, name: str) -> None:
        append(self.site.pyiceberg().load_table(f"{name}.orders"), 10)

    def take(self, repository: Repository) -> PitManifest:
        return back_up(Backup(repository, self.site.bcn(), self.stores, this_process("test")))

    def lose(self, name: str) -> None:
        """The table is dropped, and every file of it is gone."""
        self.site.pyiceberg().drop_table(f"{name}.orders")
        store = self.stores.at(f"{self.site.root}/{name}")
        for found in list(store.list("")):
            store.delete(found.key)

    def restore(self, repository: Repository, name: str, at: str) -> TableName:
        """Restore into this site, under another database."""
        restore = Restore(repository, self.site.bcn(), self.stores)
        request = RestoreRequest(target_database=at, target_location=f"{self.site.root}/{at}/{name}")
        report = restore_all(restore, plan_restore(restore, request))
        assert [""] == [one.error for one in report.tables]
        return TableName((at,), "orders")


@pytest.fixture
def minio(s3: ObjectServer, tmp_path: Path) -> Stack:
    """SQLite over Versity's S3 gateway, in MinIO's place."""
    root = f"s3://lake/{tmp_path.name}"
    properties = {"type": "sql", "uri": f"sqlite:///{tmp_path}/c.db", "warehouse": root, **s3.properties}
    site = Site("sql-on-s3", properties, properties, root, s3.properties)
    return Stack(site, s3.stores(), f"s3://backups/{tmp_path.name}")


@pytest.fixture
def local(tmp_path: Path) -> Stack:
    """SQLite over files."""
    root = f"file://{tmp_path}/local"
    properties = {"type": "sql", "uri": f"sqlite:///{tmp_path}/local.db", "warehouse": root}
    return Stack(Site("sql-on-files", properties, properties, root), Stores(), f"file://{tmp_path}/backups")


@pytest.fixture
def on_hive(hive: Mapping[str, str], tmp_path: Path) -> Stack:
    """A real Hive Metastore over files."""
    root = f"file://{tmp_path}/hive"
    properties = {**hive, "warehouse": root}
    return Stack(Site("hive-on-files", properties, properties, root), Stores(), f"file://{tmp_path}/backups")


@pytest.fixture
def aws(glue_by_moto: Mapping[str, str], tmp_path: Path) -> Stack:
    """Glue over S3, both as moto imitates them."""
    account = {
        "s3.endpoint": glue_by_moto["glue.endpoint"],
        "s3.access-key-id": glue_by_moto["glue.access-key-id"],
        "s3.secret-access-key": glue_by_moto["glue.secret-access-key"],
        "s3.region": "us-east-1",
    }
    client(glue_by_moto, "s3").create_bucket(Bucket="aws-lake")
    root = f"s3://aws-lake/{tmp_path.name}"
    properties = {**glue_by_moto, **account, "warehouse": root}
    stores = Stores(options=StorageOptions({"s3://": account}, {}))
    return Stack(Site("glue-by-moto", properties, properties, root, account), stores, f"{root}/backups")


def client(glue: Mapping[str, str], service: str) -> "boto3.client":
    """Another client than BCN's own."""
    return boto3.client(
        service,
        endpoint_url=glue["glue.endpoint"],
        aws_access_key_id=glue["glue.access-key-id"],
        aws_secret_access_key=glue["glue.secret-access-key"],
        region_name="us-east-1",
    )


def round_trip(stack: Stack, name: str) -> tuple[object, object]:
    """The rows before a backup, and after a restore without the source."""
    table = stack.make(name)
    stack.grow(name)
    before = stack.site.rows(table)
    repository = stack.repository(name)
    stack.take(repository)
    stack.lose(name)
    return before, stack.site.rows(stack.restore(repository, name, f"{name}_back"))


def kinds_of_second_pit(stack: Stack, name: str) -> list[str]:
    """The kinds of the files that the second of two PITs copied, after one append."""
    table = stack.make(name)
    repository = stack.repository(name)
    stack.take(repository)
    stack.grow(name)
    manifest = stack.take(repository)
    record = repository.capture(repository.tables(manifest)[table])
    return sorted(file.kind for file in repository.files(record) if file.stored_by == manifest.pit)


def test_local_minio_backup_single_table(minio: Stack) -> None:
    before, after = round_trip(minio, "minio_single")

    assert before == after


def test_local_minio_incremental_backup(minio: Stack) -> None:
    found = kinds_of_second_pit(minio, "minio_more")

    assert ["data", "manifest", "manifest-list", "metadata"] == found


def test_local_hive_metadata_restore(on_hive: Stack) -> None:
    before, after = round_trip(on_hive, "hive_meta")

    assert before == after


def test_aws_s3_backup_single_table(aws: Stack) -> None:
    before, after = round_trip(aws, "aws_single")

    assert before == after


def test_aws_s3_incremental_backup(aws: Stack) -> None:
    found = kinds_of_second_pit(aws, "aws_more")

    assert ["data", "manifest", "manifest-list", "metadata"] == found


def test_aws_glue_metadata_handling(aws: Stack, glue_by_moto: Mapping[str, str]) -> None:
    round_trip(aws, "aws_meta")

    table = client(glue_by_moto, "glue").get_table(DatabaseName="aws_meta_back", Name="orders")["Table"]
    pointer = aws.site.bcn().pointer(TableName(("aws_meta_back",), "orders"))
    assert "ICEBERG" == table["Parameters"]["table_type"]
    assert pointer == table["Parameters"]["metadata_location"]


@pytest.mark.parametrize("way", ["from Hive into Glue", "from Glue into Hive"])
def test_aws_glue_vs_hive_compatibility(aws: Stack, on_hive: Stack, way: str) -> None:
    source, target = (on_hive, aws) if way == "from Hive into Glue" else (aws, on_hive)
    name = way.replace(" ", "_").lower()
    before = source.site.rows(source.make(name))
    repository = source.repository(name)
    source.take(repository)
    source.lose(name)

    reach_both = Stack(target.site, _both(source, target), target.backups)
    restored = reach_both.restore(repository, name, f"{name}_back")

    assert before == target.site.rows(restored)


def test_restore_from_local_to_aws(local: Stack, aws: Stack) -> None:
    before = local.site.rows(local.make("to_aws"))
    repository = local.repository("to_aws")
    local.take(repository)
    local.lose("to_aws")

    restored = aws.restore(repository, "to_aws", "to_aws_back")

    assert before == aws.site.rows(restored)


def _both(one: Stack, other: Stack) -> Stores:
    """Stores that reach files and the object store of either stack."""
    return one.stores if one.site.root.startswith("s3://") else other.stores
