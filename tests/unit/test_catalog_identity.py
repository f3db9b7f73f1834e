"""Which catalog is which: by kind and address, without secrets; and which is none at all."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bcn_core.capture.claiming import check_source
from bcn_core.catalogs.opening import open_catalog, open_target
from bcn_core.errors import Conflict, InvalidRequest, NotFound, StorageFailure
from bcn_core.events import silent
from bcn_core.names import Scope, TableName
from bcn_core.repository.documents import SourceRecord
from bcn_core.repository.repository import Repository
from bcn_core.storage.memory import MemoryStore


def address(uri: str) -> str:
    return open_catalog("shop", {"type": "sql", "uri": uri}, create=True).identity().address


def test_a_relative_sqlite_path_names_the_same_catalog_from_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert f"sqlite:///{tmp_path}/catalog.db" == address("sqlite:///catalog.db")


def test_equal_relative_paths_in_two_folders_are_two_catalogs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = set()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        addresses.add(address("sqlite:///catalog.db"))

    assert 2 == len(addresses)


def test_a_source_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    file = tmp_path / "mistyped.db"

    with pytest.raises(NotFound):
        open_catalog("shop", {"type": "sql", "uri": f"sqlite:///{file}"})

    assert not file.exists()


@pytest.mark.parametrize("properties", [{"type": "hadoop", "warehouse": "/lake"}, {"uri": "nowhere"}])
def test_a_kind_that_nobody_knows_is_told_with_those_that_are(properties: dict[str, str]) -> None:
    with pytest.raises(InvalidRequest, match="of no kind that is known") as refused:
        open_catalog("lake", properties)

    assert "glue, hive, nessie, rest, sql" in refused.value.hint


@pytest.mark.parametrize("kind", ["hive", "rest", "sql", "Hive"])
def test_a_catalog_without_an_address_is_told_how_one_looks(kind: str) -> None:
    with pytest.raises(InvalidRequest, match="has no address") as refused:
        open_catalog("lake", {"type": kind})

    assert 'uri = "' in refused.value.hint


@pytest.mark.parametrize("uri", ["metastore:9083", "thrift://metastore", "127.0.0.1:9083,127.0.0.2:9083"])
def test_an_address_that_is_none_of_a_metastore_is_refused(uri: str) -> None:
    with pytest.raises(InvalidRequest, match="no address of a Hive Metastore") as refused:
        open_catalog("lake", {"type": "hive", "uri": uri})

    assert "thrift://" in refused.value.hint


def test_an_address_of_postgresql_that_sqlalchemy_does_not_know_is_told_how_one_looks() -> None:
    with pytest.raises(StorageFailure, match="postgres") as refused:
        open_catalog("lake", {"type": "sql", "uri": "postgres://bcn@db/lake"})

    assert "postgresql+psycopg2://" in refused.value.hint


def test_a_kind_may_be_written_in_capitals() -> None:
    assert "nessie" == open_catalog("lake", {"type": "Nessie", "uri": "http://x/api/v2"}).identity().kind


def test_a_lost_catalog_whose_warehouse_is_no_place_names_none_for_a_table(tmp_path: Path) -> None:
    properties = {"type": "sql", "uri": f"sqlite:///{tmp_path}/lost.db", "warehouse": "lake"}

    assert open_target("lake", properties).default_location(TableName(("sales",), "orders")) is None


@pytest.mark.parametrize(
    ("kind", "module", "extra"),
    [("hive", "hive_metastore", "bcn[hive]"), ("glue", "boto3", "bcn[glue,s3]")],
)
def test_what_a_kind_needs_and_is_not_installed_is_named(
    monkeypatch: pytest.MonkeyPatch, kind: str, module: str, extra: str
) -> None:
    # Another test may have loaded it; a part of a package that is loaded is found without the package.
    using = (f"pyiceberg.catalog.{kind}", f"bcn_core.catalogs.{kind}_session", f"{module}.")
    for loaded in [name for name in sys.modules if name.startswith(using)]:
        monkeypatch.delitem(sys.modules, loaded)
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(InvalidRequest, match="not installed") as refused:
        open_catalog("lake", {"type": kind, "uri": "thrift://127.0.0.1:1"})

    assert f"pip install '{extra}'" == refused.value.hint


def refusal(known: SourceRecord) -> str:
    """What is said against a repository that was made for a source; empty when nothing is."""
    repository = Repository.create(MemoryStore("memory://backups"), Scope("shop"), known, datetime.now(UTC))
    catalog = open_catalog("shop", {"type": "nessie", "uri": "http://nessie/api/v2"})
    try:
        check_source(repository, catalog, silent, accept=False)
    except Conflict as error:
        return error.message
    return ""


def test_a_repository_that_knows_no_kind_of_its_source_goes_by_the_address() -> None:
    assert "" == refusal(SourceRecord(kind="unknown", address="http://nessie/api/v2#main"))


@pytest.mark.parametrize(
    ("kind", "address"), [("unknown", "http://other/api/v2#main"), ("rest", "http://nessie/api/v2#main")]
)
def test_another_catalog_than_the_repositorys_is_refused(kind: str, address: str) -> None:
    assert "the repository was made for" in refusal(SourceRecord(kind=kind, address=address))
