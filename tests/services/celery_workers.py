"""Celery as Dagster uses it: a broker, and workers that take the steps of runs."""

import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.services.processes import LOCAL, START_TIMEOUT_SECONDS, free_port, running


@contextmanager
def running_redis(folder: Path, address: str = LOCAL) -> Iterator[str]:
    """A broker with a password; its URL."""
    port, password = free_port(address), secrets.token_hex(8)
    place = ["--bind", address, "--port", str(port), "--requirepass", password]
    command = ["redis-server", *place, "--save", "", "--dir", str(folder)]
    with running(command, port, folder / "redis.log", address=address):
        yield f"redis://:{password}@{address}:{port}/0"


def worker_command(config: Path, processes: int) -> list[str]:
    """What starts a worker of so many processes; ``config`` names the broker."""
    start = ["dagster-celery", "worker", "start", "-A", "dagster_celery.app", "-y", str(config)]
    return [*start, "--", f"--concurrency={processes}"]


@contextmanager
def running_worker(
    command: Sequence[str | Path], home: Path, environment: Mapping[str, str]
) -> Iterator[None]:
    """A worker that takes steps while the block runs; it writes to a log in its home."""
    log = home / "worker.log"
    with log.open("wb") as output:
        worker = subprocess.Popen(
            command,
            cwd=home,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        _wait(worker, log)
        yield
    finally:
        with suppress(ProcessLookupError):
            os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


def _wait(worker: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < until and worker.poll() is None:
        if " ready." in log.read_text():
            return
        time.sleep(0.2)
    raise RuntimeError(f"the worker is not ready:\n{log.read_text()[-4000:]}")
