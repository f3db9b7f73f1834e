"""From an address to a store, and from any file's location to the store that holds it."""

from collections.abc import Callable
from pathlib import Path

from bcn_core.errors import InvalidRequest, ObjectMissing
from bcn_core.locations import Location, split
from bcn_core.storage.local import LocalStore
from bcn_core.storage.memory import MemoryStore
from bcn_core.storage.store import Store


def absolute(address: str) -> str:
    """A place as a person types it, as a scheme-qualified location without trailing slash.

    A relative path counts from the working folder. Readers such as iceberg-rust refuse bare paths (relocation.md 1.6).
    """
    if "://" not in address and not address.startswith("file:/"):
        return f"file://{Path(address).expanduser().absolute()}".rstrip("/")
    parts = split(address)
    if parts.scheme == "file":
        return f"file:///{parts.key.lstrip('/')}".rstrip("/")
    return address.rstrip("/")


Wrap = Callable[[Store], Store]


def as_it_is(store: Store) -> Store:
    """A store without any behaviour added to it."""
    return store


class Stores:
    """The stores of one run, opened once for each bucket or host and shared by all its threads.

    ``wrap`` adds behaviour to each store that is opened: counting, retrying, throttling.
    """

    def __init__(self, wrap: Wrap = as_it_is) -> None:
        self._roots: dict[tuple[str, str], Store] = {}
        self._wrap = wrap

    def at(self, address: str) -> Store:
        """A store whose root is the given place.

        Raises:
            InvalidRequest: no store serves the scheme.
        """
        parts = split(absolute(address))
        if parts.scheme == "file":
            return self._wrap(LocalStore(Path("/") / parts.key))
        return self._root(parts)

    def holding(self, location: str) -> tuple[Store, str]:
        """The store that holds a file, and the file's key in it, byte for byte."""
        parts = split(location)
        return self._root(parts), parts.key

    def read(self, location: str) -> bytes:
        """The bytes of a file. Raises ObjectMissing when it is not there."""
        store, key = self.holding(location)
        return store.get(key)

    def size(self, location: str) -> int | None:
        """The size of a file in bytes, None when it is not there."""
        store, key = self.holding(location)
        try:
            return store.stat(key).size
        except ObjectMissing:
            return None

    def _root(self, parts: Location) -> Store:
        key = (parts.scheme, parts.authority)
        if key not in self._roots:
            self._roots[key] = self._wrap(_open_root(parts))
        return self._roots[key]


def _open_root(parts: Location) -> Store:
    if parts.scheme == "file":
        return LocalStore(Path("/"))
    if parts.scheme == "memory":
        return MemoryStore(f"memory://{parts.authority}")
    raise InvalidRequest(
        f"no store for '{parts.scheme}://'", hint="this version reads and writes file:// and plain paths"
    )
