"""What the stores of objects behind a network do alike: keys below one prefix, calls that are made again."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

from bcn_core.storage.retrying import Retries


class Prefixed(ABC):
    """Objects of one bucket (container, cluster) below one prefix; ``root`` is the bucket's own location."""

    def __init__(self, root: str, prefix: str, retries: Retries) -> None:
        self._prefix = f"{prefix}/" if prefix else ""
        self._url = f"{root}/{prefix}".rstrip("/")
        self._retries = retries

    @property
    def url(self) -> str:
        return self._url

    def get(self, key: str) -> bytes:
        return b"".join(self.stream(key))

    @abstractmethod
    def stream(self, key: str) -> Iterator[bytes]:
        """As :class:`~bcn_core.storage.store.Store` says."""

    def free_bytes(self) -> int | None:
        return None

    def _below(self, folder: str) -> str:
        """The prefix of all keys below a folder, and of no namesake's."""
        return self._prefix + (f"{folder.rstrip('/')}/" if folder else "")

    def _shown(self, key: str) -> str:
        return f"{self.url}/{key}"


def chunks_of(
    answer: AbstractContextManager[Any],
    read: Callable[[], bytes],
    told: Callable[[], AbstractContextManager[None]],
) -> Iterator[bytes]:
    """What is read of an open answer, piece by piece until there is none; the answer is closed in the end.

    Raises:
        BcnError: as ``told`` says what the library raises.
    """
    with answer:
        while True:
            with told():
                chunk = read()
            if not chunk:
                return
            yield chunk
