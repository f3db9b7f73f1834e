"""Several catalogs delete the metadata file that they fail to commit; such a catalog is imitated here, none runs."""

from dataclasses import replace
from pathlib import Path

import pytest

from bcn_core.catalogs.catalog import Catalog
from bcn_core.catalogs.sql import SqlPointers
from bcn_core.errors import StorageFailure
from bcn_core.names import TableName
from bcn_core.registering import metadata_kept
from bcn_core.restore import RestoreReport, RestoreRequest, plan_restore, restore_all
from bcn_core.storage.opening import Stores
from tests.warehouse.runs import Lab
from tests.warehouse.source import append, make


class FailsAndDeletes(SqlPointers):
    """As Iceberg's Java catalogs do when their commit fails."""

    def register(self, table: TableName, metadata_location: str) -> None:
        Path(metadata_location.removeprefix("file://")).unlink()
        raise StorageFailure("the catalog's database went away")


@pytest.fixture
def lab(lab: Lab) -> Lab:
    append(make(lab.source.pyiceberg(), "sales.orders"), 0)
    lab.take()
    return lab


def restored(lab: Lab, target: Catalog | None = None) -> RestoreReport:
    restore = lab.restorer() if target is None else replace(lab.restorer(), target=target)
    return restore_all(restore, plan_restore(restore, RestoreRequest()))


def test_its_error_is_told(lab: Lab) -> None:
    report = restored(lab, FailsAndDeletes(lab.target.pyiceberg()))

    assert ["the catalog's database went away"] == [one.error for one in report.tables]


def test_the_metadata_file_that_it_deleted_is_there_again(lab: Lab) -> None:
    report = restored(lab, FailsAndDeletes(lab.target.pyiceberg()))

    (one,) = report.tables
    assert Path(one.plan.metadata_location.removeprefix("file://")).is_file()


def test_a_file_that_it_left_alone_stays_as_it_is(tmp_path: Path) -> None:
    place = tmp_path / "v1.metadata.json"
    place.write_text("as it is")

    with pytest.raises(StorageFailure), metadata_kept(Stores(), f"file://{place}"):
        raise StorageFailure("no")

    assert "as it is" == place.read_text()
