"""Many tables: one that fails among them, and what more of them cost. ``BCN_THOROUGH=1`` takes very many."""

import os
from pathlib import Path

import pytest

from bcn_core.catalogs.catalog import CatalogIdentity
from bcn_core.describe import describe_pit
from bcn_core.names import TableName
from bcn_core.repository.repository import Repository
from bcn_core.retention import plan_prune
from tests.fault.small_world import CatalogInMemory
from tests.warehouse.runs import Lab
from tests.warehouse.source import Place, append, content_files, make
from tests.warehouse.watching import Watched
from tests.warehouse.years import NO_GRACE

MANY = 10_000 if os.environ.get("BCN_THOROUGH") else 400


@pytest.mark.fault(26)
def test_of_fifty_tables_one_that_cannot_be_read_fails_alone(tmp_path: Path) -> None:
    source = Place(tmp_path / "source")
    catalog = source.pyiceberg()
    tables = [make(catalog, f"sales.t{number}") for number in range(50)]
    for table in tables:
        append(table, 0, 1)
    content_files(tables[17])[0].unlink()
    lab = Lab.of(source)

    manifest = lab.take()
    report = lab.restore()

    assert ("partial", ["t17"]) == (manifest.status, [one.table.name for one in manifest.failed])
    assert (49, ()) == (len(report.tables), report.failed)


class Crowd:
    """A catalog that shows one table of a source under very many names, in ten databases."""

    def __init__(self, folder: Path) -> None:
        self.source = Place(folder / "source")
        append(make(self.source.pyiceberg(), "sales.orders"), 0, 1)
        found = self.source.bcn().pointer(TableName(("sales",), "orders"))
        assert found is not None
        self.pointer = found
        self.identity: CatalogIdentity = self.source.bcn().identity()

    def of(self, count: int) -> CatalogInMemory:
        names = [TableName((f"db{number % 10}",), f"t{number}") for number in range(count)]
        return CatalogInMemory(self.identity, dict.fromkeys(names, self.pointer))


@pytest.fixture
def crowd(tmp_path: Path) -> Crowd:
    return Crowd(tmp_path)


def calls(crowd: Crowd, count: int) -> dict[str, int]:
    """Calls to the repository of a first backup, of one in which nothing changed, of a description, of a prune."""
    lab, watched = Lab.of(crowd.source), Watched()
    lab.repository = Repository(watched.wrap(lab.repository.store), lab.repository.manifest)
    found = {}
    for name in ("first", "again"):
        lab.take(catalog=crowd.of(count))
        found[name] = len(watched.calls)
        watched.calls.clear()
    describe_pit(lab.repository, lab.repository.pits()[-1])
    found["describe"] = len(watched.calls)
    watched.calls.clear()
    plan_prune(lab.repository, NO_GRACE)
    found["prune"] = len(watched.calls)
    return found


@pytest.mark.fault(48)
def test_twice_as_many_tables_cost_no_more_than_twice_the_calls(crowd: Crowd) -> None:
    few, many = calls(crowd, MANY // 2), calls(crowd, MANY)

    assert [] == [name for name in few if many[name] > 2 * few[name]]


@pytest.mark.fault(48)
def test_tables_that_stood_still_cost_no_call_each(crowd: Crowd) -> None:
    found = calls(crowd, MANY // 4)

    assert found["again"] < 100
    # The listing of PITs, the manifest, and one index for each database.
    assert 2 + 10 == found["describe"]
