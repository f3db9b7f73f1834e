"""A backup dies at any call to its store, three ways; nothing that was there is lost, and running again is enough."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import pytest

from bcn_core.errors import BcnError
from bcn_core.repository.documents import PitManifest
from bcn_core.repository.repository import Repository
from bcn_core.storage.opening import Stores
from tests.fault.crashing import backup_with, read_whole, truth
from tests.warehouse.faulty import MODES, Fault, LostAnswer, Mode, struck
from tests.warehouse.readers import History, histories
from tests.warehouse.runs import Lab, copied_repository
from tests.warehouse.source import Place, append, make
from tests.warehouse.sql_views import create_view


@dataclass(frozen=True, slots=True)
class Prepared:
    """A source that changed since its one PIT; ``now`` are its rows."""

    lab: Lab
    first: str
    now: dict[str, History]


@dataclass(frozen=True, slots=True)
class Died:
    """What a run with a fault left, and what it took when it was run again without."""

    fault: Fault
    before: dict[str, bytes]
    after: dict[str, bytes]
    pits: list[str]
    left: Repository
    again: PitManifest
    repaired: Repository


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    source = Place(tmp_path_factory.mktemp("died") / "source")
    catalog = source.pyiceberg()
    append(make(catalog, "sales.orders"), 0, 2)
    append(make(catalog, "sales.customers"), 0, 2)
    make(catalog, "ops.empty")
    lab = Lab.of(source)
    first = lab.take().pit
    append(catalog.load_table("sales.orders"), 10, 2)
    catalog.rename_table("sales.customers", "sales.clients")
    make(catalog, "ops.new")
    catalog.drop_table("ops.empty")
    create_view(source, "sales.recent")
    return Prepared(lab, first, histories(catalog))


def died(prepared: Prepared, mode: Mode) -> Iterator[Died]:
    """One run for each call that a whole backup makes."""

    def attempt(fault: Fault) -> Died:
        repository = copied_repository(prepared.lab.repository)
        before = truth(repository)
        backup_with(prepared.lab, repository, fault)
        left = copied_repository(repository)
        again = Lab(prepared.lab.source, prepared.lab.target, repository).take()
        return Died(fault, before, truth(left), left.pits(), left, again, repository)

    return (one for _, one in struck(mode, attempt))


@pytest.fixture(scope="module")
def runs(prepared: Prepared) -> Callable[[Mode], list[Died]]:
    return cache(lambda mode: list(died(prepared, mode)))


Runs = Callable[[Mode], list[Died]]


@pytest.mark.fault(1)
@pytest.mark.parametrize("mode", MODES)
def test_every_call_of_a_backup_was_struck(runs: Runs, mode: Mode) -> None:
    struck = runs(mode)

    assert list(range(1, len(struck) + 1)) == [one.fault.at for one in struck]
    assert len(struck) > 40


@pytest.mark.fault(1)
@pytest.mark.parametrize("mode", MODES)
def test_every_kind_of_document_was_struck_while_it_was_written(runs: Runs, mode: Mode) -> None:
    written = " ".join(one.fault.fired for one in runs(mode) if one.fault.fired.startswith("put_new"))

    kinds = (
        "plan.json",
        "files.parquet",
        "capture.json",
        "/.pits/",
        "/.sql_views/",
        "/manifest.json",
        ".in_progress",
        "/files/",
    )
    assert [] == [kind for kind in kinds if kind not in written]


@pytest.mark.fault(1)
@pytest.mark.parametrize("mode", MODES)
def test_nothing_that_was_there_is_changed(runs: Runs, mode: Mode) -> None:
    changed = [
        (one.fault.fired, key)
        for one in runs(mode)
        for key, data in one.before.items()
        if one.after.get(key) != data
    ]

    assert [] == changed


@pytest.mark.fault(1)
@pytest.mark.parametrize("mode", MODES)
def test_nothing_but_views_and_pins_is_overwritten_or_deleted(runs: Runs, mode: Mode) -> None:
    assert [] == [key for one in runs(mode) for key in one.fault.overwritten]


@pytest.mark.fault(1)
@pytest.mark.parametrize("mode", MODES)
def test_earlier_pits_stay_whole(prepared: Prepared, runs: Runs, mode: Mode) -> None:
    counts = {read_whole(one.left, prepared.first) for one in runs(mode)}

    assert 1 == len(counts)


@pytest.mark.fault(1)
@pytest.mark.parametrize("mode", MODES)
def test_the_new_pit_is_whole_or_absent(prepared: Prepared, runs: Runs, mode: Mode) -> None:
    new = [(one.left, pit) for one in runs(mode) for pit in one.pits if pit != prepared.first]

    assert [] == [pit for left, pit in new if not _is_readable(left, pit)]


@pytest.mark.fault(1)
@pytest.mark.parametrize("mode", MODES)
def test_running_again_gives_a_complete_pit(runs: Runs, mode: Mode) -> None:
    assert [] == [one.fault.fired for one in runs(mode) if one.again.status != "complete"]


@pytest.mark.fault(1)
@pytest.mark.parametrize("mode", MODES)
def test_running_again_gives_a_readable_pit(runs: Runs, mode: Mode) -> None:
    assert [] == [one.fault.fired for one in runs(mode) if not _is_readable(one.repaired, one.again.pit)]


@dataclass(frozen=True, slots=True)
class Refused:
    """What a run left whose store refused one call, and what it took when it was run again without."""

    taken: str | None
    pits: list[str]
    whole: set[str]
    again: PitManifest


@pytest.fixture(scope="module")
def refusals(prepared: Prepared) -> Callable[[Mode], dict[str, Refused]]:
    def attempt(fault: Fault) -> Refused:
        repository = copied_repository(prepared.lab.repository)
        taken = backup_with(prepared.lab, repository, fault)
        pits = repository.pits()
        new = [repository.pit(pit) for pit in pits if pit != prepared.first]
        whole = {str(table) for one in new if one.status == "complete" for table in repository.tables(one)}
        again = Lab(prepared.lab.source, prepared.lab.target, repository).take()
        return Refused(taken.pit if taken else None, pits, whole, again)

    return cache(lambda mode: dict(struck(mode, attempt)))


Refusals = Callable[[Mode], dict[str, Refused]]


@pytest.mark.fault(8)
@pytest.mark.parametrize("mode", ["full", "refused"])
def test_a_store_that_refuses_a_call_gives_no_pit_that_claims_to_be_whole(
    prepared: Prepared, refusals: Refusals, mode: Mode
) -> None:
    found = {call: one.whole for call, one in refusals(mode).items()}

    assert {} == {call: whole for call, whole in found.items() if whole not in (set(), set(prepared.now))}


@pytest.mark.fault(8)
@pytest.mark.parametrize("mode", ["full", "refused"])
def test_a_backup_that_says_it_took_a_pit_has_taken_it_whatever_was_refused(
    refusals: Refusals, mode: Mode
) -> None:
    said = {call: one for call, one in refusals(mode).items() if one.taken is not None}

    assert said
    assert [] == [call for call, one in said.items() if one.taken not in one.pits]


@pytest.mark.fault(8)
@pytest.mark.parametrize("mode", ["full", "refused"])
def test_a_backup_goes_on_when_the_store_takes_calls_again(refusals: Refusals, mode: Mode) -> None:
    assert {"complete"} == {one.again.status for one in refusals(mode).values()}


def _is_readable(repository: Repository, pit: str) -> bool:
    try:
        return read_whole(repository, pit) > 0
    except BcnError:
        return False


@pytest.mark.fault(25)
@pytest.mark.parametrize("mode", ["answer lost", "refused"])
def test_a_source_that_fails_at_any_read_is_whole_in_the_next_pit(prepared: Prepared, mode: Mode) -> None:
    def statuses(fault: Fault) -> tuple[str, str]:
        repository = copied_repository(prepared.lab.repository)
        first = Lab(prepared.lab.source, prepared.lab.target, repository, Stores(fault.wrap)).take()
        second = Lab(prepared.lab.source, prepared.lab.target, repository).take()
        return first.status, second.status

    assert {("partial", "complete")} == {found for _, found in struck(mode, statuses)}


@pytest.mark.fault(3)
def test_a_backup_whose_last_answer_is_lost_succeeds(prepared: Prepared) -> None:
    repository = copied_repository(prepared.lab.repository)
    store = LostAnswer("answer lost", 0, ends="/manifest.json").wrap(repository.store)

    taken = Lab(prepared.lab.source, prepared.lab.target, Repository.open(store)).take()

    assert [taken.pit] == repository.pits()[1:]


def test_fields_that_a_newer_bcn_wrote_into_the_repository_manifest_stay(prepared: Prepared) -> None:
    repository = copied_repository(prepared.lab.repository)
    raw = json.loads(repository.store.get("manifest.json"))
    repository.store.replace("manifest.json", json.dumps({**raw, "of_tomorrow": 1}).encode())

    Lab(prepared.lab.source, prepared.lab.target, Repository.open(repository.store)).take()

    assert 1 == json.loads(repository.store.get("manifest.json"))["of_tomorrow"]
