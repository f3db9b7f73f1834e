"""A warehouse with everything that real ones have is backed up, deleted, and restored from the repository alone."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.manifest import ManifestEntryStatus
from pyiceberg.table import Table

from bcn_core.repository.documents import PitManifest
from bcn_core.restore import RestoreReport
from tests.warehouse.readers import History, duck, duck_rows, findings, histories, rows
from tests.warehouse.runs import Lab
from tests.warehouse.shop import ODD_NAMES, build_shop
from tests.warehouse.source import Place, rows_of, tables_of

# DuckDB's iceberg_scan parses its path as a qualified name and trips over a double quote in it.
NOT_FOR_DUCKDB = {'odd.quo"te'}


@dataclass(frozen=True, slots=True)
class Lost:
    """A warehouse that is gone: what it was, its PIT, and what was restored."""

    lab: Lab
    before: dict[str, History]
    existing_only: bool
    properties: dict[str, str]
    manifest: PitManifest
    report: RestoreReport

    @property
    def catalog(self) -> SqlCatalog:
        return self.lab.target.pyiceberg()

    def table(self, name: str) -> Table:
        return self.catalog.load_table(tuple(name.split(".", 1)))


@pytest.fixture(scope="module")
def lost(tmp_path_factory: pytest.TempPathFactory) -> Lost:
    source = build_shop(tmp_path_factory.mktemp("lost"))
    catalog = source.pyiceberg()
    before = histories(catalog)
    existing_only = _lists_only_existing_files(catalog.load_table("ops.events"))
    properties = dict(catalog.load_table("sales.orders").properties)
    lab = Lab.of(source)
    manifest = lab.take()
    source.lose()
    return Lost(lab, before, existing_only, properties, manifest, lab.restore())


def _lists_only_existing_files(table: Table) -> bool:
    """Whether some file of the table is listed by manifests of expired snapshots alone."""
    snapshot = table.current_snapshot()
    assert snapshot is not None
    entries = [one for file in snapshot.manifests(table.io) for one in file.fetch_manifest_entry(table.io)]
    live = [one for one in entries if one.status != ManifestEntryStatus.DELETED]
    return len(table.snapshots()) == 1 and any(one.snapshot_id != snapshot.snapshot_id for one in live)


def test_the_fixture_has_files_whose_snapshot_is_expired(lost: Lost) -> None:
    assert lost.existing_only


def test_the_pit_of_a_healthy_warehouse_is_complete(lost: Lost) -> None:
    assert lost.manifest.status == "complete"


def test_every_table_is_restored(lost: Lost) -> None:
    assert [] == [table.error for table in lost.report.failed]


def test_every_table_keeps_its_name(lost: Lost) -> None:
    assert sorted(lost.before) == sorted(".".join(one) for one in tables_of(lost.catalog))


@pytest.mark.fault(28, 29, 38)
def test_every_snapshot_and_ref_has_its_rows(lost: Lost) -> None:
    assert lost.before == histories(lost.catalog)


@pytest.mark.fault(38)
def test_a_second_reader_sees_the_same_rows(lost: Lost) -> None:
    expected = {name: found["now"] for name, found in lost.before.items() if name not in NOT_FOR_DUCKDB}

    with duck() as connection:
        seen = {name: duck_rows(connection, lost.table(name).metadata_location) for name in expected}

    assert expected == seen


@pytest.mark.fault(38)
def test_no_restored_table_has_a_finding_or_names_its_source(lost: Lost) -> None:
    target = f"file://{lost.lab.target.warehouse}"

    found = {
        name: findings(lost.table(name).metadata_location, target, (str(lost.lab.source.folder),))
        for name in lost.before
    }

    assert {name: [] for name in lost.before} == found


@pytest.mark.fault(38)
def test_no_restored_byte_of_a_metadata_file_names_the_source(lost: Lost) -> None:
    wanted = str(lost.lab.source.folder).encode()

    naming = [path for path, data in lost.lab.target.files().items() if wanted in data]

    assert [] == naming


def test_no_source_file_was_made_again(lost: Lost) -> None:
    assert not lost.lab.source.folder.exists()


def test_properties_come_back(lost: Lost) -> None:
    assert lost.properties == lost.table("sales.orders").properties


def test_a_table_that_takes_its_own_name_keeps_its_uuid(lost: Lost) -> None:
    entries = lost.lab.repository.tables(lost.manifest)
    expected = {str(name): entry.uuid for name, entry in entries.items()}

    assert expected == {name: str(lost.table(name).metadata.table_uuid) for name in expected}


def test_format_v1_stays_v1(lost: Lost) -> None:
    assert lost.table("sales.customers").format_version == 1


@pytest.mark.fault(29)
def test_a_table_without_snapshots_takes_rows(lost: Lost, tmp_path: Path) -> None:
    again = Lab(lost.lab.source, Place(tmp_path / "second"), lost.lab.repository)
    again.restore()
    table = again.target.pyiceberg().load_table("sales.empty")

    table.append(rows_of(1, 1))

    assert [(1, "Paris")] == rows(table.metadata_location)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_table_with_an_odd_name_has_a_folder_of_its_own_in_the_repository(lost: Lost, name: str) -> None:
    entries = lost.lab.repository.tables(lost.manifest)
    captures = [entry.capture for entry in entries.values()]

    own = next(entry.capture for entry in entries.values() if entry.name == name)

    assert captures.count(own) == 1
