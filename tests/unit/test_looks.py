"""What one listing of a repository's folders tells, and what a run of one PIT asks more than once."""

from pathlib import Path

import pytest

from bcn_core.backup import back_up
from bcn_core.repository.flag_documents import Owner
from bcn_core.repository.flags import isolate, put_flag
from bcn_core.repository.looks import look
from bcn_core.repository.pit_listing import PitListing
from bcn_core.repository.repository import Repository
from bcn_core.storage.memory import MemoryStore
from tests.warehouse.runs import Lab
from tests.warehouse.source import Place, append, make
from tests.warehouse.watching import Watched

FIRST, SECOND, THIRD = (f"20260101T00000{number}.000Z" for number in range(3))
SOMEBODY = Owner(name="somebody", host="elsewhere")


@pytest.fixture
def listing() -> PitListing:
    """One PIT that exists, one that is being made, and one that was only claimed."""
    times = iter(range(100))
    store = MemoryStore(clock=lambda: float(next(times)))
    for key in (
        f"pits/{FIRST}/plan.json",
        f"pits/{FIRST}/manifest.json",
        f"pits/{SECOND}/plan.json",
        f"pits/{SECOND}/.in_progress",
        f"pits/{SECOND}/.beats/1",
        f"pits/{THIRD}/.in_progress",
        "pits/notes/manifest.json",
    ):
        store.put_new(key, [b"12345"])
    return PitListing.of(store, "pits")


def test_a_pit_exists_by_its_manifest(listing: PitListing) -> None:
    assert {FIRST: 5} == listing.sizes


def test_a_plan_without_a_manifest_is_an_unfinished_pit(listing: PitListing) -> None:
    assert [SECOND] == listing.unfinished


def test_pins_are_told_with_and_without_a_plan(listing: PitListing) -> None:
    assert [f"pits/{SECOND}/.in_progress", f"pits/{THIRD}/.in_progress"] == listing.pins


def test_signs_of_life_are_those_of_one_pit(listing: PitListing) -> None:
    assert ([f"pits/{SECOND}/.beats/1"], []) == (listing.beats_of(SECOND), listing.beats_of(FIRST))


def test_a_sign_of_life_touches_an_unfinished_pit(listing: PitListing) -> None:
    assert ([], [SECOND]) == (listing.untouched_since(4.0), listing.untouched_since(5.0))


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """A table with three PITs."""
    found = Lab.of(Place(tmp_path / "source"))
    append(make(found.source.pyiceberg(), "sales.orders"), 0)
    for _ in range(3):
        found.take()
    return found


def test_no_pit_that_is_to_go_or_set_apart_can_be_stood_on(lab: Lab) -> None:
    first, second, third = lab.repository.pits()
    put_flag(lab.repository, third, SOMEBODY)
    isolate(lab.repository, second, SOMEBODY, "damaged")

    found = look(lab.repository)

    assert ([first], [first, third]) == (found.usable, sorted(found.shown))


def test_tombstones_are_listed_before_the_pits(lab: Lab) -> None:
    watched = Watched()

    look(Repository(watched.wrap(lab.repository.store), lab.repository.manifest))

    assert ["tombstones", "isolated", lab.repository.layout.pits] == watched.keys("list")


def test_a_pit_in_which_nothing_changed_looks_three_times_and_reads_each_document_once(lab: Lab) -> None:
    watched = Watched()
    lab.repository = Repository(watched.wrap(lab.repository.store), lab.repository.manifest)

    back_up(lab.backup())

    assert ({"tombstones", "isolated", lab.repository.layout.pits}, 9) == (
        set(watched.keys("list")),
        len(watched.keys("list")),
    )
    assert len(set(watched.keys("get"))) == len(watched.keys("get"))
