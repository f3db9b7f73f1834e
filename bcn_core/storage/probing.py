"""Trying a place out before it is trusted: a store that does not keep the contract is refused (robustness.md 0.5)."""

import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bcn_core.errors import BcnError, ObjectExists, ObjectMissing, StorageRefused
from bcn_core.storage.store import CHUNK_BYTES, Store

_WRITERS = 8
_LARGE_CHUNKS = 3


@dataclass(frozen=True, slots=True)
class Probed:
    """One promise of a store: whether it was kept, and what was seen when not."""

    promise: str
    kept: bool
    seen: str = ""


def probe(store: Store) -> list[Probed]:
    """Write, read, list and delete a few objects below a folder of their own, which is empty again afterwards.

    Takes about 50 calls and 50 MB. Raises nothing but what makes probing pointless (no rights, no such bucket).
    """
    folder = f".bcn-probe-{secrets.token_hex(8)}"
    try:
        store.put_new(f"{folder}/first", [b"first"])
        return [_tried(promise, check, store, folder) for promise, check in _PROMISES.items()]
    finally:
        for left in list(store.list(folder)):
            store.delete(left.key)


def check(store: Store) -> None:
    """Refuse a store that breaks a promise.

    Raises:
        StorageRefused: it does; the message says which.
    """
    broken = [one for one in probe(store) if not one.kept]
    if broken:
        raise StorageRefused(
            f"{store.url} cannot hold a repository: "
            + "; ".join(f"{one.promise}: {one.seen}" for one in broken),
            hint="PITs would overwrite each other there: choose another store, or a newer version of this one",
        )


def _tried(promise: str, check: Callable[[Store, str], str], store: Store, folder: str) -> Probed:
    try:
        seen = check(store, folder)
    except BcnError as error:
        seen = error.message
    return Probed(promise, not seen, seen)


def _refuses_second(store: Store, folder: str) -> str:
    try:
        store.put_new(f"{folder}/first", [b"other"])
    except ObjectExists:
        return (
            ""
            if store.get(f"{folder}/first") == b"first"
            else "the object was overwritten though it was refused"
        )
    return "conditional create is not honoured: an object was overwritten"


def _one_winner(store: Store, folder: str) -> str:
    def write(number: int) -> bool:
        try:
            store.put_new(f"{folder}/race", [str(number).encode()])
        except ObjectExists:
            return False
        return True

    with ThreadPoolExecutor(_WRITERS) as pool:
        winners = [number for number, won in enumerate(pool.map(write, range(_WRITERS))) if won]
    if len(winners) != 1:
        return f"conditional create is not honoured: {len(winners)} of {_WRITERS} writers won at once"
    return "" if store.get(f"{folder}/race") == str(winners[0]).encode() else "a loser's object stands"


def _large_in_parts(store: Store, folder: str) -> str:
    key = f"{folder}/large"
    store.put_new(key, _large(b"a"))
    try:
        store.put_new(key, _large(b"b"))
    except ObjectExists:
        pass
    else:
        return "conditional create is not honoured for large objects"
    size = store.stat(key).size
    if size != _LARGE_CHUNKS * CHUNK_BYTES:
        return f"a large object has {size} bytes, not {_LARGE_CHUNKS * CHUNK_BYTES}"
    return (
        ""
        if all(set(chunk) == {ord("a")} for chunk in store.stream(key))
        else "a large object reads differently"
    )


def _lists_at_once(store: Store, folder: str) -> str:
    store.put_new(f"{folder}/in/one", [b""])
    store.put_new(f"{folder}/in-between", [b""])
    found = [entry.key for entry in store.list(f"{folder}/in")]
    return "" if found == [f"{folder}/in/one"] else f"a listing after two writes shows {found}"


def _odd_names(store: Store, folder: str) -> str:
    keys = [f"{folder}/odd/{name}" for name in ("a b", "a%20b", "a#b", "a?b", "a+b", "漢字")]
    for key in keys:
        store.put_new(key, [key.encode()])
    wrong = [key for key in keys if store.get(key) != key.encode()]
    unlisted = set(keys) - {entry.key for entry in store.list(f"{folder}/odd")}
    return f"names come back differently: {wrong or sorted(unlisted)}" if wrong or unlisted else ""


def _deletes(store: Store, folder: str) -> str:
    store.put_new(f"{folder}/gone", [b"x"])
    store.delete(f"{folder}/gone")
    try:
        store.get(f"{folder}/gone")
    except ObjectMissing:
        return ""
    return "a deleted object can still be read"


def _large(letter: bytes) -> Iterator[bytes]:
    return (letter * CHUNK_BYTES for _ in range(_LARGE_CHUNKS))


_PROMISES: dict[str, Callable[[Store, str], str]] = {
    "a taken key is refused": _refuses_second,
    "of several writers one wins": _one_winner,
    "large objects are created whole, once": _large_in_parts,
    "a listing shows what was just written, and no namesakes": _lists_at_once,
    "names are byte-exact": _odd_names,
    "what is deleted is gone": _deletes,
}
