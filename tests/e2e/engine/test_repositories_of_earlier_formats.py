"""Repositories that each released format version wrote are read, verified, restored and written on, for ever.

At a new format version: run scripts/write-old-repository.py of that version before it is released, and commit what it
writes. Nothing here is ever removed, and no archive written anew.
"""

import json
import re
import shutil
from pathlib import Path

import pytest

from bcn_core.backup import back_up
from bcn_core.repository.document import FORMAT_VERSION
from bcn_core.repository.flags import held
from bcn_core.repository.repository import Repository
from bcn_core.restore import RestoreRequest
from bcn_core.storage.local import LocalStore
from bcn_core.verify import EVERYTHING, verify_repository
from tests.warehouse.runs import Lab, table
from tests.warehouse.source import Place, append, make, tables_of

DATA = Path(__file__).parents[2] / "data"
VERSIONS = sorted(int(found.name[7:-7]) for found in DATA.glob("format-*.tar.gz"))
PITS = [
    (version, pit)
    for version in VERSIONS
    for pit in json.loads((DATA / f"format-{version}.json").read_text())
]


@pytest.fixture
def version(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def lab(version: int, tmp_path: Path) -> Lab:
    # Not by tarfile's own filter, which Python 3.11 has from 3.11.4 on.
    shutil.unpack_archive(DATA / f"format-{version}.tar.gz", tmp_path / "repository")
    repository = Repository.open(LocalStore(tmp_path / "repository"))
    return Lab(Place(tmp_path / "gone"), Place(tmp_path / "target", "elsewhere"), repository)


def test_every_format_version_up_to_this_one_has_a_repository() -> None:
    assert [*range(1, FORMAT_VERSION + 1)] == VERSIONS


@pytest.mark.fault(45)
@pytest.mark.parametrize("version", VERSIONS, indirect=True)
def test_an_old_repository_is_whole(lab: Lab) -> None:
    found = verify_repository(lab.repository, EVERYTHING, lambda _: None)

    assert () == found.faults


@pytest.mark.fault(45)
@pytest.mark.parametrize(("version", "pit"), PITS, indirect=["version"])
def test_every_pit_of_an_old_repository_restores_its_rows(lab: Lab, version: int, pit: str) -> None:
    expected = json.loads((DATA / f"format-{version}.json").read_text())[pit]

    lab.restore(RestoreRequest(pit=pit))

    catalog = lab.target.pyiceberg()
    there = {
        ".".join(one): catalog.load_table(one).scan().to_arrow().to_pylist() for one in tables_of(catalog)
    }
    assert expected == {name: sorted(rows, key=lambda row: row["id"]) for name, rows in there.items()}


@pytest.mark.parametrize("version", VERSIONS, indirect=True)
def test_an_old_hold_still_holds(lab: Lab) -> None:
    assert {lab.repository.pits()[0]: ("kept for ever",)} == held(lab.repository)


@pytest.mark.parametrize("version", VERSIONS, indirect=True)
def test_a_new_pit_stands_on_those_of_an_old_repository(lab: Lab) -> None:
    append(make(lab.source.pyiceberg(), "sales.new"), 0)
    before = lab.repository.pits()[-1]

    manifest = back_up(lab.backup(accept_source=True))

    assert manifest.parent_pit is not None
    assert before == manifest.parent_pit.pit
    assert [table("sales.new")] == list(lab.repository.tables(manifest))


@pytest.mark.parametrize("archive", sorted(DATA.glob("*")), ids=lambda path: path.name)
def test_the_folder_holds_nothing_but_repositories_and_their_rows(archive: Path) -> None:
    assert re.fullmatch(r"format-\d+\.(tar\.gz|json)", archive.name)
