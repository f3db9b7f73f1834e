"""Verify earns its word: whatever is damaged is named, with the tables and PITs that it harms."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from bcn_core.copying import Copied
from bcn_core.errors import InvalidRequest, NotFound, StorageFailure, StorageRefused
from bcn_core.events import Event, Warned, silent
from bcn_core.names import TableName
from bcn_core.processes.talking import ProcessLost
from bcn_core.repository.checks import last_checks
from bcn_core.repository.encoding import seal
from bcn_core.repository.files import StoredFile
from bcn_core.repository.layout import CHECKS
from bcn_core.repository.repository import Repository
from bcn_core.storage.memory import MemoryStore
from bcn_core.storage.store import Store
from bcn_core.verify import EVERYTHING, Reach, Reading, Slice, Verification, verify_repository
from tests.warehouse.runs import Lab, new_repository
from tests.warehouse.source import Place, append, make

QUICK = Slice()
ORDERS = TableName(("sales",), "orders")
METADATA = [".metadata.json", "snap-", "-m0.avro"]
DOCUMENTS = ["/manifest.json", "/capture.json", "/files.parquet", "/.pits/"]
Damage = Callable[[bytes], bytes]


def flipped(data: bytes) -> bytes:
    """One byte in the middle, all its bits turned: a fixed byte may happen to be the same."""
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 0xFF]) + data[middle + 1 :]


def cut(data: bytes) -> bytes:
    return data[:-1]


def emptied(_data: bytes) -> bytes:
    return b""


def doubled(data: bytes) -> bytes:
    return data * 2


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Two PITs of two tables, one of which grew in between."""
    source = Place(tmp_path_factory.mktemp("shop") / "source")
    orders = make(source.pyiceberg(), "sales.orders")
    append(orders, 0)
    append(make(source.pyiceberg(), "sales.items"), 0)
    lab = Lab.of(source)
    lab.take()
    append(orders, 10)
    lab.take()
    store = lab.repository.store
    return {one.key: store.get(one.key) for one in store.list("")}


@pytest.fixture
def repository(objects: dict[str, bytes]) -> Repository:
    store: Store = MemoryStore()
    for key, data in objects.items():
        store.put_new(key, [data])
    return Repository.open(store)


def verified(repository: Repository, level: Slice = QUICK) -> Verification:
    return verify_repository(repository, level, silent)


def key_of(repository: Repository, *parts: str) -> str:
    """The last key that holds all the parts."""
    return [one.key for one in repository.store.list("catalogs") if all(part in one.key for part in parts)][
        -1
    ]


def new_files(repository: Repository, pit: str) -> list[StoredFile]:
    """The files that the captures of one PIT stored."""
    held = repository.tables(repository.pit(pit)).values()
    captures = [repository.capture(entry) for entry in held if entry.capture_pit == pit]
    return [file for one in captures for file in repository.files(one) if file.stored_by == pit]


def damage(repository: Repository, key: str, how: Damage) -> str:
    repository.store.replace(key, how(repository.store.get(key)))
    return key


def test_a_whole_repository_has_no_fault(repository: Repository) -> None:
    found = verified(repository, EVERYTHING)

    assert () == found.faults
    assert (2, 2) == (found.pits, found.tables)


def test_a_process_that_died_while_it_read_is_no_fault_of_the_repository(repository: Repository) -> None:
    def lost(_store: Store, _key: str) -> Copied:
        raise ProcessLost("process 7 was ended by signal 9")

    with pytest.raises(ProcessLost):
        verify_repository(repository, EVERYTHING, silent, by=Reading(2, lost))


def test_a_look_at_one_pit_looks_at_what_it_captured(repository: Repository) -> None:
    newest = repository.pits()[-1]
    lost = [file.object for file in new_files(repository, newest)]
    for key in lost:
        damage(repository, key, cut)

    found = verify_repository(repository, QUICK, silent, Reach(frozenset([newest]), Slice()))

    assert sorted(lost) == sorted({fault.key for fault in found.faults if fault.key in lost})
    assert (1, 2) == (found.tables, found.pits)


