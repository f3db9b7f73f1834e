"""A store in a folder of the local file system, or of anything that is mounted there."""

import errno
import itertools
import os
import secrets
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from bcn_core.errors import (
    InvalidRequest,
    ObjectExists,
    ObjectMissing,
    StorageFailure,
    StorageFull,
    StorageRefused,
)
from bcn_core.storage.folder_syncs import FolderSyncs, sync_folder
from bcn_core.storage.local_unfinished import discard_temporary
from bcn_core.storage.store import ObjectStat, ObjectVersion
from bcn_core.storage.unfinished import Discarded

_EVERYTHING = Path("/")
TEMPORARY = ".bcn-tmp-"
# A chunk stays in the processor's cache while it is read, hashed and written: in memory half the CPU of 8 MiB.
_READ_BYTES = 256 * 1024
_NEW, _MODE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666
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
        # Thousands of small files a second pass through here: paths are plain text, and made as seldom as may be.
        self._folder = str(self._root).rstrip("/")
        self._url = f"file://{self._root}".rstrip("/")
        self._mark, self._numbers = secrets.token_hex(8), itertools.count()
        self._syncs = FolderSyncs()
        # Folders that no link leads out of, each looked at before the first file that a run writes there.
        self._inside: set[str] = set()

    @property
    def url(self) -> str:
        return self._url

    def get(self, key: str) -> bytes:
        with _Told(self._url, key):
            return self._path(key).read_bytes()

    def stream(self, key: str) -> Iterator[bytes]:
        with _Told(self._url, key):
            file = os.open(self._place(key), os.O_RDONLY | os.O_CLOEXEC)
            try:
                while chunk := os.read(file, _READ_BYTES):
                    yield chunk
            finally:
                os.close(file)

    def put_new(self, key: str, chunks: Iterable[bytes]) -> None:
        path = self._place(key)
        folder = path.rpartition("/")[0]
        with _Told(self._url, key):
            temporary = self._write_beside(folder, chunks)
            try:
                os.link(temporary, path)
            finally:
                _remove(temporary)
            self._syncs.sync(folder)

    def replace(self, key: str, data: bytes) -> None:
        path = self._place(key)
        with _Told(self._url, key):
            temporary = self._write_beside(path.rpartition("/")[0], [data])
            try:
                os.rename(temporary, path)  # noqa: PTH104 - of text, as above
            finally:
                _remove(temporary)

    def list(self, folder: str) -> Iterator[ObjectStat]:
        start = self._path(folder) if folder else self._root
        with _Told(self._url, folder):
            if start.is_dir():
                yield from self._files_below(str(start))

    def stat(self, key: str) -> ObjectStat:
        path = self._path(key)
        with _Told(self._url, key):
            if path.is_dir():
                raise ObjectMissing(f"no object {self._shown(key)}: it is a folder")
            found = path.stat()
        return ObjectStat(key, found.st_size, found.st_mtime)

    def delete(self, key: str) -> None:
        path = self._path(key)
        with _Told(self._url, key):
            self._check_inside(path.parent, "removed")
            path.unlink(missing_ok=True)

    def versions(self, folder: str) -> Iterator[ObjectVersion]:
        return iter(())

    def discard_unfinished(self, folder: str, before: float) -> Discarded:
        start = self._path(folder) if folder else self._root
        with _Told(self._url, folder):
            self._check_inside(start, "cleared of unfinished files")
            return discard_temporary(str(start), TEMPORARY, before)

    def free_bytes(self) -> int | None:
        for folder in (self._root, *self._root.parents):
            if folder.is_dir():
                room = shutil.disk_usage(folder)
                # A file system that counts nothing, as some that lie in user space, says zero of zero.
                return room.free if room.total else None
        return None

    def _check_inside(self, folder: Path, done: str) -> None:
        """Whoever may write here could plant a link: a run with more rights would fill or empty what it leads to."""
        if self._root == _EVERYTHING or folder.resolve().is_relative_to(self._root.resolve()):
            return
        raise StorageRefused(
            f"file://{folder} lies behind a link that leads out of the store, and is not {done}",
            hint="look who made the link; remove it by hand",
        )

    def _shown(self, key: str) -> str:
        return f"{self.url}/{key}"

    def _path(self, key: str) -> Path:
        return Path(self._place(key))

    def _place(self, key: str) -> str:
        if ".." in key and ".." in key.split("/"):
            raise InvalidRequest(
                f"'{key}' would leave the store at {self.url}",
                hint="no '..' in paths: choose another --target-table, or --target-location",
            )
        return f"{self._folder}/{key.lstrip('/')}"

    def _write_beside(self, folder: str, chunks: Iterable[bytes]) -> str:
        """A temporary file that the disk has; there is none when the chunks or the disk fail."""
        if folder not in self._inside:
            self._check_inside(Path(folder), "written to")
            self._inside.add(folder)
        temporary = f"{folder}/{TEMPORARY}{self._mark}-{next(self._numbers)}"
        try:
            file = os.open(temporary, _NEW, _MODE)
        except FileNotFoundError:
            _make_folders(Path(folder))
            file = os.open(temporary, _NEW, _MODE)
        try:
            try:
                _write_synced(file, chunks)
            finally:
                os.close(file)
        except BaseException:
            _remove(temporary)
            raise
        return temporary

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


def _write_synced(file: int, chunks: Iterable[bytes]) -> None:
    for chunk in chunks:
        written = os.write(file, chunk)
        while written < len(chunk):
            written += os.write(file, memoryview(chunk)[written:])
    os.fsync(file)


def _remove(path: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)  # noqa: PTH108 - of text, as above


def _make_folders(folder: Path) -> None:
    """Make a folder and sync each new entry, so that a power cut does not lose the way to a synced file."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for new in reversed(missing):
        new.mkdir(exist_ok=True)
        sync_folder(new.parent)


class _Told:
    """A context that says the operating system's errors in the words of the error tree."""

    __slots__ = ("_key", "_url")

    def __init__(self, url: str, key: str) -> None:
        self._url, self._key = url, key

    def __enter__(self) -> None:
        """Begin; what is shown is put together only when something fails."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not isinstance(error, OSError):
            return
        shown = f"{self._url}/{self._key}"
        if isinstance(error, FileExistsError):
            raise ObjectExists(f"{shown} exists already") from None
        if isinstance(error, FileNotFoundError | NotADirectoryError | IsADirectoryError):
            raise ObjectMissing(f"no object {shown}") from error
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
