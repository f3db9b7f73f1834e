"""Two backups of one repository at once: at most one goes on, and the other is told who is in its way."""

import multiprocessing
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bcn_core.backup import begin
from bcn_core.errors import Conflict, DamagedRepository
from bcn_core.names import pit_id
from bcn_core.repository.encoding import encode
from bcn_core.repository.flag_documents import Owner, Pin
from bcn_core.repository.pins import PIN_LIFETIME, drop_pin, many_processes, put_pin, read_pin, this_process
from bcn_core.repository.repository import Repository
from bcn_core.storage.local import LocalStore
from tests.fault.crashing import dead_process
from tests.warehouse.runs import Lab, new_repository
from tests.warehouse.source import Place, append, make

ROUNDS = 8
PIT = "20200101T000000.000Z"
ELSEWHERE = Owner(name="bcn backup", host="another-machine", process="other-boot:pid:[1]/7@1")


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    source = Place(tmp_path / "source")
    append(make(source.pyiceberg(), "sales.orders"), 0)
    return Lab.of(source)


def leave_pin(repository: Repository, owner: Owner, age: timedelta = timedelta()) -> None:
    pin = Pin(pit=PIT, owner=owner, since=datetime.now(UTC) - age)
    repository.store.put_new(repository.layout.pin(PIT), [encode(pin)])


def outcome(attempt: Callable[[], object], into: list[str]) -> None:
    try:
        attempt()
    except Conflict:
        into.append("refused")
    else:
        into.append("went on")


@pytest.mark.fault(9)
def test_of_backups_that_start_at_the_same_moment_at_most_one_goes_on(lab: Lab) -> None:
    rounds = [_race_of_threads(lab, number) for number in range(ROUNDS)]

    assert [] == [one for one in rounds if one.count("went on") > 1]


def test_backups_that_start_at_the_same_moment_do_not_all_give_up_for_good(lab: Lab) -> None:
    rounds = [_race_of_threads(lab, number) for number in range(ROUNDS)]

    assert any("went on" in one for one in rounds)


def _race_of_threads(lab: Lab, number: int) -> list[str]:
    barrier, outcomes = threading.Barrier(2), list[str]()
    pits = [pit_id(datetime(2020, 1, 1, second=number, microsecond=one * 1000, tzinfo=UTC)) for one in (0, 1)]

    def claim(pit: str) -> None:
        barrier.wait()
        pin = Pin(pit=pit, owner=this_process("bcn backup"), since=datetime.now(UTC))
        outcome(lambda: put_pin(lab.repository.store, lab.repository.layout, pin), outcomes)

    threads = [threading.Thread(target=claim, args=(pit,)) for pit in pits]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for pit in pits:
        drop_pin(lab.repository.store, lab.repository.layout, pit)
    return outcomes


@pytest.mark.fault(9)
def test_a_second_process_is_refused_while_the_first_is_at_work(tmp_path: Path, lab: Lab) -> None:
    store = LocalStore(tmp_path / "repository")
    on_disk = Lab.of(lab.source, repository=new_repository(lab.source, store))
    begin(on_disk.backup(), pit_id(datetime.now(UTC)), None)

    # A Pool would wait for ever for the answer of a process that died.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context) as pool:
        said = pool.submit(_try_to_begin, lab.source, tmp_path / "repository").result()

    assert said == "refused"


def _try_to_begin(source: Place, folder: Path) -> str:
    outcomes: list[str] = []
    repository = Repository.open(LocalStore(folder))
    backup = Lab.of(source, repository=repository).backup()
    outcome(lambda: begin(backup, pit_id(datetime.now(UTC)), None), outcomes)
    return outcomes[0]


def test_the_refusal_says_who_is_at_work(lab: Lab) -> None:
    leave_pin(lab.repository, ELSEWHERE)

    with pytest.raises(Conflict, match=f"bcn backup on another-machine since .* makes PIT {PIT}"):
        lab.take()


def test_a_refused_backup_leaves_no_pin_of_its_own(lab: Lab) -> None:
    leave_pin(lab.repository, ELSEWHERE)
    with pytest.raises(Conflict):
        lab.take()

    pins = [one.key for one in lab.repository.store.list("") if one.key.endswith(".in_progress")]

    assert [lab.repository.layout.pin(PIT)] == pins


@pytest.mark.fault(11)
def test_the_pin_of_a_dead_process_is_no_obstacle(lab: Lab) -> None:
    leave_pin(lab.repository, dead_process())

    assert lab.take().status == "complete"


@pytest.mark.fault(11)
def test_the_pin_of_a_process_number_that_was_given_out_again_is_no_obstacle(lab: Lab) -> None:
    alive = this_process("bcn backup")
    started_earlier = alive.model_copy(update={"process": f"{alive.process.partition('@')[0]}@1"})
    leave_pin(lab.repository, started_earlier)

    assert lab.take().status == "complete"


@pytest.mark.fault(11)
def test_the_pin_of_another_boot_of_this_machine_waits_for_its_lifetime(lab: Lab) -> None:
    alive = this_process("bcn backup")
    leave_pin(lab.repository, alive.model_copy(update={"process": f"another-boot{alive.process}"}))

    with pytest.raises(Conflict):
        lab.take()


@pytest.mark.fault(11)
def test_a_pin_older_than_any_run_is_no_obstacle(lab: Lab) -> None:
    leave_pin(lab.repository, ELSEWHERE, PIN_LIFETIME + timedelta(hours=1))

    assert lab.take().status == "complete"


@pytest.mark.fault(12)
@pytest.mark.parametrize("data", [b"", b"null", b'{"pit": "x"'])
def test_a_pin_that_cannot_be_read_counts_as_present(lab: Lab, data: bytes) -> None:
    lab.repository.store.put_new(lab.repository.layout.pin(PIT), [data])

    with pytest.raises((Conflict, DamagedRepository)):
        lab.take()


def test_after_a_backup_no_pin_is_left(lab: Lab) -> None:
    lab.take()

    assert [] == [one.key for one in lab.repository.store.list("") if one.key.endswith(".in_progress")]


def test_a_run_that_is_refused_leaves_the_pin_of_the_other_one(lab: Lab) -> None:
    leave_pin(lab.repository, ELSEWHERE)

    with pytest.raises(Conflict, match="busy"):
        begin(lab.backup(), PIT)

    assert ELSEWHERE == read_pin(lab.repository.store, lab.repository.layout.pin(PIT)).owner


@pytest.mark.fault(11)
def test_the_pin_that_a_run_of_many_processes_left_is_no_obstacle_to_its_next_pit(lab: Lab) -> None:
    owner, pit = many_processes("dagster/shop"), "20200102T000000.000Z"
    leave_pin(lab.repository, owner)

    put_pin(lab.repository.store, lab.repository.layout, Pin(pit=pit, owner=owner, since=datetime.now(UTC)))

    assert [lab.repository.layout.pin(pit)] == lab.repository.listed().pins
