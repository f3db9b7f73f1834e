"""A proxy on 127.0.0.1 that spoils HTTP between BCN and a real server: one fault, at one request, as the test says."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.services.processes import LOCAL

BUSY = (
    b"HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nConnection: close\r\nContent-Length: 64\r\n\r\n"
    b"<Error><Code>SlowDown</Code><Message>slow down</Message></Error>"
)
_PIECE = 1 << 16
Fault = Callable[["Exchange"], bytes | None]
"""What the client gets instead of the server's answer; None cuts the connection."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request as it came, and the way to the server."""

    request: bytes
    server: tuple[str, int]
    client: socket.socket
    passed: list["Exchange"] = field(default_factory=list)
    """What the server was asked so far, over all connections."""

    @property
    def method(self) -> str:
        return self.request.split(b" ", 1)[0].decode()

    def header(self, name: str) -> str:
        """A header's value; empty when it is not there."""
        for line in self.request.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]:
            found, _, value = line.partition(b":")
            if found.strip().lower() == name.lower().encode():
                return value.strip().decode()
        return ""

    @property
    def target(self) -> str:
        return self.request.split(b" ", 2)[1].decode()

    def answer(self) -> bytes:
        """Let the server do it; its whole answer."""
        self.passed.append(self)
        with socket.create_connection(self.server, timeout=30) as connection:
            connection.sendall(_closing(self.request))
            received = bytearray()
            while chunk := connection.recv(_PIECE):
                received += chunk
        return bytes(received)


def busy(_exchange: Exchange) -> bytes | None:
    """The server is not asked."""
    return BUSY


def cut(_exchange: Exchange) -> bytes | None:
    """The connection ends before the server is asked."""
    return None


def lost_answer(exchange: Exchange) -> bytes | None:
    """The server does it, and nobody hears of it."""
    exchange.answer()
    return None


def failed_after(exchange: Exchange) -> bytes | None:
    """The server does it and a proxy on the way says 503."""
    exchange.answer()
    return BUSY


def truncated(exchange: Exchange) -> bytes | None:
    """The answer ends in the midst of its body."""
    answer = exchange.answer()
    head, _, body = answer.partition(b"\r\n\r\n")
    return head + b"\r\n\r\n" + body[: len(body) // 2]


def delayed(exchange: Exchange) -> bytes | None:
    """The server does it, and its answer takes longer than the client waits."""
    exchange.answer()
    while exchange.client.recv(_PIECE):
        continue
    return None


def duplicated(exchange: Exchange) -> bytes | None:
    """The server gets the request twice; the client hears the second answer."""
    exchange.answer()
    return exchange.answer()


FAULTS: tuple[Fault, ...] = (busy, cut, lost_answer, failed_after, duplicated, truncated, delayed)
"""All of them: what a call to a store must survive."""


def of(method: str, part: str = "") -> Callable[[Exchange], bool]:
    """Tells whether a request is meant: by its method and a part of its target."""
    return lambda exchange: exchange.method == method and part in exchange.target


@dataclass
class Wire:
    """Faults wait for the first requests that they are meant for; ``fired`` says which came to pass.

    ``bytes_per_second``: what the line takes from the client, where that matters. With ``certificate`` the client's
    half of the line speaks TLS.
    """

    address: str
    bytes_per_second: int | None = None
    certificate: ssl.SSLContext | None = None
    faults: list[tuple[Callable[[Exchange], bool], Fault]] = field(default_factory=list)
    fired: list[str] = field(default_factory=list)
    passed: list[Exchange] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def spoil(self, fault: Fault, when: Callable[[Exchange], bool], times: int = 1) -> None:
        """Spoil the next requests that fit."""
        self.faults.extend([(when, fault)] * times)

    def handle(self, exchange: Exchange) -> bytes | None:
        with self._lock:
            found = next((one for one in self.faults if one[0](exchange)), None)
            if found:
                self.faults.remove(found)
                self.fired.append(found[1].__name__)
        return found[1](exchange) if found else exchange.answer()


@contextmanager
def spoiled(
    endpoint: str, *, bytes_per_second: int | None = None, certificate: ssl.SSLContext | None = None
) -> Iterator[Wire]:
    """A wire to the server at ``http://host:port``; every connection carries one request."""
    host, _, port = endpoint.removeprefix("http://").partition(":")
    with socket.create_server((LOCAL, 0)) as listening:
        if bytes_per_second:
            # What waits in the machine's own buffers is on its way, for the client.
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _PIECE)
        scheme = "https" if certificate else "http"
        address = f"{scheme}://{LOCAL}:{listening.getsockname()[1]}"
        wire = Wire(address, bytes_per_second, certificate)
        serving = threading.Thread(target=_serve, args=(listening, wire, (host, int(port))), daemon=True)
        serving.start()
        yield wire
        # Closing alone does not wake a thread that waits in accept().
        listening.shutdown(socket.SHUT_RDWR)
        serving.join()


def _serve(listening: socket.socket, wire: Wire, server: tuple[str, int]) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listening.accept()
            threading.Thread(target=_exchange, args=(connection, wire, server), daemon=True).start()


def _exchange(accepted: socket.socket, wire: Wire, server: tuple[str, int]) -> None:
    with suppress(OSError), _spoken(accepted, wire.certificate) as connection:
        request = _read_request(connection, wire.bytes_per_second)
        if request:
            answer = wire.handle(Exchange(request, server, connection, wire.passed))
            connection.sendall(_closing(answer) if answer else b"")


def _spoken(accepted: socket.socket, certificate: ssl.SSLContext | None) -> socket.socket:
    return certificate.wrap_socket(accepted, server_side=True) if certificate else accepted


def _read_request(connection: socket.socket, bytes_per_second: int | None) -> bytes:
    received = bytearray()
    while b"\r\n\r\n" not in received:
        chunk = connection.recv(_PIECE)
        if not chunk:
            return b""
        received += chunk
    head, _, body = bytes(received).partition(b"\r\n\r\n")
    if b"expect: 100-continue" in head.lower():
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    rest = bytearray(body)
    while len(rest) < _length(head) and (chunk := connection.recv(_PIECE)):
        rest += chunk
        if bytes_per_second:
            time.sleep(len(chunk) / bytes_per_second)
    return head + b"\r\n\r\n" + bytes(rest)


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return 0


def _closing(message: bytes) -> bytes:
    """The same message on a connection that ends with it, and without waiting for a 100 that was given already."""
    head, _, body = message.partition(b"\r\n\r\n")
    lines = [
        line
        for line in head.split(b"\r\n")
        if not line.lower().startswith((b"connection:", b"expect:", b"keep-alive:"))
    ]
    return b"\r\n".join([*lines, b"Connection: close", b"", b""]) + body
