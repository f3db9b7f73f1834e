"""Bodies of requests that are sent piece by piece.

A socket's timeout bounds the time that *all* bytes of one call to it may take. A part of 16 MiB, sent by one call, is
given up on lines that take some Mbit/s, each time it is tried; of a piece that takes as long, nobody waits any more.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

_PIECE_BYTES = 256 * 1024
_CONNECTIONS = 64


class Pieces:
    """Bytes in pieces, for HTTP libraries that send what can be iterated; may be sent again."""

    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)

    def __len__(self) -> int:
        return len(self._data)

    def __iter__(self) -> Iterator[memoryview]:
        starts = range(0, len(self._data), _PIECE_BYTES)
        return (self._data[start : start + _PIECE_BYTES] for start in starts)


def sending_in_pieces(session: Any) -> Any:
    """A session of the requests library that sends its bodies so, and keeps connections for many threads."""
    for scheme in ("http://", "https://"):
        session.mount(scheme, _adapter()(pool_connections=8, pool_maxsize=_CONNECTIONS))
    return session


@lru_cache
def _adapter() -> Any:
    from requests.adapters import HTTPAdapter

    class InPieces(HTTPAdapter):  # type: ignore[misc]
        def send(self, request: Any, *arguments: Any, **options: Any) -> Any:
            # Its Content-Length has been set already.
            if isinstance(request.body, bytes) and request.body:
                request.body = Pieces(request.body)
            return super().send(request, *arguments, **options)

    return InPieces
