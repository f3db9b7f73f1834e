"""Reading an object to its end, however often the connection breaks off, and never as a mixture of two versions."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bcn_core.errors import StorageFailure
from bcn_core.storage.retrying import Retries


@dataclass(frozen=True, slots=True)
class Body:
    """An object's bytes from somewhere on, the version that they are of, and the whole object's size in bytes."""

    chunks: Iterator[bytes]
    version: str | None
    size: int


def resumed(shown: str, retries: Retries, opened: Callable[[int, str | None], Body]) -> Iterator[bytes]:
    """All chunks of an object. A body that breaks off is taken up where it ended, at the same version.

    ``opened`` gives the body from a byte on; asked for a version that is gone, it raises ObjectMissing.

    Raises:
        StorageFailure: the body breaks off more often than it is asked for again.
    """
    done, version, attempt = 0, None, 0
    while True:
        try:
            body = opened(done, version)
            version = body.version
            for chunk in body.chunks:
                done += len(chunk)
                attempt = 0
                yield chunk
            if done == body.size:
                return
            raise StorageFailure(f"{shown} broke off after {done} of {body.size} bytes")
        except StorageFailure as error:
            attempt += 1
            if not error.retryable or attempt >= retries.attempts:
                raise
            retries.wait(shown, attempt, error)


def size_told(shown: str, start: int, part: str, length: str | int | None) -> int:
    """The size in bytes of a whole object, as the headers of an answer tell it that begins at a byte of it.

    ``part`` is Content-Range, empty where the answer has none, and ``length`` is Content-Length.

    Raises:
        StorageFailure: the answer is not the part that was asked for, or tells no size.
    """
    if start and not part.startswith(f"bytes {start}-"):
        raise StorageFailure(f"{shown}: the store does not give the part that was asked for")
    size = str(part.rpartition("/")[2] or length)
    if not size.isdecimal():
        raise StorageFailure(f"{shown}: the store does not tell its size")
    return int(size)
