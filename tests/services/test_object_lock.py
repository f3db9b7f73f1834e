"""A repository in a bucket with an object lock, on a real S3 server: nothing is destroyed, and changes are found."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from bcn_core.repair import Repair, apply_repair, plan_repair
from bcn_core.repository.pins import this_process
from bcn_core.verify import EVERYTHING, Verification, verify_repository
from tests.services.object_servers import ObjectServer, running_locked_s3
from tests.warehouse.readers import histories
from tests.warehouse.runs import Lab, new_repository
from tests.warehouse.source import Place, append, make


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    with running_locked_s3(tmp_path_factory.mktemp("locked")) as found:
        yield found


@pytest.fixture
def lab(server: ObjectServer, tmp_path: Path, request: pytest.FixtureRequest) -> Lab:
    """Two PITs in a prefix of the test's own."""
    source = Place(tmp_path / "source")
    orders = make(source.pyiceberg(), "sales.orders")
    append(orders, 0)
    store = server.stores().at(f"s3://locked/{request.node.name}")
    found = Lab.of(source, repository=new_repository(source, store), stores=server.stores())
    found.take()
    append(orders, 10)
    found.take()
    return found


def checked(lab: Lab) -> Verification:
    return verify_repository(lab.repository, EVERYTHING, lambda _: None)


def test_backup_verify_and_restore_work(lab: Lab) -> None:
    expected = histories(lab.source.pyiceberg())

    assert () == checked(lab).faults
    lab.source.lose()
    lab.restore()

    assert expected == histories(lab.target.pyiceberg())


def test_no_version_of_any_object_that_a_pit_needs_can_be_destroyed(lab: Lab, server: ObjectServer) -> None:
    prefix = lab.repository.store.url.removeprefix("s3://locked/")
    destroyed = []
    for one in lab.repository.store.versions("catalogs"):
        try:
            key = f"{prefix}/{one.key}"
            server.client().delete_object(Bucket="locked", Key=key, VersionId=one.version)
        except ClientError:
            continue
        destroyed.append(one.key)

    assert [] == destroyed


@pytest.mark.fault(14)
def test_a_second_version_of_a_pit_manifest_is_a_finding(lab: Lab) -> None:
    key = lab.repository.layout.pit_manifest(lab.repository.pits()[-1])
    lab.repository.store.replace(key, lab.repository.store.get(key))

    assert [(key, "has 2 versions, though a manifest is written once")] == [
        (one.key, one.problem) for one in checked(lab).faults
    ]


def test_what_somebody_wrote_over_is_repaired_by_one_more_version(lab: Lab) -> None:
    key = next(one.key for one in lab.repository.store.list("catalogs") if "/data/" in one.key)
    lab.repository.store.replace(key, b"ransom")
    repair = Repair(lab.repository, lab.stores, this_process("test"), level=EVERYTHING)

    apply_repair(repair, plan_repair(repair))

    assert () == checked(lab).faults
