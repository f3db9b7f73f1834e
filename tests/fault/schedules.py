"""All interleavings of several runs on one store: each run is a thread that stops before every call to the store.

Runs are taken from each other at most a few times (bounded exhaustive, as in CHESS: Musuvathi and Qadeer, 2007), at
every call where that can be. A state of store and runs that was seen is not tried again. Pools inside the engine work
in the calling thread, so that a schedule can be repeated.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Self

import pytest

from bcn_core.errors import BcnError
from bcn_core.storage.store import ObjectStat, ObjectVersion, Store

Call = tuple[str, str]
"""A verb and its key."""
_POOLS = ("bcn_core.copying", "bcn_core.repository.repository", "bcn_core.backup", "bcn_core.restore")


class AtOnce:
    """A pool that works in the thread of its caller."""

    def __init__(self, _workers: int) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def map(self, work: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
        return iter([work(item) for item in items])

    def submit(self, work: Callable[[Any], Any], item: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(work(item))
        except BcnError as error:
            done.set_exception(error)
        return done


def work_at_once(patch: pytest.MonkeyPatch) -> None:
    """Let the engine's pools work in the calling thread."""
    for module in _POOLS:
        patch.setattr(f"{module}.ThreadPoolExecutor", AtOnce)


class GivenUp(BaseException):
    """Ends the threads of a schedule that repeats another one."""


class Run:
    """One thread; ``pending`` is the call before which it waits, None when it is done."""

    def __init__(self, work: Callable[[Store], Any], store: Store) -> None:
        self.pending: Call | None = None
        self.result: Any = None
        self.seen: list[str] = []
        self._work = work
        self._inner = store
        self._go = threading.Semaphore(0)
        self._stopped = threading.Semaphore(0)
        self._give_up = False
        self._thread = threading.Thread(target=self._live, daemon=True)
        self._thread.start()
        self._stopped.acquire()

    def step(self) -> None:
        """Let the pending call happen, and what follows, up to the next one."""
        self._go.release()
        self._stopped.acquire()

    def stop(self) -> None:
        """End the thread where it stands."""
        self._give_up = True
        while self.pending is not None:
            self.step()

    def at(self, verb: str, key: str) -> None:
        """Wait before a call."""
        if self._give_up:
            raise GivenUp
        self.pending = (verb, key)
        self._stopped.release()
        self._go.acquire()
        if self._give_up:
            raise GivenUp

    def _live(self) -> None:
        try:
            self.result = self._work(Stepped(self._inner, self))
        except (BcnError, GivenUp) as error:
            self.result = error
        except BaseException as error:  # noqa: BLE001 - the test that looks at the result shows it
            self.result = error
        self.pending = None
        self._stopped.release()


class Stepped:
    """A store whose every call is a step of a schedule. A listing is one step, as it is one moment in memory."""

    def __init__(self, inner: Store, run: Run) -> None:
        self._inner = inner
        self._run = run

    @property
    def url(self) -> str:
        return self._inner.url

    def get(self, key: str) -> bytes:
        self._look(key)
        return self._inner.get(key)

    def stream(self, key: str) -> Iterator[bytes]:
        self._look(key)
        return self._inner.stream(key)

    def put_new(self, key: str, chunks: Iterable[bytes]) -> None:
        data = list(chunks)
        self._look(key, "put_new")
        self._inner.put_new(key, data)

    def replace(self, key: str, data: bytes) -> None:
        self._inner.replace(key, data)

    def list(self, folder: str) -> Iterator[ObjectStat]:
        self._run.at("list", folder)
        found = list(self._inner.list(folder))
        self._run.seen.append(f"list {folder} {[one.key for one in found]}")
        return iter(found)

    def stat(self, key: str) -> ObjectStat:
        self._look(key)
        return self._inner.stat(key)

    def delete(self, key: str) -> None:
        self._run.at("delete", key)
        self._inner.delete(key)

    def versions(self, folder: str) -> Iterator[ObjectVersion]:
        return self._inner.versions(folder)

    def free_bytes(self) -> int | None:
        return None

    def _look(self, key: str, verb: str = "get") -> None:
        """A step that is answered by whether the key is taken: what is under a key never changes."""
        self._run.at(verb, key)
        there = any(one.key == key for one in self._inner.list(key.rpartition("/")[0]))
        self._run.seen.append(f"{verb} {key} {there}")


@dataclass
class Point:
    """One choice of a schedule: who can go on, who was tried; ``last`` was at work, ``taken`` counts what was taken."""

    enabled: dict[str, Call]
    last: str
    taken: int
    chosen: str = ""
    tried: set[str] = field(default_factory=set)

    def choose(self, most_taken: int) -> bool:
        """Take somebody who was not tried: rather the one who is at work; another one, while that is allowed."""
        order = sorted(self.enabled, key=lambda name: name != self.last)
        for name in order:
            if name not in self.tried and self.cost(name) <= most_taken:
                self.chosen = name
                self.tried.add(name)
                return True
        return False

    def cost(self, name: str) -> int:
        """How often a run was taken from its work by then."""
        return self.taken + (self.last in self.enabled and name != self.last)


@dataclass
class Ended:
    """One schedule: who made which call in order, and what became of each run."""

    steps: list[tuple[str, Call]]
    results: dict[str, Any]


Start = Callable[[], tuple[Store, Mapping[str, Callable[[Store], Any]]]]


@dataclass
class Search:
    """All schedules in which runs are taken from their work at most ``most_taken`` times."""

    start: Start
    finish: Callable[[Store, Ended], None]
    most_taken: int
    count: int = 0
    _path: list[Point] = field(default_factory=list)
    _known: dict[object, int] = field(default_factory=dict)

    def run(self) -> int:
        """Try them; ``finish`` looks at each end. How many there were."""
        while True:
            store, works = self.start()
            runs = {name: Run(work, store) for name, work in works.items()}
            steps = self._follow(store, runs)
            if steps is None:
                for run in runs.values():
                    run.stop()
            else:
                self.count += 1
                self.finish(store, Ended(steps, {name: run.result for name, run in runs.items()}))
            while self._path and not self._path[-1].choose(self.most_taken):
                self._path.pop()
            if not self._path:
                return self.count

    def _follow(self, store: Store, runs: dict[str, Run]) -> list[tuple[str, Call]] | None:
        """Repeat the choices of the path, then go on to the end; None when the rest is known."""
        steps: list[tuple[str, Call]] = []
        while enabled := {name: run.pending for name, run in runs.items() if run.pending is not None}:
            if len(steps) == len(self._path) and not self._go_on(store, runs, enabled):
                return None
            chosen = self._path[len(steps)].chosen
            steps.append((chosen, enabled[chosen]))
            runs[chosen].step()
        return steps

    def _go_on(self, store: Store, runs: dict[str, Run], enabled: dict[str, Call]) -> bool:
        """Make a new choice, unless what follows was tried from this very state."""
        before = self._path[-1] if self._path else None
        last = before.chosen if before else ""
        taken = before.cost(last) if before else 0
        keys = tuple(one.key for one in store.list(""))
        state = hash((last, keys, tuple((name, tuple(run.seen), run.pending) for name, run in runs.items())))
        if self._known.get(state, taken + 1) <= taken:
            return False
        self._known[state] = taken
        self._path.append(Point(enabled, last, taken))
        return self._path[-1].choose(self.most_taken)
