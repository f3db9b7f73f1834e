"""A real `bcn backup` that stands still in the midst of a copy.

A data file of the source is a named pipe, so the copy waits until the test lets it go on.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.builders.command_line import CommandLine


@dataclass(frozen=True)
class Blocked:
    """A backup that waits for a file of its source."""

    line: CommandLine
    process: subprocess.Popen[str]
    pipe: Path
    content: bytes

    def hear(self, words: str) -> None:
        """Read stderr until a line holds some words."""
        assert self.process.stderr is not None
        while words not in (line := self.process.stderr.readline()):
            assert line, "the process ended before it said so"

    def let_go(self) -> None:
        """Give the waiting copy its file, and put the file itself back."""
        self.pipe.write_bytes(self.content)
        self.put_back()

    def put_back(self) -> None:
        """Put the file back; nobody waits for it any more."""
        self.pipe.unlink()
        self.pipe.write_bytes(self.content)

    @contextmanager
    def reader(self) -> Iterator[int]:
        """The process of the backup that has the file open, and waits for its bytes until the block ends."""
        writer = self._writer()
        try:
            yield self._reader()
        finally:
            os.close(writer)

    def _writer(self) -> int:
        """The other end of the pipe, which can be opened once somebody reads."""
        while True:
            with suppress(OSError):
                return os.open(self.pipe, os.O_WRONLY | os.O_NONBLOCK)
            assert self.process.poll() is None, "the backup ended"

    def _reader(self) -> int:
        """It reads already, and its number for the file follows."""
        while not (found := [pid for pid in self._children() if _has_open(pid, self.pipe)]):
            assert self.process.poll() is None, "the backup ended"
        return found[0]

    def _children(self) -> list[int]:
        told = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return [int(pid) for file in told for pid in file.read_text().split()]


@contextmanager
def blocked_backup(lake: CommandLine, *options: str) -> Iterator[Blocked]:
    """A first backup of the lake that waits for a file of ``sales.orders``."""
    pipe = lake.data_file("sales.orders")
    content = pipe.read_bytes()
    pipe.unlink()
    os.mkfifo(pipe)
    process = lake.start("backup", "--repo", "repo", "--catalog", "prod", "-v", *options)
    found = Blocked(lake, process, pipe, content)
    try:
        found.hear("sales.orders: 1 file to copy")
        yield found
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def _has_open(pid: int, file: Path) -> bool:
    try:
        opened = {os.readlink(one) for one in Path(f"/proc/{pid}/fd").iterdir()}  # noqa: PTH115 - such as socket:[7]
    except FileNotFoundError:  # it closed one, or ended, while this looked
        return False
    return str(file) in opened
