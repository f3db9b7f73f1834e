"""A real ``bcn backup``, killed with SIGKILL at random moments, over and over."""

import random
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from bcn_core.repository.repository import Repository
from bcn_core.storage.local import LocalStore
from bcn_core.verify import EVERYTHING, verify_repository
from tests.warehouse.source import NAME, Place, append, make

_TOML = """
[repository]
url = "{folder}/repository"

[catalogs.{name}]
type = "sql"
uri = "{place.uri}"
warehouse = "file://{place.warehouse}"
"""


@dataclass
class Killing:
    """A source that grows, its repository, and how the kills went."""

    folder: Path
    moments: random.Random
    kills: int = 0
    faster: int = 0
    losses: list[str] = field(default_factory=list)
    _seconds: float = 1.0

    @classmethod
    def of(cls, folder: Path, seed: int) -> "Killing":
        """Three tables, and a first PIT; how long that takes says when to kill."""
        found = cls(folder, random.Random(seed))
        for number in range(3):
            append(make(found.source.pyiceberg(), f"sales.t{number}"), 0)
        (folder / "bcn.toml").write_text(_TOML.format(folder=folder, name=NAME, place=found.source))
        found.run("init", "--catalog", NAME)
        started = time.monotonic()
        found.run("backup")
        found._seconds = time.monotonic() - started
        return found

    @property
    def source(self) -> Place:
        return Place(self.folder / "source")

    def run(self, *arguments: str) -> str:
        """The command to its end; what it complained of, empty when it did not."""
        done = subprocess.run(
            self._line(*arguments), cwd=self.folder, capture_output=True, text=True, check=False
        )
        return (
            "" if done.returncode == 0 else f"bcn {arguments[0]} ended with {done.returncode}: {done.stderr}"
        )

    def kill(self) -> None:
        """New rows in each table, a backup that is killed, a look at every byte, and the plain run after it."""
        for number in range(3):
            append(self.source.pyiceberg().load_table(f"sales.t{number}"), self.kills * 10)
        process = subprocess.Popen(
            self._line("backup"), cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(self._seconds * self.moments.uniform(0.3, 0.9))
        process.kill()
        if process.wait() == 0:
            self.faster += 1
        else:
            self.kills += 1
        self._look("after the kill")
        problem = self.run("backup")
        self.losses.extend([problem] if problem else [])

    def end(self) -> None:
        """Look at everything once more."""
        self._look("in the end")

    def _look(self, when: str) -> None:
        repository = Repository.open(LocalStore(self.folder / "repository"))
        found = verify_repository(repository, EVERYTHING, lambda _: None)
        self.losses.extend(f"{when} {self.kills}: {fault.key} {fault.problem}" for fault in found.faults)

    def _line(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "bcn_core.cli", *arguments]
