"""A scratch place: what a drill wrote there is known object by object, so that nothing else is ever removed."""

import secrets
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bcn_core.errors import BcnError, Conflict, InvalidRequest, ObjectExists, ObjectMissing
from bcn_core.events import Report, Warned
from bcn_core.locations import overlap, split
from bcn_core.storage.opening import Stores, absolute
from bcn_core.storage.store import ObjectStat, ObjectVersion, Store


@dataclass(frozen=True, slots=True)
class Scratch:
    """A folder that nobody else uses, and stores that note what is written through them."""

    location: str
    stores: Stores


@contextmanager
def scratch_at(stores: Stores, asked: str | None, apart_from: str, report: Report) -> Iterator[Scratch]:
    """A scratch folder below an empty place, else below a temporary folder; empty again when the block ends, anyhow.

    ``apart_from`` is the repository's location. What cannot be removed is told as a warning.

    Raises:
        Conflict: the place is not empty.
        InvalidRequest: it overlaps with the repository.
    """
    made = tempfile.mkdtemp(prefix="bcn-drill-") if asked is None else None
    place = absolute(made or asked or "")
    try:
        _check_free(stores, place, apart_from)
        written = Written(place)
        try:
            yield Scratch(f"{place}/bcn-drill-{secrets.token_hex(6)}", stores.wrapped(written.wrap))
        finally:
            _clean(written, report)
    finally:
        if made is not None:
            with suppress(OSError):
                Path(made).rmdir()


def _check_free(stores: Stores, place: str, apart_from: str) -> None:
    if overlap(place, apart_from):
        raise InvalidRequest(
            f"{place} and the repository {apart_from} contain one another", hint="choose another --scratch"
        )
    store, key = stores.holding(place)
    taken = next(iter(store.list(key)), None)
    with suppress(ObjectMissing):
        taken = taken or store.stat(key)
    if taken is not None:
        raise Conflict(
            f"{place} is not empty: it holds {taken.key.rpartition('/')[2]}; nothing was written there",
            hint="give --scratch an empty place; a drill removes what it wrote and nothing else",
        )


def _clean(written: "Written", report: Report) -> None:
    """Remove everything; a signal that comes meanwhile ends the run when that is done."""
    try:
        written.remove(report)
    except BaseException:
        written.remove(report)
        raise


class Written:
    """The objects that were written through some stores, in any thread."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._held: dict[str, tuple[Store, str]] = {}
        self._lock = threading.Lock()

    def wrap(self, store: Store) -> Store:
        """The store; what it creates is noted here."""
        return _Noting(store, self)

    def note(self, store: Store, key: str) -> None:
        with self._lock:
            self._held[f"{store.url}/{key}"] = (store, key)

    def forget(self, store: Store, key: str) -> None:
        with self._lock:
            self._held.pop(f"{store.url}/{key}", None)

    def remove(self, report: Report) -> None:
        """Delete the objects, then the folders that are empty by that; called again, it goes on where it was."""
        for location, (store, key) in list(self._held.items()):
            try:
                store.delete(key)
            except BcnError as error:
                report(Warned(f"{location} is left behind: {error.message}"))
            _remove_folders(location, self._place)
            self.forget(store, key)


def _remove_folders(location: str, place: str) -> None:
    """A file system keeps empty folders; those above a removed file go, up to the place, which stays."""
    if split(place).scheme != "file":
        return
    top = Path("/", split(place).key)
    for folder in Path("/", split(location).key).parents:
        if not folder.is_relative_to(top) or folder == top:
            return
        try:
            folder.rmdir()
        except OSError:
            return


class _Noting:
    """A store that notes each object before it is created: a lost answer must not leave one behind."""

    def __init__(self, store: Store, written: Written) -> None:
        self._store = store
        self._written = written

    @property
    def url(self) -> str:
        return self._store.url

    def get(self, key: str) -> bytes:
        return self._store.get(key)

    def stream(self, key: str) -> Iterator[bytes]:
        return self._store.stream(key)

    def put_new(self, key: str, chunks: Iterable[bytes]) -> None:
        self._written.note(self._store, key)
        try:
            self._store.put_new(key, chunks)
        except ObjectExists:
            self._written.forget(self._store, key)
            raise

    def replace(self, key: str, data: bytes) -> None:
        raise InvalidRequest(f"a drill replaces nothing: {self.url}/{key}")

    def list(self, folder: str) -> Iterator[ObjectStat]:
        return self._store.list(folder)

    def stat(self, key: str) -> ObjectStat:
        return self._store.stat(key)

    def delete(self, key: str) -> None:
        self._store.delete(key)

    def versions(self, folder: str) -> Iterator[ObjectVersion]:
        return self._store.versions(folder)

    def free_bytes(self) -> int | None:
        return self._store.free_bytes()
