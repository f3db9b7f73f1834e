"""A table on HDFS, its backups on HDFS, and the table back there after its folder is gone: by the command line."""

import secrets
from pathlib import Path

import pytest
from pyiceberg.catalog.sql import SqlCatalog

from bcn_core.cli.app import run
from tests.builders.command_line import Answer
from tests.services.hadoop import HdfsServer
from tests.services.shelves import Shelf, lose, on_hdfs
from tests.warehouse.source import append, make


class Cluster:
    """``bcn`` beside a cluster that holds the warehouse and the repository."""

    def __init__(self, server: HdfsServer, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        mark = secrets.token_hex(4)
        self.shelf: Shelf = on_hdfs(server, f"{mark}/warehouse")
        self.repository = f"{server.place}/{mark}/backups"
        self._uri = f"sqlite:///{folder}/shop.db"
        self._capture = capture
        (folder / "bcn.toml").write_text(
            f'[catalogs.shop]\ntype = "sql"\nuri = "{self._uri}"\nwarehouse = "{self.shelf.root}"\n'
            f'[storage."hdfs://"]\n"hdfs.webhdfs" = "{server.endpoint}"\n"hdfs.user" = "bcn-tests"\n'
        )

    def catalog(self) -> SqlCatalog:
        """The catalog as its users see it."""
        shelf = self.shelf
        return SqlCatalog("shop", uri=self._uri, warehouse=shelf.root, **shelf.properties, **shelf.users)

    def bcn(self, *arguments: str) -> Answer:
        """Run the command in this process."""
        self._capture.readouterr()
        code = run(arguments)
        out, err = self._capture.readouterr()
        return Answer(code, out, err)


@pytest.fixture
def cluster(
    hdfs: HdfsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Cluster:
    """One table with two commits."""
    monkeypatch.chdir(tmp_path)
    found = Cluster(hdfs, tmp_path, capsys)
    table = make(found.catalog(), "sales.orders")
    append(table, 0)
    append(table, 10)
    return found


def test_a_place_on_hdfs_keeps_the_promises_of_a_store(cluster: Cluster) -> None:
    answer = cluster.bcn("check-store", cluster.repository)

    assert 0 == answer.code, answer.err


def test_a_table_that_is_lost_comes_back(cluster: Cluster) -> None:
    repository = ("--repo", cluster.repository)
    for words in (("backup", *repository, "--catalog", "shop"), ("verify", *repository)):
        answer = cluster.bcn(*words)
        assert 0 == answer.code, answer.err
    lose(cluster.shelf)
    cluster.catalog().drop_table("sales.orders")

    answer = cluster.bcn("restore", *repository, "--yes")

    assert 0 == answer.code, answer.err
    assert 8 == cluster.catalog().load_table("sales.orders").scan().count()
