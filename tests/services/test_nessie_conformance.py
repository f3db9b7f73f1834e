"""The contract of catalogs (tests/conformance/test_catalogs.py) on a real Nessie server over a real S3 server."""

from pathlib import Path

import pytest

from bcn_core.catalogs.catalog import Catalog
from bcn_core.catalogs.nessie import NessieCatalog
from bcn_core.catalogs.nessie_api import NessieReference
from bcn_core.errors import InvalidRequest, NotFound, StorageFailure
from bcn_core.names import Scope, TableName
from tests.conformance.test_catalogs import *  # noqa: F403
from tests.services.catalog_seeds import seeded
from tests.services.catalog_servers import NessieServer, ServedPlace

# This server keeps no tables in folders, and a level is made before what lies in it.
del test_a_new_table_goes_below_the_warehouse, test_nested_namespaces_are_swept  # noqa: F821
del test_a_new_table_goes_to_the_place_of_its_database  # noqa: F821


@pytest.fixture
def place(nessie: NessieServer, tmp_path: Path) -> ServedPlace:
    return seeded(ServedPlace(tmp_path / "source", served=nessie.native, users=nessie.rest))


@pytest.fixture
def catalog(place: ServedPlace) -> Catalog:
    return place.bcn()


def test_a_new_table_goes_below_the_buckets_warehouse(catalog: Catalog) -> None:
    assert "s3://lake/nessie/ops/copy" == catalog.default_location(TableName(("ops",), "copy"))


def test_a_sweep_reads_one_commit(
    catalog: Catalog, place: ServedPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = catalog.sweep(Scope("shop"))
    pinned = NessieReference(place.served["uri"], "main").hash()
    place.pyiceberg().drop_table("ops.log")
    monkeypatch.setattr(NessieReference, "hash", lambda _reference: pinned)

    assert before == catalog.sweep(Scope("shop"))


def test_a_branch_that_is_missing_is_told(nessie: NessieServer) -> None:
    catalog = NessieCatalog("shop", {**nessie.native, "ref": "nowhere"})

    with pytest.raises(NotFound, match="nowhere"):
        catalog.sweep(Scope("shop"))


def test_a_server_that_is_not_there_is_told() -> None:
    catalog = NessieCatalog("shop", {"uri": "http://127.0.0.1:9/api/v2", "token": "planted-token"})

    with pytest.raises(StorageFailure, match="does not answer") as raised:
        catalog.sweep(Scope("shop"))

    assert "planted" not in str(raised.value)


def test_the_address_of_its_other_face_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="/api/v2"):
        NessieCatalog("shop", {"uri": "http://127.0.0.1:9/iceberg"})


def test_a_database_of_levels_is_made_with_the_levels_above_it(catalog: Catalog) -> None:
    catalog.create_database(("europe", "sales"), {"owner": "me"})

    found = catalog.sweep(Scope("shop")).databases

    assert {"owner": "me"} == dict(found[("europe", "sales")])
    assert ("europe",) in found


def test_a_new_table_goes_to_the_place_of_its_own_database(catalog: Catalog) -> None:
    catalog.create_database(("own",), {"location": "s3://lake/nessie/elsewhere/"})

    assert "s3://lake/nessie/elsewhere/copy" == catalog.default_location(TableName(("own",), "copy"))
