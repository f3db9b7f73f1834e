"""One command measured as its user pays for it: wall and CPU seconds, peak memory, bytes that crossed its file calls.

A small process stands between: it starts the command, and reads its /proc entry after it ended and before it is
reaped, so its counts are whole. Without it, Linux tells the memory of the benchmark's own process as the least peak of
whatever it starts. Linux alone has these counts.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from time import perf_counter

REFUSED = "{command} ended with {code}:\n{said}"


@dataclass(frozen=True, slots=True)
class Cost:
    """What one command took. Bytes are those of its read and write calls, page cache included, sockets mostly not."""

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
    with NamedTemporaryFile() as report:
        between = [sys.executable, "-I", "-S", __file__, report.name]
        ended = subprocess.run(
            [*between, *map(str, command)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, **(environment or {})},
            cwd=cwd,
            check=False,
        )
        if ended.returncode:
            raise RuntimeError(
                REFUSED.format(command=command[0], code=ended.returncode, said=ended.stdout[-2000:])
            )
        return Cost(**json.load(report), said=ended.stdout)


def _stand_between(report: str, command: list[str]) -> int:
    started = perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    seconds = perf_counter() - started
    moved = dict(line.split(": ") for line in Path(f"/proc/{child}/io").read_text().splitlines())
    _, status, used = os.wait4(child, 0)
    told = {
        "seconds": seconds,
        "cpu_seconds": used.ru_utime + used.ru_stime,
        "peak_megabytes": used.ru_maxrss / 1024,
        "bytes_read": int(moved["rchar"]),
        "bytes_written": int(moved["wchar"]),
    }
    Path(report).write_text(json.dumps(told))
    return os.waitstatus_to_exitcode(status)


def cheapest(run: Callable[[], Cost], times: int = 3) -> Cost:
    """The run that took the least wall time of some: the one that others on the machine disturbed least."""
    return min((run() for _ in range(times)), key=lambda cost: cost.seconds)


def bcn() -> Path:
    """The bcn command of the interpreter that runs the benchmark."""
    return Path(sys.executable).parent / "bcn"


if __name__ == "__main__" and len(sys.argv) > 2:
    sys.exit(_stand_between(sys.argv[1], sys.argv[2:]))