def test_a_look_at_one_pit_leaves_out_what_earlier_ones_captured(repository: Repository) -> None:
    damage(repository, key_of(repository, "items", "/data/"), cut)

    found = verify_repository(repository, QUICK, silent, Reach(frozenset(repository.pits()[-1:]), Slice()))

    assert () == found.faults
    assert [] != list(verified(repository).faults)


def test_what_earlier_pits_captured_is_looked_at_when_its_turn_comes(repository: Repository) -> None:
    damage(repository, key_of(repository, "items", "/data/"), cut)

    turns = [Reach(frozenset(), Slice(part, 3)) for part in (1, 2, 3)]
    found = [verify_repository(repository, QUICK, silent, one) for one in turns]

    assert 1 == sum(bool(one.faults) for one in found)
    assert ["quick 1/3", "quick 2/3", "quick 3/3"] == [one.level for one in found]


@pytest.mark.fault(14, 15)
@pytest.mark.parametrize("how", [flipped, cut, emptied, doubled])
@pytest.mark.parametrize("part", [*METADATA, *DOCUMENTS])
def test_a_damaged_document_is_named(repository: Repository, part: str, how: Damage) -> None:
    key = damage(repository, key_of(repository, "2026" if part == "/manifest.json" else "", part), how)

    assert key in {fault.key for fault in verified(repository).faults}


@pytest.mark.fault(15)
@pytest.mark.parametrize("how", [cut, emptied, doubled])
def test_a_data_file_of_another_size_is_named(repository: Repository, how: Damage) -> None:
    key = damage(repository, key_of(repository, "/data/"), how)

    assert [key] == [fault.key for fault in verified(repository).faults]


@pytest.mark.fault(14)
def test_a_flipped_byte_in_a_data_file_is_found_by_reading_everything(repository: Repository) -> None:
    key = damage(repository, key_of(repository, "/data/"), flipped)

    assert () == verified(repository).faults
    assert [key] == [fault.key for fault in verified(repository, EVERYTHING).faults]


def test_as_many_slices_as_there_are_parts_read_everything(repository: Repository) -> None:
    key = damage(repository, key_of(repository, "/data/"), flipped)

    found = [fault.key for part in range(1, 8) for fault in verified(repository, Slice(part, 7)).faults]

    assert [key] == found


@pytest.mark.fault(18)
def test_two_data_files_that_changed_places_are_found(repository: Repository) -> None:
    keys = [
        one.key for one in repository.store.list("catalogs") if "/orders/" in one.key and "/data/" in one.key
    ]
    bodies = [repository.store.get(key) for key in keys]
    for key, data in zip(keys, reversed(bodies), strict=True):
        repository.store.replace(key, data)

    assert set(keys) == {fault.key for fault in verified(repository, EVERYTHING).faults}


@pytest.mark.fault(20)
def test_a_missing_file_is_named_with_its_table_and_pits(repository: Repository) -> None:
    key = key_of(repository, "/orders/deltas/", "/data/")
    repository.store.delete(key)

    fault = verified(repository).faults[0]

    assert (key, "is missing", (ORDERS,), (repository.pits()[-1],)) == (
        fault.key,
        fault.problem,
        fault.tables,
        fault.pits,
    )


def test_a_harmed_table_is_told_where_it_is_still_whole(repository: Repository) -> None:
    repository.store.delete(key_of(repository, "/orders/deltas/", "/data/"))

    assert {ORDERS: repository.pits()[0]} == verified(repository).whole


def test_a_table_that_is_whole_nowhere_is_lost_for_good(repository: Repository) -> None:
    repository.store.delete(key_of(repository, "/orders/snapshots/", "/data/"))

    assert {ORDERS: None} == verified(repository).whole


