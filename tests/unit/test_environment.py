"""The variables of requirement 1 stand in where bcn.toml is silent."""

from pathlib import Path

import pytest

from bcn_core.errors import InvalidRequest
from bcn_core.settings import Settings, load

SITE = {
    "S3_ENDPOINT": "http://localhost:9000",
    "S3_ACCESS_KEY": "admin",
    "S3_SECRET_KEY": "password",
    "HIVE_METASTORE_URI": "thrift://localhost:9083",
    "BACKUP_BUCKET": "iceberg",
    "WAREHOUSE_BUCKET": "warehouse",
}
S3 = {
    "s3.endpoint": "http://localhost:9000",
    "s3.access-key-id": "admin",
    "s3.secret-access-key": "password",
}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def written(text: str) -> Settings:
    Path("bcn.toml").write_text(text)
    return load(environment=SITE)


def test_the_backup_bucket_is_the_repository() -> None:
    assert "s3://iceberg" == load(environment=SITE).repository.url


def test_the_metastore_is_a_catalog_named_hive_over_the_warehouse_bucket() -> None:
    found = load(environment=SITE).catalog_properties("hive")

    there = {"type": "hive", "uri": "thrift://localhost:9083", "warehouse": "s3://warehouse"}
    assert {**there, **S3} == found


def test_a_catalog_of_the_file_reaches_its_files_by_the_environments_account() -> None:
    found = written('[catalogs.shop]\ntype = "rest"\nuri = "http://localhost:8181"')

    assert {"type": "rest", "uri": "http://localhost:8181", **S3} == found.catalog_properties("shop")


@pytest.mark.parametrize("said", ['url = "s3://other"', 'url = "/backups"'])
def test_what_the_file_says_of_the_repository_wins(said: str) -> None:
    found = written(f"[repository]\n{said}")

    assert said == f'url = "{found.repository.url}"'


def test_what_the_file_says_of_a_catalog_wins() -> None:
    found = written(
        '[catalogs.hive]\ntype = "hive"\nuri = "thrift://other:9083"\n"s3.endpoint" = "http://mine"'
    )

    known = found.catalog_properties("hive")
    assert ("thrift://other:9083", "http://mine") == (known["uri"], known["s3.endpoint"])


def test_the_other_sections_of_the_file_stay_beside_it() -> None:
    assert 7 == written("[backup]\ntables_at_once = 7").backup.tables_at_once


def test_nothing_is_guessed_without_the_variables() -> None:
    found = load(environment={})

    assert (None, {}) == (found.repository.url, found.catalog_properties("hive"))


def test_a_catalog_that_nothing_names_is_left_to_pyiceberg() -> None:
    assert {} == load(environment=SITE).catalog_properties("shop")


def test_a_file_that_is_named_and_missing_is_refused_all_the_same() -> None:
    with pytest.raises(InvalidRequest, match="no configuration file"):
        load(Path("nowhere.toml"), SITE)
