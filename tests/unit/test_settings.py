"""A ``bcn.toml`` that cannot be what it should be is refused with a word about the file."""

from pathlib import Path

import pytest

from bcn_core.errors import InvalidRequest
from bcn_core.settings import Settings, load


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"[repository\n", "not valid TOML"),
        (b'[repository]\nurl = "\xe4"\n', "not valid TOML"),
        (b"[repository]\nplace = 1\n", "repository.place"),
    ],
)
def test_a_file_that_cannot_be_understood_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    file = tmp_path / "bcn.toml"
    file.write_bytes(data)

    with pytest.raises(InvalidRequest) as refused:
        load(file, {})

    assert (True, True) == (str(file) in refused.value.message, said in refused.value.message)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "bcn.toml"
    file.symlink_to("/proc/self/mem")

    with pytest.raises(InvalidRequest, match="cannot be read"):
        load(file, {})


def settings_of(tmp_path: Path, text: str) -> Settings:
    file = tmp_path / "bcn.toml"
    file.write_text(text)
    return load(file, {})


def test_properties_may_stand_without_quotes_and_as_numbers(tmp_path: Path) -> None:
    found = settings_of(
        tmp_path,
        """
        [catalogs.shop]
        type = "rest"
        s3.endpoint = "https://objects.example"
        s3.region = "eu"
        bcn.read-timeout = 300
        view-endpoints-supported = true
        [storage."s3://lake".s3]
        path-style-access = true
        """,
    )

    assert {
        "type": "rest",
        "s3.endpoint": "https://objects.example",
        "s3.region": "eu",
        "bcn.read-timeout": "300",
        "view-endpoints-supported": "true",
    } == found.catalogs["shop"]
    assert {"s3.path-style-access": "true"} == found.storage["s3://lake"]


def test_a_list_is_no_property(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match=r"catalogs\.shop\.uri"):
        settings_of(tmp_path, '[catalogs.shop]\nuri = ["one", "two"]\n')


def test_a_catalog_reads_its_warehouse_as_storage_says_and_its_own_word_wins(tmp_path: Path) -> None:
    found = settings_of(
        tmp_path,
        """
        [catalogs.shop]
        warehouse = "s3://lake/shop"
        "s3.region" = "eu"
        [storage."s3://"]
        "s3.endpoint" = "https://all.example"
        [storage."s3://lake"]
        "s3.endpoint" = "https://lake.example"
        "s3.region" = "us"
        [storage."s3://lake2"]
        "s3.endpoint" = "https://another.example"
        """,
    )

    assert {
        "warehouse": "s3://lake/shop",
        "s3.region": "eu",
        "s3.endpoint": "https://lake.example",
    } == found.catalog_properties("shop")


def test_storage_says_nothing_of_a_warehouse_that_only_a_server_knows(tmp_path: Path) -> None:
    found = settings_of(
        tmp_path, '[catalogs.shop]\nwarehouse = "lake"\n[storage."s3://"]\n"s3.region" = "eu"\n'
    )

    assert {"warehouse": "lake"} == found.catalog_properties("shop")
