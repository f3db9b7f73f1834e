"""Stores that break their word, listings that break off, places in several spellings, and keys that begin alike."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from bcn_core.backup import Backup, back_up
from bcn_core.errors import Conflict, StorageFailure, StorageFull, StorageRefused
from bcn_core.pruning.loose import Loose
from bcn_core.repository.pins import this_process
from bcn_core.repository.repository import Repository
from bcn_core.retention import apply_prune, plan_prune
from bcn_core.storage.memory import MemoryStore
from bcn_core.storage.opening import Stores
from bcn_core.storage.probing import check
from bcn_core.storage.store import ObjectStat
from tests.warehouse.faulty import LostAnswer
from tests.warehouse.runs import Lab, new_repository
from tests.warehouse.source import Place, append, make
from tests.warehouse.watching import Watched, WatchedStore
from tests.warehouse.years import NO_GRACE, OWNER, lost

Tried = Callable[[str, object], None]
"""Tells the fault report how many cases a test tried (pytest's ``record_property``)."""


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """A table in two PITs."""
    source = Place(tmp_path / "source")
    table = make(source.pyiceberg(), "sales.orders")
    found = Lab.of(source)
    for start in (0, 10):
        append(table, start)
        found.take()
    return found


class Careless(MemoryStore):
    """A store that takes create-only writes and overwrites all the same; rclone's S3 server is a real one."""

    def put_new(self, key: str, chunks: Iterable[bytes]) -> None:
        self.delete(key)
        super().put_new(key, chunks)


@pytest.mark.fault(5)
def test_a_store_that_overwrites_what_must_be_created_is_refused() -> None:
    with pytest.raises(StorageRefused, match="cannot hold a repository"):
        check(Careless())


class FailingAt(WatchedStore):
    """A store one of whose listings breaks off after its first object, as if its second page did not come."""

    def __init__(self, inner: MemoryStore, at: int) -> None:
        super().__init__(inner, Watched())
        self.left = at

    def list(self, folder: str) -> Iterator[ObjectStat]:
        self.left -= 1
        if self.left:
            return super().list(folder)
        return self._broken(folder)

    def _broken(self, folder: str) -> Iterator[ObjectStat]:
        yield from list(super().list(folder))[:1]
        raise StorageFailure("page 2 of the listing did not come")


@pytest.mark.fault(21)
def test_a_prune_loses_nothing_whichever_of_its_listings_breaks_off(lab: Lab, record_property: Tried) -> None:
    plan = plan_prune(lab.repository, NO_GRACE)
    at = 1
    while True:
        store = FailingAt(copied(lab), at)
        try:
            apply_prune(Repository(store, lab.repository.manifest), plan, OWNER)
        except StorageFailure:
            assert [] == lost(Repository(store, lab.repository.manifest))
            at += 1
        else:
            break

    record_property("tried", at - 1)
    assert at > 10


def copied(lab: Lab) -> MemoryStore:
    store = MemoryStore()
    for found in lab.repository.store.list(""):
        store.put_new(found.key, [lab.repository.store.get(found.key)])
    return store


@pytest.mark.fault(22)
def test_tables_and_databases_whose_names_begin_alike_are_kept_apart(lab: Lab) -> None:
    catalog = lab.source.pyiceberg()
    for number, name in enumerate(("sales.orders2", "sales2.orders", "sales.order")):
        append(make(catalog, name), number * 100, 1)
    lab.take()
    for name in ("sales.orders2", "sales2.orders", "sales.order"):
        catalog.drop_table(name)
    lab.take()

    apply_prune(lab.repository, plan_prune(lab.repository, NO_GRACE), OWNER)

    left = {one.key.split("/databases/")[1].split("/files/")[0] for one in objects(lab)}
    assert [] == lost(lab.repository)
    assert {("sales", "orders")} == {tuple(one.split("/")[:2]) for one in left}


def objects(lab: Lab) -> list[ObjectStat]:
    return [one for one in lab.repository.store.list("") if "/files/" in one.key]


SPELLINGS = [
    "{place}",
    "{place}/",
    "file://{place}",
    "file://{place}/",
    "file:{place}",
    "{parent}//repository",
]


@pytest.mark.fault(23)
@pytest.mark.parametrize("spelled", SPELLINGS)
def test_every_spelling_of_a_place_leads_to_the_same_repository(tmp_path: Path, spelled: str) -> None:
    source, place = Place(tmp_path / "source"), tmp_path / "repository"
    append(make(source.pyiceberg(), "sales.orders"), 0)
    repository = new_repository(source, Stores().at(str(place)))
    pit = back_up(Backup(repository, source.bcn(), Stores(), this_process("test"))).pit

    found = Repository.open(Stores().at(spelled.format(place=place, parent=place.parent)))

    assert [pit] == found.pits()


def test_a_list_of_what_may_go_that_does_not_fit_on_this_machine_is_told() -> None:
    with Path("/dev/full").open("w+", encoding="utf-8", buffering=1) as full, Loose() as loose:
        loose._file = full

        with pytest.raises(StorageFull, match="does not fit into"):
            loose.add("20260302T090000.000Z", ObjectStat("a", 1, 0.0))


def test_a_repository_whose_making_lost_its_answer_is_made(tmp_path: Path) -> None:
    source = Place(tmp_path / "source")
    source.pyiceberg().close()

    made = new_repository(source, LostAnswer("answer lost", 0, ends="manifest.json").wrap(MemoryStore()))

    assert made.manifest == Repository.open(made.store).manifest


def test_of_two_that_make_a_repository_at_one_place_the_second_is_told_that_there_is_one(
    tmp_path: Path,
) -> None:
    source, shared = Place(tmp_path / "source"), MemoryStore()
    source.pyiceberg().close()

    class Overtaken(WatchedStore):
        """Shows an empty place, at which somebody else makes a repository meanwhile."""

        def list(self, folder: str) -> Iterator[ObjectStat]:
            new_repository(source, shared)
            return iter(())

    with pytest.raises(Conflict, match="is a BCN repository already"):
        new_repository(source, Overtaken(shared, Watched()))
