"""One pipe to a process: a task goes there, and this end waits for what comes of it."""

import subprocess
from multiprocessing.connection import Connection
from typing import Any, TypeVar, cast

from bcn_core.events import Report
from bcn_core.processes.talking import Done, Failed, ProcessLost, Told, Wanted
from bcn_core.processes.tasks import Task
from bcn_core.storage.throttling import Rate

O = TypeVar("O")  # noqa: E741
_WAIT_SECONDS = 10


class Lane:
    """Tasks for a process, one after the other."""

    def __init__(self, process: "subprocess.Popen[bytes]", pipe: "Connection[Any, Any]") -> None:
        self._process = process
        self._pipe = pipe

    def ask(self, task: Task[O], report: Report, rate: Rate | None) -> O:
        """Have a task done; what the process tells meanwhile is reported here.

        Raises:
            ProcessLost: the process is gone.
        """
        self._tell(task)
        while not isinstance(said := self._hear(), Done | Failed):
            try:
                if isinstance(said, Told):
                    report(said.event)
                elif rate is not None:
                    rate.take(said.bytes)
                    self._tell(None)
            except BaseException:
                # The run ends here. What the process still has to say would be taken for the next task's.
                self.close()
                raise
        if isinstance(said, Failed):
            raise said.error
        return cast("O", said.result)

    def close(self) -> None:
        """End it; the process gives up what it does for it when it next has something to say."""
        self._pipe.close()

    def _tell(self, said: object) -> None:
        try:
            self._pipe.send(said)
        except OSError as error:
            raise self._lost() from error

    def _hear(self) -> Told | Wanted | Done | Failed:
        try:
            return cast("Told | Wanted | Done | Failed", self._pipe.recv())
        except (EOFError, OSError) as error:
            raise self._lost() from error

    def _lost(self) -> ProcessLost:
        return ProcessLost(
            f"a process that copies files is gone: {self._end()}",
            hint="run the same command again: what was copied is not copied again; when memory was the cause "
            "(the system's log tells), with a smaller --processes or --concurrency",
        )

    def _end(self) -> str:
        try:
            code = self._process.wait(_WAIT_SECONDS)
        except subprocess.TimeoutExpired:
            return f"process {self._process.pid} closed its pipe"
        return f"process {self._process.pid} was ended by signal {-code}" if code < 0 else f"exit code {code}"
