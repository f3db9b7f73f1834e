"""The blocks of a Markdown page: commands with their output, and files that a reader is told to save.

A page is followed from top to bottom, in one folder, as its reader would follow it. A block marked
``run`` is carried out, one marked ``not-run="why"`` is not. ``exit=3`` says that the last command of
a block ends with 3.
"""

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

_FENCE = re.compile(r"^```(\w+)([^\n`]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block; ``line`` is where it begins, ``marks`` are the words after its language."""

    page: Path
    line: int
    language: str
    marks: dict[str, str] = field(default_factory=dict)
    text: str = ""

    @property
    def place(self) -> str:
        return f"{self.page.name}:{self.line}"


@dataclass(frozen=True, slots=True)
class Step:
    """A command as it is typed, and what the page shows below it."""

    command: str
    output: str


def blocks_of(page: Path) -> list[Block]:
    """All fenced blocks of a page that name a language."""
    text = page.read_text()
    return [
        Block(page, text.count("\n", 0, found.start()) + 1, found[1], _marks(found[2]), found[3])
        for found in _FENCE.finditer(text)
    ]


def _marks(text: str) -> dict[str, str]:
    pairs = (mark.partition("=") for mark in shlex.split(text))
    return {name: value for name, _, value in pairs}


def steps_of(block: Block) -> list[Step]:
    """The commands of a console block; a line that ends in a backslash goes on."""
    steps: list[Step] = []
    command: list[str] = []
    output: list[str] = []
    for line in block.text.splitlines():
        if command and command[-1].endswith("\\"):
            command.append(line)
        elif line.startswith("$ "):
            _finish(steps, command, output)
            command, output = [line[2:]], []
        else:
            output.append(line)
    _finish(steps, command, output)
    return steps


def _finish(steps: list[Step], command: list[str], output: list[str]) -> None:
    if command:
        steps.append(Step("\n".join(command), "\n".join(output)))
