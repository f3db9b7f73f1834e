"""How one run of the command speaks: one JSON document or tables on stdout, the rest on stderr."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bcn_core.cli.stopping import Stopping
from bcn_core.errors import BcnError

VERSION = 1
"""Of all documents together; a field that goes away, or means something else, makes it grow."""
NO_COMMAND = "bcn error"
"""What stands for the command in a document that fails before its command is known."""


def document_id(command: str) -> str:
    """What says of which form a document is, and the ``$id`` of its schema: ``urn:bcn:list:1`` of ``bcn list``."""
    return ":".join(["urn", "bcn", *command.split()[1:], str(VERSION)])


@dataclass
class Manner:
    """What every command of one run shares. With ``as_json`` the document is printed once, at the end."""

    as_json: bool = False
    debug: bool = False
    verbose: bool = False
    command: str = NO_COMMAND
    stopping: Stopping = field(default_factory=Stopping)
    document: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, arguments: Sequence[str]) -> "Manner":
        """Read from the raw arguments, since errors in the arguments themselves are told in the same manner."""
        return cls(as_json="--json" in arguments, debug="--debug" in arguments)

    def answer(self, document: Mapping[str, Any]) -> None:
        """Add to the document; values are plain JSON already."""
        self.document.update(document)

    def fail(self, kind: str, code: int, message: str, hint: str = "") -> int:
        """Say what went wrong, and give the exit code."""
        self.document["error"] = {"kind": kind, "code": code, "message": message, "hint": hint}
        self.complain(message, hint)
        return code

    def fail_with(self, error: BcnError) -> int:
        """Say an error of the engine."""
        return self.fail(type(error).__name__, error.exit_code, error.message, error.hint)

    def complain(self, message: str, hint: str) -> None:
        """Say a problem in the one form that all have, on stderr."""
        self.say(f"bcn: {message}" + (f"\nHINT: {hint}" if hint else ""))

    def advise(self, hint: str) -> None:
        """Say what to do next after a run that ended with problems; a document says it by itself."""
        if not self.as_json:
            self.say(f"HINT: {hint}")

    def say(self, text: str) -> None:
        """One or more lines for people, on stderr."""
        from bcn_core.cli.drawing import printable

        # One write: lines of several threads must not meet in the middle.
        sys.stderr.write("".join(f"{printable(line)}\n" for line in text.split("\n")))
        sys.stderr.flush()

    def finish(self) -> None:
        """Print the document."""
        if self.as_json:
            from bcn_core.repository.encoding import as_utf8

            document = {"format": document_id(self.command), **self.document}
            # A stdout of another encoding spells out what it does not know in a way that is no JSON.
            in_ascii = (sys.stdout.encoding or "utf-8").lower() != "utf-8"
            print(as_utf8(json.dumps(document, indent=1, ensure_ascii=in_ascii)).decode(), flush=True)  # noqa: T201
