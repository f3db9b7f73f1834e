"""The process that does tasks of another one: ``python -m bcn_core.processes.worker LIFE LANE...`` (open pipes).

It does one task at a time for each lane, and ends at once when the process that started it has ended or closed LIFE.
"""

import os
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection

from bcn_core.errors import BcnError
from bcn_core.events import Event
from bcn_core.processes.talking import Done, Failed, Given, Told, Wanted
from bcn_core.processes.tasks import Task
from bcn_core.storage.opening import Stores, as_it_is
from bcn_core.storage.throttling import Throttled


def main(arguments: Sequence[str]) -> None:
    """Serve until the other process has no more work, or is no more."""
    # Ctrl-C reaches all processes of a terminal, and a service manager ends all of a unit: the first one decides.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    life, *lanes = (Connection(int(number)) for number in arguments)
    try:
        given: Given = life.recv()
    except (EOFError, OSError):  # the other process ended as soon as it had started this one
        return
    office = _Office()
    stores = Stores((lambda store: Throttled(store, office)) if given.has_rate else as_it_is, given.options)
    stores.report = office.report
    for lane in lanes:
        threading.Thread(target=office.serve, args=(lane, stores), daemon=True).start()
    try:
        life.recv()
    except (EOFError, OSError):
        # No thread is waited for: whoever gave it its task does not wait for it either.
        os._exit(0)


class _Office:
    """Each thread serves its own lane, so what it says while it works goes there."""

    def __init__(self) -> None:
        self._own = threading.local()

    def serve(self, lane: Connection, stores: Stores) -> None:
        self._own.lane = lane
        # Whatever ends it: a lane that stays open and is served by nobody would keep the other end waiting for ever.
        # That it was closed at the other end is no failure: nobody waits for this one any more.
        with lane, suppress(EOFError, OSError):
            while True:
                task = lane.recv()
                lane.send(_outcome(task, stores))

    def report(self, event: Event) -> None:
        self._own.lane.send(Told(event))

    def take(self, count: int) -> None:
        self._own.lane.send(Wanted(count))
        self._own.lane.recv()


def _outcome(task: Task[object], stores: Stores) -> Done | Failed:
    """What came of a task. Any error goes back, and is the other process's to judge."""
    try:
        return Done(task.run(stores))
    except BcnError as error:
        return Failed(error)
    except Exception as error:  # noqa: BLE001 - it must not end the lane; raised anew where the task came from
        return Failed(RuntimeError(f"{type(error).__name__}: {error}"))


if __name__ == "__main__":
    main(sys.argv[1:])
