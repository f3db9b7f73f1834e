"""The processes of one run: started when there is work for them, ended with the run.

A thread that has a file to copy hands it to a process and waits, as it would wait for the copy. So what a run has
under way, what it tells, how it stops and how it is resumed are the same with one process and with many.
"""

import math
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import zip_longest
from multiprocessing.connection import Connection, Pipe
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self, TypeVar

from bcn_core.copying import Copied, Copy, carry_out, digest_of
from bcn_core.iceberg.relocation import relocate_paths
from bcn_core.locations import PrefixMap
from bcn_core.processes.cores import usable_cores
from bcn_core.processes.lanes import Lane
from bcn_core.processes.talking import Given, ProcessLost
from bcn_core.processes.tasks import CopyFile, ReadFile, RelocatePaths, Task, location, scheme_of
from bcn_core.storage.opening import Stores
from bcn_core.storage.store import Store
from bcn_core.storage.throttling import Rate

O = TypeVar("O")  # noqa: E741

WORTH_STARTING = 500
"""Files that a run copies over a network by itself before it starts more processes, unless it is told how many.

A process that speaks S3 takes 0.35 s of a core until it copies; 500 small files take one process about a second.
"""

_LAST_WORDS_SECONDS = 10
_MANIFEST_BYTES_LIKE_A_FILE = 32 * 1024
"""A packed manifest of so many bytes takes about as long as a small file."""
_LARGEST_MANIFEST = 64 * 1024**2
"""A larger one is rewritten here: its bytes would be in memory at both ends of the pipe."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How work is spread: over how many processes, how many files at once in all of them, after how many files.

    Files between folders of this machine go there ``local_too`` or not: a small one costs 0.06 ms of CPU to copy, and
    0.1 ms to hand over.
    """

    processes: int
    files_at_once: int
    after: int = 0
    local_too: bool = True
    rate: Rate | None = None

    @classmethod
    def by_cores(cls, files_at_once: int, rate: Rate | None = None) -> "Spread":
        """What pays on this machine, when nobody says how many processes."""
        return cls(usable_cores(), files_at_once, WORTH_STARTING, local_too=False, rate=rate)

    @property
    def wanted(self) -> int:
        """Processes that can have work at the same time."""
        return min(self.processes, self.files_at_once)


class Processes:
    """A context in which files are copied and read by several processes; with one, by this process itself."""

    def __init__(self, stores: Stores, spread: Spread) -> None:
        self._stores = stores
        self._spread = spread
        self._asked = 0
        self._started: list[_Process] = []
        self._free: SimpleQueue[Lane] = SimpleQueue()
        self._served = 0
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._started:
            process.end()

    def carry_out(self, copy: Copy) -> Copied:
        """:func:`~bcn_core.copying.carry_out` in one of the processes.

        Raises:
            ProcessLost: the process died of it, or beside it.
        """
        if not self._takes(copy.source, copy.target):
            return carry_out(copy)
        return self._do(CopyFile.of(copy), lambda: carry_out(copy))

    def digest_of(self, store: Store, key: str) -> Copied:
        """:func:`~bcn_core.copying.digest_of` in one of the processes.

        Raises:
            ProcessLost: the process died of it, or beside it.
        """
        if not self._takes(store):
            return digest_of(store, key)
        return self._do(ReadFile(location(store, key)), lambda: digest_of(store, key))

    def relocate(self, data: bytes, location: str, mapping: PrefixMap, home: str) -> bytes | None:
        """:func:`~bcn_core.iceberg.relocation.relocate_paths` in one of the processes; the same bytes from any.

        Raises:
            ProcessLost: the process died of it, or beside it.
        """
        if len(data) > _LARGEST_MANIFEST:
            return relocate_paths(data, location, mapping, home)
        weight = 1 + len(data) // _MANIFEST_BYTES_LIKE_A_FILE
        task = RelocatePaths(data, location, mapping, home)
        return self._do(task, lambda: relocate_paths(data, location, mapping, home), weight)

    def _takes(self, *stores: Store) -> bool:
        schemes = {scheme_of(store) for store in stores}
        return "memory" not in schemes and (self._spread.local_too or schemes != {"file"})

    def _do(self, task: Task[O], here: Callable[[], O], weight: int = 1) -> O:
        if not self._are_worth_it(weight):
            return here()
        lane = self._free.get()
        is_served = True
        try:
            return lane.ask(task, self._stores.report, self._spread.rate)
        except ProcessLost:
            is_served = self._lose_one()
            raise
        finally:
            if is_served:
                self._free.put(lane)

    def _lose_one(self) -> bool:
        """Note that a lane's process is gone; whether the lane is needed none the less.

        It fails at once, and would be free before every other one: the rest of a run's tables would fail at it. The
        last one stays, so that whoever takes it is told, where without any it would wait for ever.
        """
        with self._lock:
            self._served -= 1
            return self._served < 1

    def _are_worth_it(self, weight: int) -> bool:
        if self._spread.wanted < 2:
            return False
        with self._lock:
            self._asked += weight
            if self._asked > self._spread.after and not self._started:
                self._start()
            return bool(self._started)

    def _start(self) -> None:
        spread = self._spread
        each = math.ceil(spread.files_at_once / spread.wanted)
        given = Given(self._stores.reached_by, spread.rate is not None)
        self._started = _all_or_none(spread.wanted, lambda: _Process(given, each))
        # One lane of each process in turn, so that a few files at once are a few processes.
        for lanes in zip_longest(*(process.lanes for process in self._started)):
            for lane in lanes:
                self._free.put(lane)
        self._served = self._free.qsize()


class _Process:
    """One process and the pipes to it."""

    def __init__(self, given: Given, lanes: int) -> None:
        pipes: list[tuple[Connection[Any, Any], Connection[Any, Any]]] = [Pipe() for _ in range(lanes + 1)]
        far = [there.fileno() for _, there in pipes]
        # What this process can import that one must: an archive or a test run has a path of its own.
        path = os.pathsep.join(filter(None, sys.path))
        self._process = subprocess.Popen(  # noqa: S603 - this very interpreter, and numbers
            [sys.executable, "-P", "-m", "bcn_core.processes.worker", *map(str, far)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=far,
            env={**os.environ, "PYTHONPATH": path},
        )
        for _, there in pipes:
            there.close()
        self._life = pipes[0][0]
        self.lanes = [Lane(self._process, here) for here, _ in pipes[1:]]
        with suppress(BrokenPipeError):  # it is gone already: its first task is told so
            self._life.send(given)

    def end(self) -> None:
        """Let it go: no task of it is under way any more, or none that anybody waits for."""
        self._life.close()
        for lane in self.lanes:
            lane.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_LAST_WORDS_SECONDS)
            return
        # It does not come to hear that it is to end: somebody stopped it, or a disk keeps it.
        self._process.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_LAST_WORDS_SECONDS)


def _all_or_none(count: int, start: Callable[[], _Process]) -> list[_Process]:
    started: list[_Process] = []
    try:
        while len(started) < count:
            started.append(start())
    except OSError as error:
        for process in started:
            process.end()
        raise ProcessLost(
            f"no more processes can be started: {error}",
            hint="raise the bound (ulimit -n, ulimit -u), or give a smaller --processes",
        ) from error
    return started
