"""Ctrl-C and SIGTERM: stop soon, leave nothing half done, exit with 130 or 143."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

_SAID = b"bcn: stopping when the files under way are done; the same signal again stops at once\n"
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(BaseException):
    """A signal asked for the end. No Exception: nothing that handles failures may swallow it."""

    def __init__(self, number: int) -> None:
        super().__init__(f"stopped by {signal.Signals(number).name}")
        self.exit_code = 128 + number


class Stopping:
    """Turns the first signal into :class:`Stopped`, in the main thread and wherever work reports its progress.

    The main thread alone would wait for its workers, which may have hours of copying before them; a worker that
    reports a file ends there. The second signal ends the process: the pin of a dead process is in nobody's way.
    """

    def __init__(self) -> None:
        self._received = 0

    def check(self) -> None:
        """Raise Stopped when a signal has come."""
        if self._received:
            raise Stopped(self._received)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Listen while the block runs. Only the main thread can; elsewhere the host's own handling stays."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._on_signal) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self._received:
            os._exit(128 + number)
        self._received = number
        # Not through sys.stderr: the signal may have come in the midst of a write to it.
        with suppress(OSError):
            os.write(2, _SAID)
        self.check()
