"""Which properties reach which place."""

import pytest

from bcn_core.errors import InvalidRequest
from bcn_core.settings import Settings
from bcn_core.storage.opening import Stores, open_stores
from bcn_core.storage.options import StorageOptions, of_catalogs


def test_a_longer_prefix_wins_over_a_shorter_one() -> None:
    options = StorageOptions(
        {"s3://": {"s3.region": "a", "s3.endpoint": "e"}, "s3://lake/x": {"s3.region": "b"}}, {}
    )

    assert {"s3.region": "b", "s3.endpoint": "e"} == options.of("s3://lake/x/t")


def test_a_prefix_ends_at_a_slash() -> None:
    options = StorageOptions({"s3://lake/x": {"s3.region": "b"}}, {})

    assert {} == options.of("s3://lake/x2/t")


def test_a_prefix_applies_to_the_aliases_of_its_scheme() -> None:
    options = StorageOptions({"s3://lake": {"s3.region": "b"}}, {})

    assert {"s3.region": "b"} == options.of("s3a://lake/x")


def test_the_environment_of_the_first_requirement_is_honoured_below_the_settings() -> None:
    environment = {"S3_ENDPOINT": "http://env", "S3_ACCESS_KEY": "user", "S3_SECRET_KEY": "secret"}
    options = StorageOptions({"s3://lake": {"s3.endpoint": "http://set"}}, environment)

    assert {
        "s3.endpoint": "http://set",
        "s3.access-key-id": "user",
        "s3.secret-access-key": "secret",
    } == options.of("s3://lake/x")


def test_a_catalog_says_how_the_bucket_of_its_warehouse_is_reached() -> None:
    found = of_catalogs({"shop": {"uri": "u", "warehouse": "s3://lake/wh", "s3.region": "r"}})

    assert {"s3://lake": {"s3.region": "r"}} == found


def test_two_accounts_serve_their_own_buckets() -> None:
    one = {"warehouse": "s3://one/wh", "s3.access-key-id": "first"}
    other = {"warehouse": "s3://other/wh", "s3.access-key-id": "second"}
    options = StorageOptions(of_catalogs({"a": one, "b": other}), {})

    assert "first" == options.of("s3://one/x")["s3.access-key-id"]
    assert "second" == options.of("s3://other/x")["s3.access-key-id"]


def test_catalogs_that_contradict_each_other_say_nothing() -> None:
    found = of_catalogs({"a": {"s3.region": "one"}, "b": {"s3.region": "other"}})

    assert {"": {}} == found


def test_a_storage_section_that_is_no_location_is_refused() -> None:
    settings = Settings(storage={"backups": {"s3.region": "r"}})

    with pytest.raises(InvalidRequest, match="not a location"):
        open_stores(settings)


@pytest.mark.parametrize("place", ["s3://b", "gs://b", "abfss://b@account.dfs.core.windows.net", "hdfs://h"])
@pytest.mark.parametrize("said", ["10s", "0", "nan"])
def test_a_timeout_that_is_no_number_of_seconds_is_refused_with_its_name(place: str, said: str) -> None:
    kinds = {"s3": "s3", "gs": "gcs", "abfss": "adls", "hdfs": "hdfs"}
    name = f"{kinds[place.partition(':')[0]]}.request-timeout"
    keyless = {"gcs.oauth2.token": "planted-token", "adls.sas-token": "planted-token"}
    stores = Stores(options=StorageOptions({"": {name: said, **keyless}}, {}))

    with pytest.raises(InvalidRequest, match=f"{name} is '{said}'"):
        stores.at(f"{place}/backups")
