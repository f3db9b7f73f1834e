"""A very large table's files brought back in parts by several processes, ahead of its restore."""

from dataclasses import replace
from pathlib import Path

import pytest

from bcn_core.copying import Part
from bcn_core.errors import Conflict, DamagedRepository
from bcn_core.restore import RestoreRequest, TablePlan, copy_part, plan_restore, restore_table
from bcn_core.storage.opening import Stores
from tests.warehouse.readers import histories
from tests.warehouse.runs import Lab
from tests.warehouse.source import Place, make_of_many_files
from tests.warehouse.watching import Watched

PARTS = [Part(number, 3) for number in range(3)]


@pytest.fixture
def source(tmp_path: Path) -> Place:
    place = Place(tmp_path / "source")
    make_of_many_files(place.pyiceberg(), "sales.orders").delete("id = 31")
    return place


@pytest.fixture
def lab(source: Place) -> Lab:
    found = Lab.of(source)
    found.take()
    return found


def planned(lab: Lab, request: RestoreRequest | None = None) -> TablePlan:
    restorer = lab.restorer()
    plan = plan_restore(restorer, request or RestoreRequest())
    for database in plan.databases:
        restorer.target.create_database(database.namespace, dict(database.properties))
    (table,) = plan.tables
    return table


def copied(lab: Lab, plan: TablePlan, *parts: Part) -> list[str]:
    """What those parts brought back, each by a process that knows nothing of the others."""
    return [file.object for part in parts for file in copy_part(lab.restorer(), plan, part)]


def test_every_data_file_belongs_to_one_part(lab: Lab, source: Place) -> None:
    files = copied(lab, planned(lab), *PARTS)

    assert len(list(source.warehouse.rglob("*.parquet"))) == len(set(files)) == len(files)


def test_the_restore_that_follows_reads_none_of_these_files_again(source: Place) -> None:
    watched = Watched()
    lab = Lab.of(source, stores=Stores(watched.wrap))
    lab.repository.store = watched.wrap(lab.repository.store)
    lab.take()
    expected, plan = histories(source.pyiceberg()), planned(lab)
    files = set(copied(lab, plan, *PARTS))
    before = len(watched.reads)

    restore_table(lab.restorer(), plan, PARTS)

    assert set() == files.intersection(watched.reads[before:])
    assert expected == histories(lab.target.pyiceberg())


def test_what_no_part_copied_is_copied_by_the_restore(lab: Lab, source: Place) -> None:
    expected, plan = histories(source.pyiceberg()), planned(lab)
    copied(lab, plan, PARTS[1])

    restore_table(lab.restorer(), plan, PARTS[1:2])

    assert expected == histories(lab.target.pyiceberg())


def test_a_part_may_be_copied_twice(lab: Lab) -> None:
    plan = planned(lab)

    assert copied(lab, plan, PARTS[0]) == copied(lab, plan, PARTS[0])


def test_a_part_that_is_said_to_be_there_and_is_not_fails_the_check_of_the_table(lab: Lab) -> None:
    plan = planned(lab)

    with pytest.raises(DamagedRepository, match="does not pass its check and was not registered"):
        restore_table(lab.restorer(), plan, PARTS)
    assert lab.target.bcn().pointer(plan.target) is None


def test_nothing_is_copied_of_a_table_that_the_plan_refuses(lab: Lab) -> None:
    plan = replace(planned(lab), refusal=Conflict("it is in the way"))

    assert [] == copied(lab, plan, *PARTS)
    assert [] == list(lab.target.warehouse.rglob("*.parquet"))
