"""One command measured as its user pays for it: wall and CPU seconds, peak memory, bytes that crossed its file calls.

The child's /proc entry is read after it ended and before it is reaped, so its counts are whole. Linux alone has them.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

REFUSED = "{command} ended with {code}:\n{said}"


@dataclass(frozen=True, slots=True)
class Cost:
    """What one command took. Bytes are those of its read and write calls, sockets and page cache included."""

    seconds: float
    cpu_seconds: float
    peak_megabytes: float
    bytes_read: int
    bytes_written: int
    said: str


def measured(
    command: Sequence[str | Path], environment: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Cost:
    """Run a command to its end and tell its cost; RuntimeError with what it said when it fails.

    Children that the command waited for are counted in its CPU seconds and bytes; peak memory is of the largest one.
    """
    started = perf_counter()
    child = subprocess.Popen(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **(environment or {})},
        cwd=cwd,
    )
    said = child.stdout.read() if child.stdout else ""
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    seconds = perf_counter() - started
    moved = dict(line.split(": ") for line in Path(f"/proc/{child.pid}/io").read_text().splitlines())
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(REFUSED.format(command=command[0], code=child.returncode, said=said[-2000:]))
    return Cost(
        seconds=seconds,
        cpu_seconds=used.ru_utime + used.ru_stime,
        peak_megabytes=used.ru_maxrss / 1024,
        bytes_read=int(moved["rchar"]),
        bytes_written=int(moved["wchar"]),
        said=said,
    )


def cheapest(run: Callable[[], Cost], times: int = 3) -> Cost:
    """The run that took the least wall time of some: the one that others on the machine disturbed least."""
    return min((run() for _ in range(times)), key=lambda cost: cost.seconds)


def bcn() -> Path:
    """The bcn command of the interpreter that runs the benchmark."""
    return Path(sys.executable).parent / "bcn"
