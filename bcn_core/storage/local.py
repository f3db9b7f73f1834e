"""A store in a folder of the local file system, or of anything that is mounted there."""

import errno
import os
import secrets
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bcn_core.errors import (
    InvalidRequest,
    ObjectExists,
    ObjectMissing,
    StorageFailure,
    StorageFull,
    StorageRefused,
)
from bcn_core.storage.folder_syncs import FolderSyncs, sync_folder
from bcn_core.storage.store import ObjectStat, ObjectVersion

TEMPORARY = ".bcn-tmp-"
# A chunk stays in the processor's cache while it is read, hashed and written: in memory half the CPU of 8 MiB.
_READ_BYTES = 256 * 1024
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_DENIED = {errno.EACCES, errno.EPERM, errno.EROFS}


class LocalStore:
    """Objects as files below one folder.

    A new object is written to a temporary file beside its place, synced, and linked to its name: ``link`` fails
    when the name is taken, and a reader never sees a part. ``O_EXCL`` on the final name would show parts,
    and a rename would overwrite (robustness.md 2.2).
    """

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        self._syncs = FolderSyncs()

    @property
    def url(self) -> str:
        return f"file://{self._root}".rstrip("/")

    def get(self, key: str) -> bytes:
        with _told(self._shown(key)):
            return self._path(key).read_bytes()

    def stream(self, key: str) -> Iterator[bytes]:
        with _told(self._shown(key)), self._path(key).open("rb", buffering=0) as file:
            while chunk := file.read(_READ_BYTES):
                yield chunk

    def put_new(self, key: str, chunks: Iterable[bytes]) -> None:
        path = self._path(key)
        with _told(self._shown(key)):
            _make_folders(path.parent)
            temporary = path.parent / f"{TEMPORARY}{secrets.token_hex(8)}"
            try:
                _write_synced(temporary, chunks)
                os.link(temporary, path)
            finally:
                temporary.unlink(missing_ok=True)
            self._syncs.sync(path.parent)

    def replace(self, key: str, data: bytes) -> None:
        path = self._path(key)
        with _told(self._shown(key)):
            _make_folders(path.parent)
            temporary = path.parent / f"{TEMPORARY}{secrets.token_hex(8)}"
            try:
                _write_synced(temporary, [data])
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)

    def list(self, folder: str) -> Iterator[ObjectStat]:
        start = self._path(folder) if folder else self._root
        with _told(self._shown(folder)):
            if start.is_dir():
                yield from self._files_below(str(start))

    def stat(self, key: str) -> ObjectStat:
        path = self._path(key)
        with _told(self._shown(key)):
            if path.is_dir():
                raise ObjectMissing(f"no object {self._shown(key)}: it is a folder")
            found = path.stat()
        return ObjectStat(key, found.st_size, found.st_mtime)

    def delete(self, key: str) -> None:
        path = self._path(key)
        with _told(self._shown(key)):
            # Whoever may write here could plant a link, and a prune with more rights would empty what it leads to.
            if not path.parent.resolve().is_relative_to(self._root.resolve()):
                raise StorageRefused(
                    f"{self._shown(key)} lies behind a link that leads out of the store, and is not removed",
                    hint="look who made the link; remove it by hand",
                )
            path.unlink(missing_ok=True)

    def versions(self, folder: str) -> Iterator[ObjectVersion]:
        return iter(())

    def free_bytes(self) -> int | None:
        for folder in (self._root, *self._root.parents):
            if folder.is_dir():
                return shutil.disk_usage(folder).free
        return None

    def _shown(self, key: str) -> str:
        return f"{self.url}/{key}"

    def _path(self, key: str) -> Path:
        if ".." in key.split("/"):
            raise InvalidRequest(f"'{key}' would leave the store at {self.url}", hint="no '..' in paths")
        return self._root / key.lstrip("/")

    def _files_below(self, folder: str) -> Iterator[ObjectStat]:
        # Names alone are held, which is what a folder of a million files costs least; and one iterator for each folder
        # on the way, by hand: nested generators would pass each file through every level.
        start = len(str(self._root).rstrip("/")) + 1
        open_folders = [(folder.rstrip("/"), _names_in(folder))]
        while open_folders:
            folder, names = open_folders[-1]
            for name in names:
                path = f"{folder}/{name}"
                # Another process may delete a file between the listing and this look: then it is not there.
                try:
                    found = os.stat(path)  # noqa: PTH116 - a Path for each of ten million files takes longer than this
                except FileNotFoundError:
                    continue
                if stat.S_ISDIR(found.st_mode):
                    open_folders.append((path, _names_in(path)))
                    break
                if not name.startswith(TEMPORARY):
                    yield ObjectStat(path[start:], found.st_size, found.st_mtime)
            else:
                open_folders.pop()


def _names_in(folder: str) -> Iterator[str]:
    try:
        return iter(sorted(os.listdir(folder)))  # noqa: PTH208 - as above
    except FileNotFoundError:
        return iter(())


def _write_synced(path: Path, chunks: Iterable[bytes]) -> None:
    with path.open("xb", buffering=0) as file:
        for chunk in chunks:
            view = memoryview(chunk)
            while view:
                view = view[file.write(view) :]
        os.fsync(file.fileno())


def _make_folders(folder: Path) -> None:
    """Make a folder and sync each new entry, so that a power cut does not lose the way to a synced file."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for new in reversed(missing):
        new.mkdir(exist_ok=True)
        sync_folder(new.parent)


@contextmanager
def _told(shown: str) -> Iterator[None]:
    """Say the operating system's errors in the words of the error tree."""
    try:
        yield
    except FileExistsError:
        raise ObjectExists(f"{shown} exists already") from None
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise ObjectMissing(f"no object {shown}") from error
    except OSError as error:
        raise _failure(f"{shown}: {error.strerror or error}", error.errno) from error


def _failure(message: str, code: int | None) -> StorageFailure:
    if code in _FULL:
        hint = "free some room or choose another place, then run the same command again; nothing was lost"
        return StorageFull(message, hint=hint)
    if code in _DENIED:
        return StorageRefused(message, hint="give this user the rights, or run as a user that has them")
    if code == errno.ENAMETOOLONG:
        return StorageRefused(message, hint="choose a place with a shorter path")
    return StorageFailure(message, hint="look at the place itself, then run the same command again")
