"""Files put back where they were, for a catalog that still names them, or does again: nothing else is touched."""

import shutil
from pathlib import Path

import pytest

from bcn_core.errors import Conflict, DamagedRepository, StorageFull
from bcn_core.repository.documents import PitManifest
from bcn_core.restoration.in_place import InPlace, InPlacePlan
from bcn_core.storage.opening import Stores
from tests.warehouse.readers import histories
from tests.warehouse.runs import Lab, change
from tests.warehouse.shop import build_shop
from tests.warehouse.source import append, make
from tests.warehouse.sql_views import create_view
from tests.warehouse.watching import Watched, WatchedStore


@pytest.fixture
def lab(lab: Lab) -> Lab:
    """Two tables, one of which has a history, and a view."""
    catalog = lab.source.pyiceberg()
    orders = make(catalog, "sales.orders")
    append(orders, 0)
    append(orders, 10)
    append(make(catalog, "sales.returns"), 0)
    create_view(lab.source, "sales.recent")
    return lab


def planned(lab: Lab, pit: PitManifest, **named: str) -> InPlacePlan:
    return InPlace(lab.repository, lab.stores).plan(
        pit, {f"sales.{name}": place for name, place in named.items()}
    )


def put_back(lab: Lab, plan: InPlacePlan) -> None:
    InPlace(lab.repository, lab.stores).put_back(plan)


def test_a_lost_warehouse_of_every_kind_of_table_is_read_as_before(tmp_path: Path) -> None:
    source = build_shop(tmp_path)
    lab, expected, files = Lab.of(source), histories(source.pyiceberg()), source.files()
    pit = lab.take()
    shutil.rmtree(source.warehouse)

    put_back(lab, planned(lab, pit))

    assert expected == histories(source.pyiceberg())
    assert [] == [path for path, data in source.files().items() if files[path] != data]


def test_the_file_of_a_view_comes_back_too(lab: Lab) -> None:
    pit, files = lab.take(), lab.source.files()
    shutil.rmtree(lab.source.warehouse)

    put_back(lab, planned(lab, pit))

    assert files == lab.source.files()


def test_only_what_is_missing_is_planned(lab: Lab) -> None:
    pit = lab.take()
    lost = next((lab.source.warehouse / "sales" / "orders" / "data").glob("*.parquet"))
    size = lost.stat().st_size
    lost.unlink()

    plan = planned(lab, pit)

    assert {"sales.orders": 1, "sales.returns": 0, "sales.recent": 0} == {
        str(one.name): one.missing for one in plan.everything
    }
    assert size == plan.bytes


def test_a_second_try_goes_on_where_the_first_stopped(lab: Lab) -> None:
    pit, files = lab.take(), lab.source.files()
    shutil.rmtree(lab.source.warehouse)
    plan = planned(lab, pit)
    put_back(lab, plan)

    put_back(lab, plan)

    assert files == lab.source.files()


def test_a_file_of_another_size_is_left_as_it_is(lab: Lab) -> None:
    pit = lab.take()
    other = next((lab.source.warehouse / "sales" / "orders" / "metadata").glob("*.avro"))
    other.write_bytes(b"another")
    plan = planned(lab, pit)

    with pytest.raises(Conflict, match="nothing is overwritten"):
        put_back(lab, plan)
    assert b"another" == other.read_bytes()


def test_an_object_that_the_repository_lost_is_told_by_the_plan(lab: Lab) -> None:
    pit = lab.take()
    shutil.rmtree(lab.source.warehouse)
    record = lab.record(pit, "sales.orders")
    (data, *_) = [file for file in lab.repository.files(record) if file.kind == "data"]
    change(lab.repository, data.object, None)

    refusal = planned(lab, pit).refusal

    assert isinstance(refusal, DamagedRepository)
    assert f"{data.object} is missing" in refusal.message


def test_a_pointer_that_the_pit_does_not_hold_is_noted(lab: Lab) -> None:
    pit = lab.take()

    (orders, returns) = planned(lab, pit, orders="file:///elsewhere/v9.metadata.json").tables

    assert ("the catalog will name file:///elsewhere/v9.metadata.json, which the PIT does not hold",) == (
        orders.notes
    )
    assert () == returns.notes


def test_an_older_pointer_of_the_tables_own_log_is_held(lab: Lab) -> None:
    table = lab.source.pyiceberg().load_table("sales.orders")
    older = table.metadata.metadata_log[-1].metadata_file

    assert () == planned(lab, lab.take(), orders=older).tables[0].notes


def test_the_file_of_a_view_of_another_size_is_left_as_it_is(lab: Lab) -> None:
    pit = lab.take()
    place = Path(lab.repository.indexes(pit)[0].sql_views[0].pointer.removeprefix("file://"))
    place.write_bytes(b"another")

    with pytest.raises(Conflict, match="nothing is overwritten"):
        put_back(lab, planned(lab, pit))

    assert b"another" == place.read_bytes()


@pytest.mark.fault(35)
def test_a_place_without_room_for_what_is_missing_is_refused_by_the_plan(lab: Lab) -> None:
    pit = lab.take()
    shutil.rmtree(lab.source.warehouse)

    class Small(WatchedStore):
        def free_bytes(self) -> int:
            return 100

    lab.stores = Stores(lambda store: Small(store, Watched()))

    assert isinstance(planned(lab, pit).refusal, StorageFull)
