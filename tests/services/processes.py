"""Starting a server as a child of the test run, waiting until it answers, and stopping it, with its log at hand."""

import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

LOCAL = "127.0.0.1"
START_TIMEOUT_SECONDS = 120


def free_port(address: str = LOCAL) -> int:
    """A port of an address of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    command: Sequence[str | Path],
    port: int,
    log: Path,
    environment: Mapping[str, str] | None = None,
    address: str = LOCAL,
) -> Iterator[None]:
    """A server that runs while the block does. One that ends or does not answer is an error that shows its log."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=log.parent,
            env=dict(environment) if environment is not None else None,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait(process, (address, port), log)
            yield
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(process: "subprocess.Popen[bytes]", place: tuple[str, int], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}:\n{log.read_text()[-4000:]}")
        with socket.socket() as probe:
            if probe.connect_ex(place) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"the server did not answer on port {place[1]}:\n{log.read_text()[-4000:]}")
