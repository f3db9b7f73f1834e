"""The contract of storage/store.py, clause by clause, for every kind of store."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bcn_core.errors import InvalidRequest, ObjectExists, ObjectMissing
from bcn_core.storage.local import LocalStore
from bcn_core.storage.memory import MemoryStore
from bcn_core.storage.store import CHUNK_BYTES, Store

Open = Callable[[Path], Store]
KINDS: dict[str, Open] = {
    "local": lambda folder: LocalStore(folder / "store"),
    "memory": lambda _: MemoryStore("memory://test"),
}
KEYS = [
    "plain",
    "a/b/c",
    "with space/ü/漢字",
    "quo\"te/it's",
    "50%/%2F",
    "hash#/question?",
    "-dash",
    "x" * 200,
]


@pytest.fixture(params=list(KINDS.values()), ids=list(KINDS))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    made: Store = request.param(tmp_path)
    return made


def put(store: Store, key: str, data: bytes = b"data") -> None:
    store.put_new(key, [data])


def keys(store: Store, folder: str = "") -> list[str]:
    return sorted(found.key for found in store.list(folder))


@pytest.mark.parametrize("key", KEYS)
def test_what_was_put_is_what_is_got(store: Store, key: str) -> None:
    put(store, key, b"\x00\xff bytes")

    assert b"\x00\xff bytes" == store.get(key)


@pytest.mark.parametrize("key", KEYS)
def test_a_listing_shows_the_very_key(store: Store, key: str) -> None:
    put(store, key)

    assert [key] == keys(store)


def test_chunks_are_joined_in_their_order(store: Store) -> None:
    store.put_new("key", iter([b"a", b"", b"bc"]))

    assert b"abc" == store.get("key")


@pytest.mark.fault(29)
@pytest.mark.parametrize("chunks", [[], [b""], [b"", b""]])
def test_an_object_of_no_bytes_is_an_object(store: Store, chunks: list[bytes]) -> None:
    store.put_new("key", chunks)

    assert (b"", 0, ["key"]) == (store.get("key"), store.stat("key").size, keys(store))


def test_an_object_of_no_bytes_streams_nothing(store: Store) -> None:
    store.put_new("key", [])

    assert b"" == b"".join(store.stream("key"))


def test_a_stream_gives_all_bytes_in_bounded_chunks(store: Store) -> None:
    data = b"0123456789abcdef" * (CHUNK_BYTES // 16) + b"rest"
    put(store, "key", data)

    chunks = list(store.stream("key"))

    assert data == b"".join(chunks)
    assert max(len(chunk) for chunk in chunks) <= CHUNK_BYTES


def test_a_taken_key_is_refused(store: Store) -> None:
    put(store, "key", b"first")

    with pytest.raises(ObjectExists):
        put(store, "key", b"second")


def test_a_refused_write_leaves_the_key_as_it_was(store: Store) -> None:
    put(store, "key", b"first")

    with pytest.raises(ObjectExists):
        put(store, "key", b"second")

    assert (b"first", ["key"]) == (store.get("key"), keys(store))


@pytest.mark.fault(5)
@pytest.mark.parametrize("round_", range(5))
def test_of_eight_writers_of_one_key_one_wins_and_its_bytes_are_there(store: Store, round_: int) -> None:
    barrier = threading.Barrier(8)
    winners: list[bytes] = []

    def write(data: bytes) -> None:
        barrier.wait()
        try:
            store.put_new(f"key-{round_}", [data] * 3)
        except ObjectExists:
            return
        winners.append(data * 3)

    threads = [threading.Thread(target=write, args=(bytes([number]),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [store.get(f"key-{round_}")] == winners


def test_when_the_chunks_fail_nothing_appears(store: Store) -> None:
    with pytest.raises(RuntimeError):
        store.put_new("folder/key", _broken_off())

    assert [] == keys(store)


def test_after_failing_chunks_the_key_can_be_written(store: Store) -> None:
    with pytest.raises(RuntimeError):
        store.put_new("folder/key", _broken_off())

    put(store, "folder/key")

    assert b"data" == store.get("folder/key")


def test_nothing_shows_before_the_last_chunk(store: Store) -> None:
    seen: list[list[str]] = []

    def chunks() -> Iterator[bytes]:
        yield b"first"
        seen.append(keys(store))
        yield b"last"

    store.put_new("folder/key", chunks())

    assert [[]] == seen


def _broken_off() -> Iterator[bytes]:
    yield b"half"
    raise RuntimeError("the source went away")


@pytest.mark.parametrize("verb", ["get", "stat"])
def test_a_missing_object_is_told(store: Store, verb: str) -> None:
    with pytest.raises(ObjectMissing):
        getattr(store, verb)("folder/nothing")


def test_a_missing_object_cannot_be_streamed(store: Store) -> None:
    with pytest.raises(ObjectMissing):
        list(store.stream("nothing"))


@pytest.mark.parametrize("verb", ["get", "stat"])
def test_a_folder_is_no_object(store: Store, verb: str) -> None:
    put(store, "folder/key")

    with pytest.raises(ObjectMissing):
        getattr(store, verb)("folder")


@pytest.mark.fault(22)
def test_a_listing_shows_what_lies_below_and_no_namesake(store: Store) -> None:
    for key in ("a/b/c", "a/b/d/e", "a/bc", "a/b.txt", "ab"):
        put(store, key)

    assert ["a/b/c", "a/b/d/e"] == keys(store, "a/b")


def test_a_listing_of_nothing_is_empty(store: Store) -> None:
    assert [] == keys(store, "no/such/folder")


def test_a_listing_tells_sizes(store: Store) -> None:
    put(store, "key", b"12345")

    assert [5] == [found.size for found in store.list("")]


def test_upper_and_lower_case_are_two_keys(store: Store) -> None:
    put(store, "Key", b"upper")
    put(store, "key", b"lower")

    assert (b"upper", b"lower") == (store.get("Key"), store.get("key"))


def test_a_deleted_object_is_gone(store: Store) -> None:
    put(store, "key")

    store.delete("key")

    assert [] == keys(store)


def test_deleting_nothing_is_no_error(store: Store) -> None:
    store.delete("folder/nothing")

    assert [] == keys(store)


def test_a_deleted_key_can_be_put_again(store: Store) -> None:
    put(store, "key", b"first")
    store.delete("key")

    put(store, "key", b"second")

    assert b"second" == store.get("key")


def test_a_view_is_replaced(store: Store) -> None:
    store.replace("view", b"first")
    store.replace("view", b"second")

    assert (b"second", ["view"]) == (store.get("view"), keys(store))


@pytest.mark.fault(31)
def test_a_key_that_leaves_the_folder_is_refused_by_a_store_of_files(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest):
        put(LocalStore(tmp_path / "store"), "a/../../outside")


@pytest.mark.fault(7)
def test_what_a_killed_writer_left_is_not_listed(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    put(store, "folder/key")
    (tmp_path / "folder" / ".bcn-tmp-0123456789abcdef").write_bytes(b"half")

    assert ["folder/key"] == keys(store)
