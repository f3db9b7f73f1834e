"""The command at a real terminal of 80 columns, as the kernel makes one."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Shown:
    """What came out: on the terminal, and through a pipe where stdout was one."""

    terminal: str
    piped: str
    code: int


def typed(folder: Path, *arguments: str, pipe: bool = False, **environment: str) -> Shown:
    """Run ``bcn`` in a folder; with ``pipe`` only stderr is the terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
    kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")}
    process = subprocess.Popen(
        [sys.executable, "-m", "bcn_core.cli", *arguments],
        cwd=folder,
        env=kept | {"PYTHONPATH": str(ROOT), "TERM": "xterm-256color"} | environment,
        stdin=theirs,
        stdout=subprocess.PIPE if pipe else theirs,
        stderr=theirs,
    )
    os.close(theirs)
    terminal = _read(ours)
    piped = process.stdout.read().decode() if process.stdout else ""
    code = process.wait()
    os.close(ours)
    return Shown(terminal, piped, code)


def _read(descriptor: int) -> str:
    """All that is written until the last writer has gone, which the kernel tells as an error."""
    parts: list[bytes] = []
    while True:
        try:
            part = os.read(descriptor, 65536)
        except OSError:
            part = b""
        if not part:
            return b"".join(parts).decode().replace("\r\n", "\n")
        parts.append(part)
