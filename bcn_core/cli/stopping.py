"""Ctrl-C and SIGTERM: stop soon, leave nothing half done, exit with 130 or 143."""

import os
import signal
import socket
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
    reports a file ends there. A thread of its own reads which signals came: the main thread's wait is not always
    woken by one (polars' import gives SIGINT a handler that restarts the wait). The second signal ends the process:
    the pin of a dead process is in nobody's way.
    """

    def __init__(self) -> None:
        self._received = 0

    def check(self) -> None:
        """End the work where a signal has come.

        Raises:
            Stopped: it has.
        """
        if self._received:
            raise Stopped(self._received)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Listen while the block runs. Only the main thread can; elsewhere the host's own handling stays."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        came, told = socket.socketpair()
        told.setblocking(False)
        before = {number: signal.signal(number, _stop) for number in _SIGNALS}
        former = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
        threading.Thread(target=self._listen, args=(came,), daemon=True).start()
        try:
            yield
        finally:
            signal.set_wakeup_fd(former)
            for number, handler in before.items():
                signal.signal(number, handler)
            told.close()

    def _listen(self, came: socket.socket) -> None:
        with came:
            while number := came.recv(1):
                self._receive(number[0])

    def _receive(self, number: int) -> None:
        if number not in _SIGNALS:
            return
        if self._received:
            os._exit(128 + number)
        self._received = number
        # Not through sys.stderr: whoever was interrupted in the midst of a write holds its lock.
        with suppress(OSError):
            os.write(2, _SAID)


def _stop(number: int, _frame: FrameType | None) -> None:
    raise Stopped(number)
