import os
import resource
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from bcn_core.copying import Copied, Copy, SizeDiffers, carry_out, in_parallel
from bcn_core.errors import Conflict, InvalidTableFile, ObjectMissing
from bcn_core.events import Event, Warned
from bcn_core.iceberg.relocation import relocate_paths
from bcn_core.locations import PrefixMap
from bcn_core.processes import lanes, pool
from bcn_core.processes.cores import usable_cores
from bcn_core.processes.pool import Processes, Spread
from bcn_core.processes.talking import ProcessLost
from bcn_core.repository.encoding import sha256
from bcn_core.storage.memory import MemoryStore
from bcn_core.storage.opening import Stores
from bcn_core.storage.store import Store
from bcn_core.storage.throttling import Rate
from tests.builders.avro_files import entry, manifest
from tests.builders.telling import Telling, Unsendable

DATA = b"row " * 100_000
MOVED = PrefixMap.of([("s3://a/t", "s3://b/t")])
MANIFEST = manifest(*(entry(f"s3://a/t/data/{at}.parquet", status=at % 3) for at in range(30)))


class Ends:
    """A source with files and an empty target, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.stores = Stores()
        self.source: Store = self.stores.at(str(folder / "source"))
        self.target: Store = self.stores.at(str(folder / "target"))
        for number in range(20):
            self.source.put_new(f"{number}", [DATA])

    def copy(self, number: int, size: int = len(DATA)) -> Copy:
        return Copy(self.source, f"{number}", self.target, f"copies/{number}", size)

    @property
    def copied(self) -> set[str]:
        return {found.key for found in self.target.list("")}


@pytest.fixture
def ends(tmp_path: Path) -> Ends:
    return Ends(tmp_path)


@pytest.fixture
def two(ends: Ends) -> Iterator[Processes]:
    with Processes(ends.stores, Spread(2, 4)) as found:
        yield found


def children() -> set[int]:
    """The processes that this one has started and that still run."""
    told = [file.read_text() for file in Path("/proc/self/task").glob("*/children")]
    return {int(pid) for line in told for pid in line.split()}


class Ending(Rate):
    """A rate that ends a process while it waits for its next bytes."""

    def __init__(self) -> None:
        super().__init__(1 << 30)
        self.before = children()

    def take(self, count: int) -> None:
        super().take(count)
        for pid in children() - self.before:
            os.kill(pid, signal.SIGKILL)


def test_files_that_several_processes_copied_are_as_written(ends: Ends, two: Processes) -> None:
    found = list(in_parallel(lambda number: two.carry_out(ends.copy(number)), range(20), 4))

    assert [Copied(len(DATA), sha256(DATA))] * 20 == found
    assert {f"copies/{number}" for number in range(20)} == ends.copied


def test_no_process_is_started_for_a_few_files(ends: Ends) -> None:
    before = children()

    with Processes(ends.stores, Spread(2, 4, after=2)) as processes:
        for number in range(2):
            processes.carry_out(ends.copy(number))

        assert before == children()


def test_nobody_having_asked_files_of_this_machine_are_copied_here(ends: Ends) -> None:
    before = children()

    with Processes(ends.stores, Spread(2, 4, local_too=False)) as processes:
        processes.carry_out(ends.copy(0))
        processes.digest_of(ends.source, "1")

        assert before == children()


def test_processes_are_started_when_the_files_are_many(ends: Ends) -> None:
    before = children()

    with Processes(ends.stores, Spread(2, 4, after=2)) as processes:
        for number in range(3):
            processes.carry_out(ends.copy(number))

        assert 2 == len(children() - before)


def test_no_more_processes_are_started_than_files_are_under_way(ends: Ends) -> None:
    before = children()

    with Processes(ends.stores, Spread(64, 2)) as processes:
        processes.carry_out(ends.copy(0))

        assert 2 == len(children() - before)


def test_processes_end_with_the_run(ends: Ends) -> None:
    before = children()

    with Processes(ends.stores, Spread(2, 4)) as processes:
        processes.carry_out(ends.copy(0))

    assert before == children()


def test_an_error_of_another_process_comes_back_as_it_was_raised(ends: Ends, two: Processes) -> None:
    with pytest.raises(SizeDiffers, match=f"/source/3 has {len(DATA)} bytes, not the 7 on record"):
        two.carry_out(ends.copy(3, size=7))


def test_an_error_of_another_process_keeps_its_hint(ends: Ends, two: Processes) -> None:
    ends.target.put_new("copies/3", [b"another's"])

    with pytest.raises(Conflict) as refused:
        two.carry_out(ends.copy(3))

    assert "choose an empty target, or remove that file if it is not needed" == refused.value.hint


def test_a_file_that_is_missing_is_missing_in_any_process(ends: Ends, two: Processes) -> None:
    with pytest.raises(ObjectMissing):
        two.carry_out(ends.copy(99))


def test_a_process_goes_on_after_an_error(ends: Ends, two: Processes) -> None:
    with pytest.raises(ObjectMissing):
        two.digest_of(ends.source, "99")

    assert [Copied(len(DATA), sha256(DATA))] * 8 == [two.digest_of(ends.source, "1") for _ in range(8)]


@pytest.mark.fault(2)
def test_a_process_that_is_killed_in_the_midst_of_a_file_is_an_error_and_no_hang(ends: Ends) -> None:
    spread = Spread(2, 4, rate=Ending())

    with (
        Processes(ends.stores, spread) as processes,
        pytest.raises(ProcessLost, match="ended by signal 9") as lost,
    ):
        list(in_parallel(lambda number: processes.carry_out(ends.copy(number)), range(20), 4))

    assert lost.value.hint.startswith("run the same command again: what was copied is not copied again")


@pytest.mark.fault(2)
def test_what_a_killed_process_copied_is_never_half_a_file(ends: Ends) -> None:
    with Processes(ends.stores, Spread(2, 4, rate=Ending())) as dying, pytest.raises(ProcessLost):
        dying.carry_out(ends.copy(0))
    assert set() == ends.copied

    assert Copied(len(DATA), sha256(DATA)) == carry_out(ends.copy(0))


def test_all_processes_keep_to_one_rate(ends: Ends) -> None:
    taken: list[int] = []

    class Counting(Rate):
        def take(self, count: int) -> None:
            taken.append(count)

    with Processes(ends.stores, Spread(2, 4, rate=Counting(1))) as processes:
        for number in range(4):
            processes.carry_out(ends.copy(number))

    assert 4 * len(DATA) == sum(taken)


def test_a_run_that_stops_while_a_process_works_ends_it(ends: Ends) -> None:
    class Stopping(Rate):
        def take(self, count: int) -> None:
            raise KeyboardInterrupt

    before = children()
    spread = Spread(2, 4, rate=Stopping(1))

    with Processes(ends.stores, spread) as processes, pytest.raises(KeyboardInterrupt):
        processes.carry_out(ends.copy(0))

    assert before == children()
    assert set() == ends.copied


def test_a_machine_that_starts_no_more_processes_is_told_of_as_such(ends: Ends) -> None:
    before, bounds = children(), resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.dup(0)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free + 20, bounds[1]))
    try:
        with (
            Processes(ends.stores, Spread(8, 16)) as processes,
            pytest.raises(ProcessLost, match=r"no more processes can be started: .*Too many open files"),
        ):
            processes.carry_out(ends.copy(0))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, bounds)

    assert before == children()


def test_stores_in_memory_are_copied_here(ends: Ends, two: Processes) -> None:
    before = children()
    memory = MemoryStore()
    two.carry_out(Copy(ends.source, "1", memory, "copy", len(DATA)))

    assert DATA == memory.get("copy")
    assert before == children()


def test_a_container_plans_for_the_processors_that_it_is_given(tmp_path: Path) -> None:
    (tmp_path / "own").write_text("0::/\n")
    (tmp_path / "cpu.max").write_text("100000 100000\n")

    assert 1 == usable_cores(tmp_path, tmp_path / "own")


def test_a_group_below_a_bounded_one_is_bounded_too(tmp_path: Path) -> None:
    (tmp_path / "own").write_text("0::/system.slice/bcn.service\n")
    (tmp_path / "system.slice/bcn.service").mkdir(parents=True)
    (tmp_path / "system.slice/bcn.service/cpu.max").write_text("max 100000\n")
    (tmp_path / "system.slice/cpu.max").write_text("50000 100000\n")

    assert 1 == usable_cores(tmp_path, tmp_path / "own")


def test_without_bounds_a_process_plans_for_those_it_may_run_on(tmp_path: Path) -> None:
    assert len(os.sched_getaffinity(0)) == usable_cores(tmp_path, tmp_path / "none")


@pytest.mark.fault(2)
def test_a_process_that_is_killed_while_it_relocates_is_an_error_and_no_hang(two: Processes) -> None:
    before = children()
    two.relocate(MANIFEST, "m.avro", MOVED, "s3://b/t")
    for pid in children() - before:
        os.kill(pid, signal.SIGKILL)

    with pytest.raises(ProcessLost, match="ended by signal 9"):
        two.relocate(MANIFEST, "m.avro", MOVED, "s3://b/t")


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_a_manifest_is_the_same_bytes_from_any_number_of_processes(ends: Ends, processes: int) -> None:
    expected = relocate_paths(MANIFEST, "m.avro", MOVED, "s3://b/t")

    with Processes(ends.stores, Spread(processes, processes, after=0)) as several:
        found = [several.relocate(MANIFEST, "m.avro", MOVED, "s3://b/t") for _ in range(processes)]

    assert [expected] * processes == found


def test_a_manifest_with_position_deletes_is_left_to_the_run_by_another_process(two: Processes) -> None:
    deletes = manifest(entry("s3://a/t/d.parquet"), entry("s3://a/t/x.parquet", content=1))

    assert two.relocate(deletes, "m.avro", MOVED, "s3://b/t") is None


def test_a_damaged_manifest_is_refused_by_another_process_as_by_this_one(two: Processes) -> None:
    with pytest.raises(InvalidTableFile, match=r"m\.avro is damaged"):
        two.relocate(MANIFEST[:-3], "m.avro", MOVED, "s3://b/t")


def test_a_process_that_is_lost_costs_its_own_tasks_and_not_the_rest(ends: Ends, two: Processes) -> None:
    before = children()
    two.carry_out(ends.copy(0))
    os.kill(min(children() - before), signal.SIGKILL)

    lost = 0
    for number in range(1, 20):
        try:
            two.carry_out(ends.copy(number))
        except ProcessLost:
            lost += 1

    assert 2 == lost


def test_when_no_process_is_left_every_task_is_told(ends: Ends, two: Processes) -> None:
    before = children()
    two.carry_out(ends.copy(0))
    for pid in children() - before:
        os.kill(pid, signal.SIGKILL)

    for number in range(1, 10):
        with pytest.raises(ProcessLost):
            two.carry_out(ends.copy(number))


def test_a_process_that_was_stopped_does_not_outlive_the_run(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "_LAST_WORDS_SECONDS", 0.1)
    before = children()

    with Processes(ends.stores, Spread(2, 4)) as processes:
        processes.carry_out(ends.copy(0))
        for pid in children() - before:
            os.kill(pid, signal.SIGSTOP)

    assert before == children()


def test_a_result_that_no_pipe_takes_is_an_error_and_no_hang(
    two: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "_WAIT_SECONDS", 0.1)

    with pytest.raises(ProcessLost, match="closed its pipe"):
        two._do(Unsendable(), lambda: None)


def heard(stores: Stores) -> list[Event]:
    found: list[Event] = []
    stores.report = found.append
    return found


def test_what_another_process_tells_is_heard_here(ends: Ends) -> None:
    told = heard(ends.stores)
    with Processes(ends.stores, Spread(2, 4)) as processes:
        assert 7 == processes._do(Telling(Warned("slow"), 7), lambda: 0)

    assert [Warned("slow")] == told
