"""Writers do not wait for a backup: tables are committed to, expired, dropped and renamed while they are copied."""

import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from itertools import count

import pytest
from pyiceberg.table import Table

from bcn_core.catalogs.catalog import Catalog, Sweep
from bcn_core.events import Event, PointerAdvanced, SweepRepeated
from bcn_core.names import Scope
from bcn_core.restore import RestoreRequest
from bcn_core.storage.opening import Stores
from tests.warehouse.meddling import Meddler, MovingCatalog
from tests.warehouse.readers import histories, history
from tests.warehouse.runs import Lab, table
from tests.warehouse.source import append, content_files, expire_all_but_current, make


@pytest.fixture
def orders(lab: Lab) -> Table:
    found = make(lab.source.pyiceberg(), "sales.orders")
    append(found, 0)
    append(found, 10)
    return found


class Numbering(MovingCatalog):
    """A catalog whose server numbers its requests, in the error of a table that cannot be read too."""

    def __init__(self, inner: Catalog) -> None:
        super().__init__(inner, [])
        self._requests = count()

    def sweep(self, scope: Scope) -> Sweep:
        return replace(
            super().sweep(scope), unreadable={table("sales.hidden"): f"request {next(self._requests)}"}
        )


def meddle(lab: Lab, deed: Callable[[], object], text: str = ".parquet") -> Meddler:
    """Do something to the source while its files are being read."""
    meddler = Meddler(lambda: (deed(), None)[1], text)
    lab.stores = Stores(meddler.wrap)
    return meddler


def compact(found: Table) -> None:
    """Rewrite all files into one, expire the past, and delete the files that only it had."""
    old = content_files(found)
    found.overwrite(found.scan().to_arrow())
    expire_all_but_current(found)
    for path in old:
        path.unlink()


@pytest.mark.fault(24)
def test_a_commit_while_copying_leaves_the_pit_at_the_pointer_that_was_swept(lab: Lab, orders: Table) -> None:
    swept = orders.metadata_location
    meddler = meddle(lab, lambda: append(orders, 20))

    manifest = lab.take()

    assert (True, swept) == (meddler.done, lab.record(manifest, "sales.orders").pointer)


def test_a_commit_while_copying_does_not_make_the_pit_skewed(lab: Lab, orders: Table) -> None:
    meddle(lab, lambda: append(orders, 20))

    manifest = lab.take()

    assert ("complete", "consistent") == (manifest.status, manifest.consistency.mode)


@pytest.mark.fault(25)
def test_files_that_vanish_under_a_moving_pointer_are_not_missed(lab: Lab, orders: Table) -> None:
    meddler = meddle(lab, lambda: compact(orders))
    manifest = lab.take()
    expected = histories(lab.source.pyiceberg())
    lab.source.lose()

    lab.restore()

    assert (True, "complete") == (meddler.done, manifest.status)
    assert expected == histories(lab.target.pyiceberg())


def test_a_walk_that_starts_again_is_told(lab: Lab, orders: Table) -> None:
    events: list[Event] = []
    lab.report = events.append
    meddle(lab, lambda: compact(orders))

    lab.take()

    assert 1 == len([event for event in events if isinstance(event, PointerAdvanced)])


def test_a_table_that_moved_while_it_was_copied_makes_the_pit_skewed(lab: Lab, orders: Table) -> None:
    meddle(lab, lambda: compact(orders))

    manifest = lab.take()

    assert ["orders"] == [ref.name for ref in manifest.consistency.moved]


@pytest.mark.fault(24)
@pytest.mark.usefixtures("orders")
def test_a_table_dropped_with_its_files_while_it_is_copied_fails_alone(lab: Lab) -> None:
    catalog = lab.source.pyiceberg()
    append(make(catalog, "sales.customers"), 0)

    def purge() -> None:
        catalog.drop_table("sales.orders")
        shutil.rmtree(lab.source.warehouse / "sales" / "orders")

    meddler = meddle(lab, purge, "/orders/data/")

    manifest = lab.take()

    assert (True, "partial") == (meddler.done, manifest.status)
    assert [table("sales.customers")] == list(lab.repository.tables(manifest))


def test_a_table_dropped_while_it_is_copied_keeps_its_earlier_state(lab: Lab, orders: Table) -> None:
    catalog = lab.source.pyiceberg()
    lab.take()
    before = history(orders.metadata_location)
    append(orders, 20)

    def purge() -> None:
        catalog.drop_table("sales.orders")
        shutil.rmtree(lab.source.warehouse / "sales" / "orders")

    meddler = meddle(lab, purge)
    lab.take()

    lab.restore()

    restored = lab.target.pyiceberg().load_table("sales.orders")
    assert meddler.done
    assert before == history(restored.metadata_location)


@pytest.mark.fault(25)
def test_a_table_that_never_rests_fails_instead_of_being_half_copied(lab: Lab, orders: Table) -> None:
    class Restless(Meddler):
        def note(self, verb: str, key: str) -> None:
            if verb == "stream" and ".parquet" in key:
                with one_at_a_time:
                    compact(orders)

    one_at_a_time = threading.Lock()
    lab.stores = Stores(Restless(lambda: None, "").wrap)

    manifest = lab.take()

    assert ["orders"] == [one.table.name for one in manifest.failed]


def test_a_catalog_that_moves_between_two_sweeps_is_swept_again(lab: Lab, orders: Table) -> None:
    events: list[Event] = []
    lab.report = events.append
    moving = MovingCatalog(lab.source.bcn(), [lambda: append(orders, 20)])

    manifest = lab.take(catalog=moving)

    assert 1 == len([event for event in events if isinstance(event, SweepRepeated)])
    assert "consistent" == manifest.consistency.mode


def test_a_table_that_is_unreadable_for_a_reason_told_anew_each_time_lets_the_catalog_rest(
    lab: Lab,
) -> None:
    make(lab.source.pyiceberg(), "sales.orders")
    events: list[Event] = []
    lab.report = events.append

    manifest = lab.take(catalog=Numbering(lab.source.bcn()))

    assert ([], "consistent") == (
        [event for event in events if isinstance(event, SweepRepeated)],
        manifest.consistency.mode,
    )


def test_a_catalog_that_never_rests_gives_a_pit_that_says_skewed(lab: Lab, orders: Table) -> None:
    moving = MovingCatalog(lab.source.bcn(), [lambda: append(orders, 20)] * 8)

    manifest = lab.take(catalog=moving)

    assert ("skewed", ["orders"]) == (
        manifest.consistency.mode,
        [ref.name for ref in manifest.consistency.moved],
    )


@pytest.mark.usefixtures("orders")
def test_tables_created_during_a_backup_are_in_the_next_pit(lab: Lab) -> None:
    catalog = lab.source.pyiceberg()
    meddle(lab, lambda: make(catalog, "sales.late"))
    first = lab.take()

    second = lab.take()

    assert table("sales.late") not in lab.repository.tables(first)
    assert table("sales.late") in lab.repository.tables(second)


def test_a_pit_that_was_skewed_restores_what_it_says(lab: Lab, orders: Table) -> None:
    meddle(lab, lambda: compact(orders))
    manifest = lab.take()
    expected = history(lab.record(manifest, "sales.orders").pointer)
    lab.source.lose()

    lab.restore(RestoreRequest(pit=manifest.pit))

    assert expected == history(lab.target.pyiceberg().load_table("sales.orders").metadata_location)
