"""Tables in one account, their metadata in another bucket of it, the repository in another account: by bcn.toml."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyiceberg.catalog.sql import SqlCatalog

from tests.services.object_servers import ObjectServer, running_s3
from tests.warehouse.source import append, make


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    """A second S3 server, whose account opens nothing at the first one."""
    with running_s3(tmp_path_factory.mktemp("vault")) as server:
        yield server


@pytest.fixture
def folder(s3: ObjectServer, vault: ObjectServer, tmp_path: Path) -> Path:
    """A folder with bcn.toml and a catalog whose table lies in two buckets."""
    catalog = SqlCatalog("shop", **properties(tmp_path, s3))
    place = f"s3://lake/{tmp_path.name}/orders"
    elsewhere = {"write.metadata.path": f"s3://standby/{tmp_path.name}/orders-metadata"}
    table = make(catalog, "sales.orders", location=place, properties=elsewhere)
    append(table, 0)
    append(table, 10)
    lines = ["[repository]", 'url = "s3://backups/shop"', 'catalog = "shop"', "[catalogs.shop]"]
    lines += [f'"{name}" = "{value}"' for name, value in properties(tmp_path, s3).items()]
    for bucket, server in (("lake", s3), ("standby", s3), ("backups", vault)):
        account = server.properties.items()
        lines += [f'[storage."s3://{bucket}"]', *(f'"{name}" = "{value}"' for name, value in account)]
    (tmp_path / "bcn.toml").write_text("\n".join(lines))
    return tmp_path


def properties(folder: Path, server: ObjectServer) -> dict[str, str]:
    place = {"type": "sql", "uri": f"sqlite:///{folder}/catalog.db", "warehouse": f"s3://lake/{folder.name}"}
    return {**place, **server.properties}


def bcn(folder: Path, *arguments: str) -> int:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("BCN_", "AWS_", "S3_"))}
    command = [sys.executable, "-m", "bcn_core.cli", *arguments]
    return subprocess.run(command, cwd=folder, env=kept, check=False, capture_output=True).returncode


def empty(server: ObjectServer, *places: str) -> None:
    for place in places:
        store = server.stores().at(place)
        for found in list(store.list("")):
            store.delete(found.key)


def test_a_table_of_two_buckets_comes_back_from_another_account(
    folder: Path, s3: ObjectServer, vault: ObjectServer
) -> None:
    users = SqlCatalog("shop", **properties(folder, s3))
    metadata = users.load_table("sales.orders").metadata_location
    before = users.load_table("sales.orders").scan().to_arrow().sort_by("id")
    assert 0 == bcn(folder, "backup")
    users.drop_table("sales.orders")
    empty(s3, f"s3://lake/{folder.name}", f"s3://standby/{folder.name}")

    assert 0 == bcn(folder, "restore", "--yes")

    back = users.load_table("sales.orders")
    assert metadata.startswith("s3://standby/")
    assert before == back.scan().to_arrow().sort_by("id")
    assert [] == list(s3.stores().at("s3://backups/shop").list(""))
    assert [] != list(vault.stores().at("s3://backups/shop").list(""))


def test_the_account_of_the_tables_does_not_open_the_repository(folder: Path, s3: ObjectServer) -> None:
    toml = (folder / "bcn.toml").read_text()
    head, _, _ = toml.partition('[storage."s3://backups"]')
    lines = [f'"{name}" = "{value}"' for name, value in s3.properties.items() if "endpoint" not in name]
    vaults = next(line for line in reversed(toml.splitlines()) if "s3.endpoint" in line)
    (folder / "bcn.toml").write_text("\n".join([head, '[storage."s3://backups"]', vaults, *lines]))

    assert 8 == bcn(folder, "backup")
