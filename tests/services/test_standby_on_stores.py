"""A standby catalog follows what a real replicator copies between real stores: out of order, half done, source gone."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from pyiceberg.catalog.sql import SqlCatalog

from bcn_core.cli.app import run
from tests.builders.command_line import Answer
from tests.services import shelves
from tests.services.object_servers import ObjectServer
from tests.services.shelves import Shelf, copy_listed, lose, replicate
from tests.warehouse.source import append, make

WAYS = [
    *(("s3", "s3"), ("s3", "bucket"), ("files", "s3"), ("hdfs", "s3"), ("s3", "hdfs")),
    *(("gcs", "gcs"), ("azure", "azure"), ("s3", "gcs")),
]
METADATA_ALONE = ("--exclude", "*.parquet")


@dataclass(frozen=True)
class Line:
    """A person at the standby: the source and the standby in two stores, a catalog each, one bcn.toml."""

    folder: Path
    source: Shelf
    standby: Shelf
    capture: pytest.CaptureFixture[str]

    def catalog(self, name: str) -> SqlCatalog:
        """A site's catalog as its users see it."""
        shelf: Shelf = getattr(self, name)
        uri = f"sqlite:///{self.folder}/{name}.db"
        return SqlCatalog(name, uri=uri, warehouse=shelf.root, **shelf.properties, **shelf.users)

    def configure(self) -> None:
        """Write bcn.toml."""
        parts = [
            f'[catalogs.{name}]\ntype = "sql"\nuri = "sqlite:///{self.folder}/{name}.db"\nwarehouse = "{shelf.root}"\n'
            for name, shelf in (("source", self.source), ("standby", self.standby))
        ]
        said = {shelf.root: shelf.properties for shelf in (self.source, self.standby) if shelf.properties}
        for root, properties in said.items():
            lines = "".join(f'"{key}" = "{value}"\n' for key, value in properties.items())
            parts.append(f'[storage."{root}"]\n{lines}')
        parts.append(
            f'[standby.dr]\ncatalog = "standby"\n[standby.dr.prefixes]\n"{self.source.root}" = "{self.standby.root}"\n'
        )
        (self.folder / "bcn.toml").write_text("".join(parts))

    def bcn(self, *arguments: str) -> Answer:
        """Run the command in this process."""
        self.capture.readouterr()
        code = run(arguments)
        out, err = self.capture.readouterr()
        return Answer(code, out, err)

    def sync(self) -> str:
        """Bring the table up to date; what was done."""
        answer = self.bcn("sync", "--json")
        assert answer.code == 0, answer.err
        (one,) = answer.document["result"]["tables"]
        return f"{one['action']}, {one['lag']['versions']} behind"

    def ids(self, name: str) -> list[int]:
        """The ids of the rows that a site's users read."""
        found = self.catalog(name).load_table("sales.orders").scan().to_arrow()
        return sorted(found["id"].to_pylist())


@pytest.fixture(params=WAYS, ids=["-to-".join(way) for way in WAYS])
def line(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Line:
    """One table with two commits at the source, nothing at the standby."""
    mark = secrets.token_hex(4)

    def shelf(kind: str, end: str) -> Shelf:
        made: dict[str, Callable[[], Shelf]] = {
            "files": lambda: shelves.on_files(tmp_path / end),
            "s3": lambda: shelves.on_s3(request.getfixturevalue("s3"), f"lake/{mark}-{end}/warehouse"),
            "bucket": lambda: _whole_bucket(request, f"{end}-{mark}"),
            "gcs": lambda: shelves.on_gcs(request.getfixturevalue("gcs_emulated"), f"lake/{mark}-{end}"),
            "azure": lambda: shelves.on_azure(
                request.getfixturevalue("azure_emulated"), f"lake/{mark}-{end}"
            ),
            "hdfs": lambda: shelves.on_hdfs(request.getfixturevalue("hdfs"), f"{mark}-{end}"),
        }
        return made[kind]()

    source, standby = request.param
    found = Line(tmp_path, shelf(source, "source"), shelf(standby, "standby"), capsys)
    found.configure()
    monkeypatch.chdir(tmp_path)
    found.catalog("standby").close()
    table = make(found.catalog("source"), "sales.orders")
    append(table, 0)
    append(table, 10)
    replicate(found.source, found.standby)
    return found


def _whole_bucket(request: pytest.FixtureRequest, name: str) -> Shelf:
    server: ObjectServer = request.getfixturevalue("s3")
    server.client().create_bucket(Bucket=name)
    return shelves.on_s3(server, name)


def test_tables_are_found_and_shown_when_the_source_is_gone(line: Line) -> None:
    lose(line.source)

    assert "create, 0 behind" == line.sync()
    assert [0, 1, 2, 3, 10, 11, 12, 13] == line.ids("standby")


def test_a_version_shows_when_its_last_file_has_come(line: Line) -> None:
    line.sync()
    append(line.catalog("source").load_table("sales.orders"), 20)

    replicate(line.source, line.standby, *METADATA_ALONE)
    half_done = line.sync(), len(line.ids("standby"))
    replicate(line.source, line.standby)
    done = line.sync(), len(line.ids("standby"))

    assert (("none, 1 behind", 8), ("advance, 0 behind", 12)) == (half_done, done)


def test_what_was_written_at_a_promoted_standby_comes_back_to_the_source(line: Line) -> None:
    line.sync()
    assert 0 == line.bcn("promote", "--yes").code
    append(line.catalog("standby").load_table("sales.orders"), 90)

    assert 0 == line.bcn("failback", "--copy-list", "back.tsv").code
    copy_listed(line.standby, line.source, line.folder / "back.tsv")
    way = ("--map", f"{line.standby.root}={line.source.root}", "--root", line.source.root)
    answer = line.bcn("sync", "--catalog", "source", *way, "--replace-diverged")
    assert 0 == answer.code, answer.err
    lose(line.standby)

    assert [0, 1, 2, 3, 10, 11, 12, 13, 90, 91, 92, 93] == line.ids("source")
