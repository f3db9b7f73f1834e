"""From an address to a store, and from any file's location to the store that holds it."""

import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from bcn_core.errors import InvalidRequest, ObjectMissing
from bcn_core.events import Event, Report, silent
from bcn_core.locations import Location, split
from bcn_core.settings import Settings
from bcn_core.storage.kinds import BY_SCHEME, KINDS, Place
from bcn_core.storage.local import LocalStore
from bcn_core.storage.memory import MemoryStore
from bcn_core.storage.options import StorageOptions, checked, of_catalogs
from bcn_core.storage.retrying import Retries
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
_WRITTEN = ("file://", "plain paths", *(f"{one}://" for kind in KINDS for one in kind.schemes.values()))


def as_it_is(store: Store) -> Store:
    """A store without any behaviour added to it."""
    return store


def open_stores(settings: Settings) -> "Stores":
    """The stores of a run: what [storage] says of a place wins over what a catalog's properties say of it.

    Raises:
        InvalidRequest: [storage] names something that is no location.
    """
    places = of_catalogs(settings.catalogs)
    for place, said in checked(settings.storage).items():
        places[place] = {**places.get(place, {}), **said}
    return Stores(options=StorageOptions(places))


class Stores:
    """The stores of one run, opened once for each bucket or host and shared by all its threads.

    ``wrap`` adds behaviour to each store that is opened from then on: counting, throttling. ``options`` say how each
    is reached. Calls that are made again are told to ``report``, which may be set when a run begins.
    """

    def __init__(
        self, wrap: Wrap = as_it_is, options: StorageOptions | None = None, retries: Retries | None = None
    ) -> None:
        self.report: Report = silent
        self.wrap = wrap
        self._roots: dict[tuple[str, str, str], Store] = {}
        self._clients: dict[str, Any] = {}
        self._options = options or StorageOptions()
        self._retries = replace(retries or Retries(), report=self._tell)
        # Again by the same thread: opening a store asks for what it shares with others.
        self._lock = threading.RLock()

    def at(self, address: str) -> Store:
        """A store whose root is the given place.

        Raises:
            InvalidRequest: no store serves the scheme.
        """
        location = absolute(address)
        parts = split(location)
        if parts.scheme == "file":
            return self.wrap(LocalStore(Path("/") / parts.key))
        if parts.scheme == "memory":
            return self._root(parts, location)
        return self.wrap(self._open(parts, location, parts.key))

    def wrapped(self, more: Wrap) -> "Stores":
        """The same stores, opened anew with more behaviour around each."""
        inner = self.wrap
        other = Stores(lambda store: more(inner(store)), self._options, self._retries)
        other.report = self._tell
        return other

    @property
    def reached_by(self) -> StorageOptions:
        """How all places are reached: what another process needs to open them too. Holds secrets."""
        return self._options

    def options(self, location: str) -> dict[str, str]:
        """How a place is reached, by PyIceberg's names: for a reader that is not BCN's own."""
        return self._said_of(split(location), location)

    def holding(self, location: str) -> tuple[Store, str]:
        """The store that holds a file, and the file's key in it, byte for byte."""
        parts = split(location)
        return self._root(parts, location), parts.key

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

    def _root(self, parts: Location, location: str) -> Store:
        with self._lock:
            key = (parts.scheme, parts.authority, repr(self._said_of(parts, location)))
            if key not in self._roots:
                self._roots[key] = self.wrap(self._open(parts, location, ""))
            return self._roots[key]

    def _said_of(self, parts: Location, location: str) -> dict[str, str]:
        """The options of a place; what serves all of a machine or a process has none."""
        return {} if parts.scheme in ("file", "memory") else self._options.of(location)

    def _open(self, parts: Location, location: str, prefix: str) -> Store:
        if parts.scheme == "file":
            return LocalStore(Path("/"))
        if parts.scheme == "memory":
            return MemoryStore(f"memory://{parts.authority}")
        if parts.scheme not in BY_SCHEME:
            raise InvalidRequest(
                f"no store for '{parts.scheme}://'",
                hint=f"BCN reads and writes {', '.join(_WRITTEN[:-1])} and {_WRITTEN[-1]}",
            )
        said = self._options.of(location)
        place = Place(parts.scheme, parts.authority, prefix, said, self._retries, partial(self._shared, said))
        return BY_SCHEME[parts.scheme].opened(place)

    def _shared(self, properties: dict[str, str], name: str, made: Callable[[], Any]) -> Any:
        """What stores of the same properties share: connections, and the account behind them."""
        said = f"{name} {sorted(properties.items())!r}"
        with self._lock:
            if said not in self._clients:
                self._clients[said] = made()
            return self._clients[said]

    def _tell(self, event: Event) -> None:
        self.report(event)
