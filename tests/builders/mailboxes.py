"""Servers of this process that take what alerts send: one speaks HTTP, one SMTP; each keeps what it was told."""

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Mailbox:
    """What arrived; ``answers`` are the status codes of the next answers, 200 when there are none left."""

    port: int = 0
    arrived: list[dict[str, Any]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"


@contextmanager
def http_server() -> Iterator[Mailbox]:
    """A server that takes JSON by POST."""
    box = Mailbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            box.arrived.append({"body": body, "authorization": self.headers["Authorization"]})
            self.send_response(box.answers.pop(0) if box.answers else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Location", box.url)
            self.end_headers()
            self.wfile.write(b"{}")

        def do_GET(self) -> None:
            """A page, as those see it who follow a redirect."""
            box.arrived.append({"body": None, "authorization": self.headers["Authorization"]})
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        box.port = server.server_port
        yield from _served(server, box)


@contextmanager
def smtp_server() -> Iterator[Mailbox]:
    """A server that takes letters, and any login."""
    box = Mailbox()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 mail")
            said: dict[str, Any] = {"to": []}
            while line := self.rfile.readline().decode().rstrip("\r\n"):
                self._say(self._answer(line, said))

        def _answer(self, line: str, said: dict[str, Any]) -> str:
            verb = line.upper()
            if verb.startswith("EHLO"):
                return "250-mail\r\n250 AUTH PLAIN"
            if verb.startswith("AUTH"):
                said["login"] = line
                return "235 welcome"
            if verb.startswith("RCPT"):
                said["to"].append(line.partition(":")[2].strip("<>"))
            if verb == "DATA":
                self._say("354 go on")
                lines = iter(lambda: self.rfile.readline().decode().rstrip("\r\n"), ".")
                box.arrived.append({**said, "letter": "\n".join(lines)})
            return "221 bye" if verb == "QUIT" else "250 well"

        def _say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        box.port = server.server_address[1]
        yield from _served(server, box)


def _served(server: socketserver.BaseServer, box: Mailbox) -> Iterator[Mailbox]:
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield box
    finally:
        server.shutdown()
        thread.join()
