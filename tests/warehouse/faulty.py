"""A store that fails at one named point: before the call, after it, or with its answer lost on the way."""

import itertools
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from bcn_core.errors import BcnError, StorageFailure, StorageFull, StorageRefused
from bcn_core.storage.store import ObjectStat, ObjectVersion, Store

T = TypeVar("T")
Mode = Literal["crash before", "crash after", "answer lost", "full", "refused"]
MODES: tuple[Mode, ...] = ("crash before", "crash after", "answer lost")
VIEWS = (
    "catalog_metadata.json",
    ".deleted_databases.json",
    "database_metadata.json",
    ".deleted_tables.json",
    "table_manifest.json",
)


def is_view(key: str) -> bool:
    """Whether a document is one for people, which is written anew as things change."""
    return key.endswith(VIEWS) or "/pit_summaries/" in key


class Crash(BaseException):
    """The process is dead: nothing in it may catch this and go on."""


@dataclass
class Fault:
    """One planned fault, at the ``at``-th call (from 1) that reaches the store; ``fired`` says where that was."""

    mode: Mode
    at: int
    fired: str = ""
    calls: int = 0
    dead: bool = False
    overwritten: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def wrap(self, store: Store) -> Store:
        return FaultyStore(store, self)

    def before(self, verb: str, key: str) -> bool:
        """Whether this call is the one that fails afterwards."""
        with self.lock:
            if self.dead:
                raise Crash(f"dead since {self.fired}")
            self.calls += 1
            if self.calls != self.at:
                return False
            self.fired = f"{verb} {key}"
        if self.mode == "crash before":
            self.dead = True
            raise Crash(self.fired)
        refusal = self._refusal(verb)
        if refusal is not None:
            raise refusal
        return True

    def after(self) -> None:
        if self.mode == "crash after":
            self.dead = True
            raise Crash(self.fired)
        if self.mode == "answer lost":
            raise StorageFailure(f"the answer to {self.fired} was lost")

    def _refusal(self, verb: str) -> BcnError | None:
        if self.mode == "full" and verb in ("put_new", "replace"):
            return StorageFull(f"{self.fired}: no space left on device")
        if self.mode == "refused":
            return StorageRefused(f"{self.fired}: permission denied")
        return None


@dataclass
class LostAnswer(Fault):
    """The answer to each creation of some keys is lost; the calls themselves are carried out."""

    ends: str = ""

    def before(self, verb: str, key: str) -> bool:
        """Whether this call creates such a key."""
        self.fired = f"{verb} {key}"
        return verb == "put_new" and key.endswith(self.ends)


class FaultyStore:
    """Any store, with one fault in it; it also notes whatever would be overwritten or deleted against the rules."""

    def __init__(self, inner: Store, fault: Fault) -> None:
        self._inner = inner
        self._fault = fault

    @property
    def url(self) -> str:
        return self._inner.url

    def get(self, key: str) -> bytes:
        fails = self._fault.before("get", key)
        found = self._inner.get(key)
        self._end(fails=fails)
        return found

    def stream(self, key: str) -> Iterator[bytes]:
        fails = self._fault.before("stream", key)
        found = list(self._inner.stream(key))
        self._end(fails=fails)
        return iter(found)

    def put_new(self, key: str, chunks: Iterable[bytes]) -> None:
        fails = self._fault.before("put_new", key)
        self._inner.put_new(key, chunks)
        self._end(fails=fails)

    def replace(self, key: str, data: bytes) -> None:
        fails = self._fault.before("replace", key)
        if key != "manifest.json" and not is_view(key):
            self._fault.overwritten.append(key)
        self._inner.replace(key, data)
        self._end(fails=fails)

    def list(self, folder: str) -> Iterator[ObjectStat]:
        fails = self._fault.before("list", folder)
        found = list(self._inner.list(folder))
        self._end(fails=fails)
        return iter(found)

    def stat(self, key: str) -> ObjectStat:
        fails = self._fault.before("stat", key)
        found = self._inner.stat(key)
        self._end(fails=fails)
        return found

    def delete(self, key: str) -> None:
        fails = self._fault.before("delete", key)
        if not key.endswith("/.in_progress"):
            self._fault.overwritten.append(key)
        self._inner.delete(key)
        self._end(fails=fails)

    def versions(self, folder: str) -> Iterator[ObjectVersion]:
        return self._inner.versions(folder)

    def free_bytes(self) -> int | None:
        return self._inner.free_bytes()

    def _end(self, *, fails: bool) -> None:
        if fails:
            self._fault.after()


def struck(mode: Mode, attempt: Callable[[Fault], T]) -> Iterator[tuple[str, T]]:
    """One attempt for each call that it makes, with a fault at that call: which call it was, and what came of it.

    Ends when an attempt meets its fault no more. Not even the first would mean that nothing was tried.
    """
    for at in itertools.count(1):
        fault = Fault(mode, at)
        found = attempt(fault)
        if not fault.fired:
            assert at > 1, "no call was struck: the fault does not stand in the way of what is tried"
            return
        yield fault.fired, found
