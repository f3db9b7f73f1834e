"""Carrying out a page: real commands in a folder, their output held against what the page shows.

Ids that differ from run to run (PITs, UUIDs, digests, snapshot ids) are taken from the page as names: the first time
one is shown it is bound to what really came, and after that every command and output on the page means that one.
Sizes, times and durations need only their form. ``...`` in a line stands for any text, alone on a line for any lines.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.documentation.pages import Block, blocks_of, steps_of

SHOWN_FOLDER = "/data/try-bcn"
"""Where pages pretend to be; outputs show it in place of the real folder."""
_IDS = re.compile(
    r"\d{8}T\d{6}\.\d{3}Z"  # a PIT
    r"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"  # a UUID
    r"|\b[0-9a-f]{64}\b|\b\d{15,19}\b"  # a digest, a snapshot
)
_FORMS = {
    r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d)?": r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d)?",
    r"\d[\d.,]* (?:B|KiB|MiB)\b": r"\d[\d.,]* (?:B|KiB|MiB)",
    r"\b(?:\d+m)?\d+(?:\.\d+)?s\b": r"(?:\d+m)?\d+(?:\.\d+)?s",
    r"\.\.\.": ".*",
}
_PROGRAMS = {"python": "python - <<'END OF PROGRAM'\n{}END OF PROGRAM", "sh": "{}"}
_TOKENS = re.compile(f"{_IDS.pattern}|{'|'.join(_FORMS)}")


@dataclass
class Terminal:
    """A reader at work in one folder."""

    folder: Path
    known: dict[str, str] = field(default_factory=dict)

    def follow(self, page: Path) -> None:
        """Do all that a page says.

        Raises:
            AssertionError: a command ended otherwise, or showed something else, than the page says.
        """
        for block in blocks_of(page):
            self.do(block)

    def do(self, block: Block) -> None:
        """Save a block's file, or carry out its program or its commands."""
        if "file" in block.marks:
            (self.folder / block.marks["file"]).write_text(block.text)
        if block.language in _PROGRAMS and "run" in block.marks:
            shown, code = self.type(_PROGRAMS[block.language].format(block.text))
            assert code == 0, f"{block.place} ended with {code}:\n{shown}"
        if block.language == "console" and "run" in block.marks:
            steps = steps_of(block)
            for step in steps:
                expected_exit = int(block.marks.get("exit", 0)) if step is steps[-1] else 0
                shown, code = self.type(step.command)
                assert expected_exit == code, f"{block.place}: $ {step.command}\nended with {code}:\n{shown}"
                assert self.fits(step.output, shown), (
                    f"{block.place}: $ {step.command}\nthe page shows:\n{step.output}\n\nreally came:\n{shown}"
                )

    def type(self, command: str) -> tuple[str, int]:
        """Run a command of a page; what it shows on both streams, as the page would show it, and its exit code."""
        real = _IDS.sub(lambda found: self.known.get(found[0], found[0]), command)
        real = real.replace(SHOWN_FOLDER, str(self.folder))
        done = subprocess.run(
            ["bash", "-c", real],
            cwd=self.folder,
            env=_environment(self.folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.stdout.replace(str(self.folder), SHOWN_FOLDER), done.returncode

    def fits(self, expected: str, shown: str) -> bool:
        """Whether an output is what a page shows; binds the ids that the page shows for the first time."""
        names: dict[str, str] = {}
        pattern = "".join(self._line(line, names) for line in _lines(expected))
        found = re.fullmatch(pattern, "".join(f"{line}\n" for line in _lines(shown)))
        if found is None:
            return False
        self.known |= {name: found[group] for group, name in names.items()}
        return True

    def _line(self, line: str, names: dict[str, str]) -> str:
        if line == "...":
            return r"(?:.*\n)*?"
        parts, end = [], 0
        for token in _TOKENS.finditer(line):
            parts += [re.escape(line[end : token.start()]), self._token(token[0], names)]
            end = token.end()
        return "".join([*parts, re.escape(line[end:]), r"\n"])

    def _token(self, token: str, names: dict[str, str]) -> str:
        if _IDS.fullmatch(token):
            return self._id(token, names)
        return next(form for kind, form in _FORMS.items() if re.fullmatch(kind, token))

    def _id(self, name: str, names: dict[str, str]) -> str:
        if name in self.known:
            return re.escape(self.known[name])
        for group, seen in names.items():
            if seen == name:
                return f"(?P={group})"
        group = f"id{len(names)}"
        names[group] = name
        kind = next(kind for kind in _IDS.pattern.split("|") if re.fullmatch(kind, name))
        return f"(?P<{group}>{kind})"


def _lines(text: str) -> list[str]:
    """Lines as they are compared: the width of a column follows its longest cell, so runs of blanks are one."""
    lines = [re.sub(r" {2,}", "  ", line.rstrip()) for line in text.strip("\n").splitlines()]
    return [re.sub(r"(?<=\S)  (?=\S)", " ", line) for line in lines]


def _environment(folder: Path) -> dict[str, str]:
    """A plain terminal: no colours, wide enough that no path is folded, no settings of the machine."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("BCN_", "PYICEBERG_", "DAGSTER_"))
    }
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}"
    return kept | {
        "PATH": path,
        "PWD": str(folder),
        "COLUMNS": "200",
        "NO_COLOR": "1",
        "PYTHONWARNINGS": "ignore",
    }
