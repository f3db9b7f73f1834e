"""Requirement 2, group 9: what runs cost in calls and bytes. No test here measures time; ``make bench`` does."""

from collections import Counter
from pathlib import Path

import pytest

from bcn_core.backup import begin
from bcn_core.capture.claiming import next_pit
from bcn_core.describe import describe_pit
from bcn_core.repository.repository import Repository
from bcn_core.storage.opening import Stores
from tests.warehouse.runs import Lab, copied_repository
from tests.warehouse.source import Place, append, make
from tests.warehouse.watching import Watched

DATABASES, TABLES = 4, 15


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """Sixty tables in four databases, in one PIT; the source of a test that changes it is its own database."""
    place = Place(tmp_path_factory.mktemp("large") / "source")
    catalog = place.pyiceberg()
    for number in range(DATABASES * TABLES):
        append(make(catalog, f"db{number % DATABASES}.t{number}"), number)
    lab = Lab.of(place)
    lab.take()
    return lab


@pytest.fixture
def watched() -> Watched:
    return Watched()


@pytest.fixture
def lab(built: Lab, tmp_path: Path) -> Lab:
    """The same source, and a repository and a target of the test's own."""
    return Lab(built.source, Place(tmp_path / "target", "elsewhere"), copied_repository(built.repository))


def test_incremental_backup_performance_large_catalog(lab: Lab, watched: Watched) -> None:
    append(lab.source.pyiceberg().load_table("db1.t1"), 1000)
    lab.stores = Stores(watched.wrap)

    manifest = lab.take()

    assert (1, DATABASES * TABLES - 1) == (manifest.counts.captured, manifest.counts.unchanged)
    assert ["/t1/"] == sorted({f"/{key.split('/db1/')[-1].split('/')[0]}/" for key in watched.reads})


def test_restore_performance_large_dataset(lab: Lab, watched: Watched) -> None:
    manifest = lab.repository.pit(lab.repository.pits()[0])
    watching = Repository(watched.wrap(lab.repository.store), lab.repository.manifest)

    Lab(lab.source, lab.target, watching).restore()

    data = Counter(key for key in watched.reads if key.endswith(".parquet") and "/files/" in key)
    assert (DATABASES * TABLES, {1}) == (len(data), set(data.values()))
    assert manifest.counts.tables == len(data)


def test_concurrent_read_during_backup(lab: Lab) -> None:
    pit = lab.repository.pits()[0]
    append(lab.source.pyiceberg().load_table("db2.t2"), 1000)
    begin(lab.backup(), next_pit(lab.repository), None)

    described = describe_pit(lab.repository, pit)
    report = lab.restore()

    assert DATABASES * TABLES == len(described.tables)
    assert () == report.failed


def test_pit_manifest_query_performance(lab: Lab, watched: Watched) -> None:
    watching = Repository(watched.wrap(lab.repository.store), lab.repository.manifest)

    found = describe_pit(watching, lab.repository.pits()[0])

    # One manifest and one index for each database, however many tables and files there are.
    assert DATABASES * TABLES == len(found.tables)
    assert 1 + DATABASES == len(watched.calls)