def test_a_pit_that_was_exchanged_as_a_whole_breaks_the_chain(repository: Repository) -> None:
    first = repository.pits()[0]
    forged = repository.pit(first).model_copy(update={"status": "partial"})
    repository.store.replace(repository.layout.pit_manifest(first), seal(forged))

    problems = [fault.problem for fault in verified(repository).faults]

    assert [f"is not the manifest that PIT {repository.pits()[1]} was made on"] == problems


@pytest.mark.fault(16)
@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"<html>log in</html>", b'{"a": NaN}', b"\xff\xfe"])
def test_a_manifest_that_cannot_be_read_is_never_no_problem(repository: Repository, body: bytes) -> None:
    repository.store.replace(repository.layout.pit_manifest(repository.pits()[-1]), body)

    assert (repository.pits()[-1],) == verified(repository).faults[0].pits


@pytest.mark.fault(17)
def test_an_empty_repository_has_nothing_to_verify(tmp_path: Path) -> None:
    source = Place(tmp_path / "source")

    with pytest.raises(NotFound, match="nothing to verify"):
        verified(new_repository(source))


def test_a_slice_that_is_none_is_refused() -> None:
    for text in ("0/7", "8/7", "7", "a/b", "-1/7"):
        with pytest.raises(InvalidRequest, match="is no slice"):
            Slice.of(text)


def test_the_result_is_kept(repository: Repository) -> None:
    damage(repository, key_of(repository, "/data/"), cut)

    verified(repository)

    assert 1 == last_checks(repository)["quick"].faults


def test_verify_leaves_no_pin(repository: Repository) -> None:
    verified(repository)

    assert [] == list(repository.store.list("readers"))


def test_what_verify_keeps_is_plain_json(repository: Repository) -> None:
    verified(repository)

    key = next(one.key for one in repository.store.list("checks"))

    assert "quick" == json.loads(repository.store.get(key))["level"]


@pytest.mark.fault(19)
def test_a_first_read_that_failed_is_a_note_and_no_fault(repository: Repository) -> None:
    key = key_of(repository, "/data/")
    whole = repository.store

    class OnceWrong:
        """A store whose first answer about one object is garbage."""

        wrong = True

        def __getattr__(self, name: str) -> object:
            return getattr(whole, name)

        def stream(self, wanted: str) -> object:
            if wanted == key and self.wrong:
                self.wrong = False
                return iter([b"garbage"])
            return whole.stream(wanted)

    flaky = Repository(OnceWrong(), repository.manifest)  # type: ignore[arg-type]

    found = verified(flaky, EVERYTHING)

    assert ((), 1) == (found.faults, len(found.notes))


def test_a_repository_that_cannot_be_written_to_is_verified_with_a_warning(repository: Repository) -> None:
    whole, told = repository.store, list[Event]()

    class ReadOnly:
        """A medium that takes nothing."""

        def __getattr__(self, name: str) -> object:
            return getattr(whole, name)

        def put_new(self, key: str, _chunks: object) -> None:
            raise StorageRefused(f"{key}: read-only file system")

    found = verify_repository(Repository(ReadOnly(), repository.manifest), QUICK, told.append)  # type: ignore[arg-type]

    assert () == found.faults
    assert {Warned} == {type(event) for event in told}


def test_a_result_that_cannot_be_kept_is_told_and_is_a_result_all_the_same(repository: Repository) -> None:
    whole, told = repository.store, list[Event]()

    class Failing:
        """A store whose line dies when all is looked at."""

        def __getattr__(self, name: str) -> object:
            return getattr(whole, name)

        def put_new(self, key: str, chunks: Iterable[bytes]) -> None:
            if key.startswith(CHECKS):
                raise StorageFailure(f"{key}: the line is dead")
            whole.put_new(key, chunks)

    found = verify_repository(Repository(Failing(), repository.manifest), QUICK, told.append)  # type: ignore[arg-type]

    assert () == found.faults
    assert ["the result could not be kept"] == [
        event.message.partition(":")[0] for event in told if isinstance(event, Warned)
    ]
