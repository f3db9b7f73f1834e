"""Connections to one host of S3, kept after use: the standard library's, which take a third of urllib3's CPU."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from types import TracebackType
from typing import Self

from bcn_core.storage.pieces import Pieces
from bcn_core.storage.s3_errors import FAILED_ON_THE_WAY

_MOST_IDLE = 64
_FIRST_REFUSAL = 300


@dataclass(frozen=True, slots=True)
class Host:
    """Where connections lead, and how long is waited: for a connection, and for an answer, in seconds.

    Without a context the connection is a plain one.
    """

    name: str
    connect_timeout: float
    read_timeout: float
    context: ssl.SSLContext | None


class Connections:
    """Connections to one host; any thread may ask, and has a connection for itself until the answer is read."""

    def __init__(self, host: Host) -> None:
        self._host = host
        # Taking from and putting onto the end of a list are atomic; the last one used is the least likely stale.
        self._idle: list[HTTPConnection] = []

    def ask(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> "Answer":
        """Send one request; its answer, of which status and headers have been read.

        Raises:
            OSError: the connection failed. Whether the request was carried out is not known.
        """
        connection = self._taken()
        try:
            return Answer(self, connection, _answered(connection, method, target, headers, body))
        except BaseException as error:
            connection.close()
            if isinstance(error, HTTPException) and not isinstance(error, OSError):
                raise ConnectionError(FAILED_ON_THE_WAY.format(type(error).__name__, error)) from error
            raise

    def keep(self, connection: HTTPConnection) -> None:
        """Put back a connection whose answer was read to its end."""
        if connection.sock is not None and len(self._idle) < _MOST_IDLE:
            self._idle.append(connection)
        else:
            connection.close()

    def _taken(self) -> HTTPConnection:
        from urllib3.util.wait import wait_for_read

        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:
                break
            # An idle connection has nothing to say but that the server has closed it.
            if connection.sock is not None and not wait_for_read(connection.sock, timeout=0):
                return connection
            connection.close()
        return self._opened()

    def _opened(self) -> HTTPConnection:
        host = self._host
        connection = (
            HTTPSConnection(host.name, timeout=host.connect_timeout, context=host.context)
            if host.context
            else HTTPConnection(host.name, timeout=host.connect_timeout)
        )
        connection.connect()
        connection.sock.settimeout(host.read_timeout)
        return connection


def _answered(
    connection: HTTPConnection, method: str, target: str, headers: Mapping[str, str], body: bytes | None
) -> HTTPResponse:
    sized = {**headers, "Content-Length": str(len(body))} if body is not None else dict(headers)
    try:
        connection.request(method, target, Pieces(body) if body else body, sized)
    except ConnectionError:
        # A server may say no before it has heard all, and hang up.
        early = connection.getresponse()
        if early.status < _FIRST_REFUSAL:
            raise
        return early
    return connection.getresponse()


class Answer:
    """What a server answers. Leaving it gives its connection back, or closes it when the body was not read."""

    def __init__(self, connections: Connections, connection: HTTPConnection, response: HTTPResponse) -> None:
        self._connections = connections
        self._connection = connection
        self._response = response

    @property
    def status(self) -> int:
        return self._response.status

    @property
    def headers(self) -> Message:
        return self._response.headers

    def read(self, size: int | None = None) -> bytes:
        """At most so many bytes of the body, or all that are left; fewer at the end, and where it breaks off."""
        try:
            return self._response.read(size)
        except HTTPException as error:
            raise ConnectionError(FAILED_ON_THE_WAY.format(type(error).__name__, error)) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._response.isclosed():
            self._connections.keep(self._connection)
        else:
            self._response.close()
            self._connection.close()
