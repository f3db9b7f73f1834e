"""A very large table's files copied in parts by several processes, ahead of its capture."""

import shutil
from pathlib import Path

import pytest

from bcn_core.backup import Backup, begin, capture_all, copy_part, publish
from bcn_core.capture.capturing import reusable_work
from bcn_core.capture.claiming import next_pit
from bcn_core.copying import Part
from bcn_core.repository.documents import Plan
from bcn_core.storage.opening import Stores
from tests.warehouse.readers import histories
from tests.warehouse.runs import Lab
from tests.warehouse.source import Place, make_of_many_files
from tests.warehouse.watching import Watched

PARTS = [Part(number, 3) for number in range(3)]


@pytest.fixture
def source(tmp_path: Path) -> Place:
    place = Place(tmp_path / "source")
    make_of_many_files(place.pyiceberg(), "sales.orders")
    return place


@pytest.fixture
def lab(source: Place) -> Lab:
    return Lab.of(source)


def begun(lab: Lab) -> tuple[Backup, Plan]:
    backup = lab.backup()
    return backup, begin(backup, next_pit(lab.repository))


def copied(lab: Lab, plan: Plan, *parts: Part) -> list[str]:
    """What those parts copied, each by a process that knows nothing of the others."""
    [planned] = plan.captures
    rows = []
    for part in parts:
        backup = lab.backup()
        reusable = reusable_work(lab.repository, plan)
        rows += copy_part(backup, plan, planned, reusable, part)
    return [row.path for row in rows]


def test_every_data_file_belongs_to_one_part(lab: Lab, source: Place) -> None:
    _, plan = begun(lab)

    paths = copied(lab, plan, *PARTS)

    assert sorted(path.name for path in source.warehouse.rglob("*.parquet")) == sorted(
        Path(path).name for path in paths
    )


def test_the_capture_needs_no_data_file_of_the_source_any_more(lab: Lab, source: Place) -> None:
    expected = histories(source.pyiceberg())
    backup, plan = begun(lab)
    copied(lab, plan, *reversed(PARTS))
    for folder in source.warehouse.rglob("data"):
        shutil.rmtree(folder)

    manifest = publish(backup, plan, capture_all(backup, plan))
    lab.restore()

    assert "complete" == manifest.status
    assert expected == histories(lab.target.pyiceberg())


def test_the_capture_reads_none_of_the_copied_bytes_again(source: Place) -> None:
    watched = Watched()
    lab = Lab.of(source, stores=Stores(watched.wrap))
    lab.repository.store = watched.wrap(lab.repository.store)
    backup, plan = begun(lab)
    copied(lab, plan, *PARTS)
    before = len(watched.reads)

    capture_all(backup, plan)

    assert [] == [key for key in watched.reads[before:] if "/data/" in key]


def test_the_parts_have_as_many_files_as_each_other(lab: Lab) -> None:
    _, plan = begun(lab)

    counts = [len(copied(lab, plan, part)) for part in PARTS]

    assert [3, 3, 2] == counts


def test_each_metadata_file_is_written_by_one_part_and_not_again_by_the_capture(source: Place) -> None:
    watched = Watched()
    lab = Lab.of(source)
    lab.repository.store = watched.wrap(lab.repository.store)
    backup, plan = begun(lab)

    copied(lab, plan, *PARTS)
    capture_all(backup, plan)

    written = [key for key in watched.writes if "/files/" in key]
    assert sorted(set(written)) == sorted(written)


def test_a_metadata_file_that_changed_after_the_parts_is_refused(lab: Lab, source: Place) -> None:
    backup, plan = begun(lab)
    copied(lab, plan, *PARTS)
    older = min(source.warehouse.rglob("*.metadata.json"))
    older.write_bytes(older.read_bytes() + b" ")

    failures = capture_all(backup, plan)

    assert "is there already, with other contents" in " ".join(failures.values())


def test_a_part_that_was_copied_is_not_copied_again(lab: Lab) -> None:
    _, plan = begun(lab)
    copied(lab, plan, PARTS[0])

    assert [] == copied(lab, plan, PARTS[0])


def test_what_no_part_copied_is_copied_by_the_capture(lab: Lab, source: Place) -> None:
    expected = histories(source.pyiceberg())
    backup, plan = begun(lab)
    copied(lab, plan, PARTS[1])

    publish(backup, plan, capture_all(backup, plan))
    lab.restore()

    assert expected == histories(lab.target.pyiceberg())


def test_a_part_whose_files_are_gone_leaves_them_to_the_capture_which_tells(lab: Lab, source: Place) -> None:
    backup, plan = begun(lab)
    for folder in source.warehouse.rglob("data"):
        shutil.rmtree(folder)

    paths = copied(lab, plan, *PARTS)
    failures = capture_all(backup, plan)

    assert [] == paths
    assert "damaged at its source" in " ".join(failures.values())
