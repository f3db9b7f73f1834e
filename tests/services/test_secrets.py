"""Secrets are planted wherever one can stand, and everything that BCN wrote or said is searched for them."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pyiceberg.catalog.sql import SqlCatalog

from tests.services.cloud_servers import AzureServer, CloudServer
from tests.services.object_servers import ObjectServer
from tests.warehouse.source import append, make

TOKEN = "planted-token-of-nobody"


class Terminal:
    """Runs ``bcn`` in a folder and keeps all that it says, to whomever."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said = ""

    def bcn(self, *arguments: str, code: int = 0) -> None:
        others = ("BCN_", "AWS_", "S3_", "AZURE_", "GOOGLE_", "STORAGE_", "BACKUP_", "WAREHOUSE_", "HIVE_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
        done = subprocess.run(
            [sys.executable, "-m", "bcn_core.cli", *arguments],
            cwd=self.folder,
            env=kept,
            capture_output=True,
            text=True,
            check=False,
        )
        self.said += done.stdout + done.stderr
        assert code == done.returncode, done.stdout + done.stderr


@pytest.fixture
def secrets(s3: ObjectServer, postgres_uri: str) -> list[str]:
    return [s3.secret, str(urlsplit(postgres_uri).password), TOKEN]


@pytest.fixture
def terminal(s3: ObjectServer, postgres_uri: str, tmp_path: Path) -> Terminal:
    warehouse = f"s3://lake/{tmp_path.name}"
    found = {"type": "sql", "uri": postgres_uri, "warehouse": warehouse, **s3.properties, "token": TOKEN}
    catalog = SqlCatalog("secretive", **found)
    append(make(catalog, f"{tmp_path.name}.orders"), 0)
    lines = [
        "[repository]",
        f'url = "s3://backups/{tmp_path.name}"',
        'catalog = "secretive"',
        "[catalogs.secretive]",
    ]
    lines += [f'"{name}" = "{value}"' for name, value in found.items()]
    lines += ['[storage."s3://backups"]', *(f'"{name}" = "{value}"' for name, value in s3.properties.items())]
    (tmp_path / "bcn.toml").write_text("\n".join(lines))
    return Terminal(tmp_path)


def written(s3: ObjectServer, name: str) -> bytes:
    """Every object of a repository, its key included."""
    store = s3.stores().at(f"s3://backups/{name}")
    return b"\n".join(found.key.encode() + b"\n" + store.get(found.key) for found in store.list(""))


@pytest.mark.fault(46)
def test_a_backup_and_a_restore_write_and_say_no_secret(
    terminal: Terminal, secrets: list[str], s3: ObjectServer
) -> None:
    terminal.bcn("backup", "--verbose", "--debug")
    terminal.bcn("describe", "--json")
    terminal.bcn("list")
    terminal.bcn("restore", "--yes", "--json", "--target-database", f"{terminal.folder.name}_back")

    everything = written(s3, terminal.folder.name) + terminal.said.encode()

    assert b"orders" in everything
    assert [] == [secret for secret in secrets if secret.encode() in everything]


@pytest.mark.fault(46)
@pytest.mark.parametrize(
    ("spoiled", "by", "code"),
    [
        ("127.0.0.1", "127.0.0.2", 8),
        ("s3.access-key-id", "s3.unknown", 2),
        ("bcn-tests", "nobody", 8),
        ("postgresql", "oracle", 8),
    ],
)
def test_an_error_says_no_secret(
    terminal: Terminal, secrets: list[str], spoiled: str, by: str, code: int
) -> None:
    settings = terminal.folder / "bcn.toml"
    settings.write_text(settings.read_text().replace(spoiled, by))

    terminal.bcn("backup", "--debug", "--json", code=code)

    assert [] == [secret for secret in secrets if secret in terminal.said]


@pytest.fixture
def in_cloud(cloud: CloudServer, tmp_path: Path) -> Terminal:
    """Tables and repository in an emulated cloud, which bcn.toml opens."""
    found = {"type": "sql", "uri": f"sqlite:///{tmp_path}/c.db", **cloud.properties}
    found["warehouse"] = f"{cloud.place('lake')}/{tmp_path.name}"
    append(make(SqlCatalog("secretive", **found), f"{tmp_path.name}.orders"), 0)
    lines = ["[repository]", f'url = "{cloud.place("backups")}/{tmp_path.name}"', 'catalog = "secretive"']
    lines += ["[catalogs.secretive]", *(f'"{name}" = "{value}"' for name, value in found.items())]
    scheme = cloud.place("").partition("://")[0]
    lines += [
        f'[storage."{scheme}://"]',
        *(f'"{name}" = "{value}"' for name, value in cloud.properties.items()),
    ]
    (tmp_path / "bcn.toml").write_text("\n".join(lines))
    return Terminal(tmp_path)


def planted(cloud: CloudServer) -> bytes:
    return (cloud.key if isinstance(cloud, AzureServer) else "planted-gcs-token").encode()


@pytest.mark.fault(46)
def test_a_backup_and_a_restore_in_a_cloud_write_and_say_no_secret(
    in_cloud: Terminal, cloud: CloudServer
) -> None:
    in_cloud.bcn("backup", "--verbose", "--debug")
    in_cloud.bcn("restore", "--yes", "--json", "--target-database", f"{in_cloud.folder.name}_back")

    store = cloud.stores().at(f"{cloud.place('backups')}/{in_cloud.folder.name}")
    held = b"".join(found.key.encode() + store.get(found.key) for found in store.list(""))
    assert b"orders" in held
    assert planted(cloud) not in held + in_cloud.said.encode()


@pytest.mark.fault(46)
def test_an_error_of_a_cloud_says_no_secret(in_cloud: Terminal, cloud: CloudServer) -> None:
    settings = in_cloud.folder / "bcn.toml"
    settings.write_text(settings.read_text().replace(cloud.endpoint, "http://127.0.0.1:9"))

    in_cloud.bcn("backup", "--debug", "--json", code=8)

    assert planted(cloud) not in in_cloud.said.encode()
