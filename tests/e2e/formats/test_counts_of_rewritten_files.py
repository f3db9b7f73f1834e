"""The counts of Iceberg's own TestRewriteTablePathsAction, case by case where they make sense for a restore.

The counts are of files that a restored table has: metadata files, manifest lists, manifests, and all together.
"""

from collections import Counter
from dataclasses import dataclass

import pytest

from bcn_core.restore import RestoreRequest
from tests.warehouse.commits import HandMade
from tests.warehouse.delete_files import parquet_deletes, position_entry
from tests.warehouse.journey import only
from tests.warehouse.runs import Lab, table
from tests.warehouse.source import append, expire_all_but_current, make


@dataclass(frozen=True)
class Counts:
    metadata: int
    lists: int
    manifests: int
    total: int


def counts(lab: Lab, request: RestoreRequest | None = None) -> Counts:
    """Back up and restore the table ``ns.t``; what lies at the target."""
    lab.take(only=["ns.t"])
    assert only(lab.restore(request))
    paths = list(lab.target.files())
    kinds = Counter(_kind(path.rpartition("/")[2]) for path in paths)
    return Counts(kinds["metadata"], kinds["list"], kinds["manifest"], len(paths))


def _kind(name: str) -> str:
    if name.endswith(".metadata.json"):
        return "metadata"
    if name.endswith(".avro"):
        return "list" if name.startswith("snap-") else "manifest"
    return "content"


@pytest.fixture
def two_appends(lab: Lab) -> HandMade:
    """As the suite's own table: created, then appended to twice."""
    made = make(lab.source.pyiceberg(), "ns.t")
    append(made, 0)
    append(made, 10)
    return HandMade(lab.source, table("ns.t"))


@pytest.mark.usefixtures("two_appends")
def test_rewrite_path_of_two_appends(lab: Lab) -> None:
    assert Counts(3, 2, 2, 9) == counts(lab)


def test_table_without_snapshots(lab: Lab) -> None:
    make(lab.source.pyiceberg(), "ns.t")

    assert Counts(1, 0, 0, 1) == counts(lab)


@pytest.mark.usefixtures("two_appends")
def test_expire_snapshot_before_rewrite(lab: Lab) -> None:
    expire_all_but_current(lab.source.pyiceberg().load_table("ns.t"))

    found = counts(lab)

    # Older metadata files whose current snapshot is gone are left out: Java fails on those or names lost files.
    assert (1, 2) == (found.lists, found.manifests)


def test_position_deletes_of_one_file(lab: Lab, two_appends: HandMade) -> None:
    gone = [(two_appends.data_files[0], 0)]
    data = parquet_deletes(gone)
    two_appends.add([position_entry(two_appends.write("data/deletes.parquet", data), data, gone)])

    assert Counts(4, 3, 3, 13) == counts(lab)


@pytest.mark.usefixtures("two_appends")
def test_delete_data_file(lab: Lab) -> None:
    lab.source.pyiceberg().load_table("ns.t").delete("id < 4")

    found = counts(lab)

    assert (4, 3) == (found.metadata, found.lists)


@pytest.mark.usefixtures("two_appends")
def test_current_snapshot_alone(lab: Lab) -> None:
    assert Counts(1, 1, 2, 6) == counts(lab, RestoreRequest(history="current"))
