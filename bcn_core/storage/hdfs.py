"""A store in a folder of HDFS, by WebHDFS: no Java and no Hadoop on this machine."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from bcn_core.errors import InvalidRequest, ObjectMissing
from bcn_core.storage.hdfs_client import HdfsClient, told
from bcn_core.storage.hdfs_writing import TEMPORARY, NewHdfsFile
from bcn_core.storage.prefixed import Prefixed, chunks_of
from bcn_core.storage.resuming import Body, resumed
from bcn_core.storage.retrying import Retries
from bcn_core.storage.store import CHUNK_BYTES, ObjectStat, ObjectVersion
from bcn_core.storage.unfinished import Discarded


class HdfsStore(Prefixed):
    """Files below one folder. Keys are byte-exact, and those that HDFS would change or refuse are refused here."""

    def __init__(self, client: HdfsClient, root: str, prefix: str, retries: Retries) -> None:
        super().__init__(root, prefix, retries)
        self._client = client
        self._folder = f"/{prefix}" if prefix else ""

    def stream(self, key: str) -> Iterator[bytes]:
        return resumed(self._shown(key), self._retries, partial(self._open, key))

    def put_new(self, key: str, chunks: Iterable[bytes]) -> None:
        self._new(key).write(chunks, "NONE")

    def replace(self, key: str, data: bytes) -> None:
        self._new(key).write([data], "OVERWRITE")

    def list(self, folder: str) -> Iterator[ObjectStat]:
        return (found for found in self._files(folder.rstrip("/")) if not _is_temporary(found.key))

    def stat(self, key: str) -> ObjectStat:
        return _stat(key, self._file(key))

    def delete(self, key: str) -> None:
        try:
            self._ask(key, "DELETE", op="DELETE")
        except ObjectMissing:
            return

    def versions(self, folder: str) -> Iterator[ObjectVersion]:
        return iter(())

    def discard_unfinished(self, folder: str, before: float) -> Discarded:
        left = [found for found in self._files(folder.rstrip("/")) if _is_temporary(found.key)]
        old = [found for found in left if found.modified < before]
        for found in old:
            self.delete(found.key)
        return Discarded(len(old), sum(found.size for found in old))

    def _files(self, folder: str) -> Iterator[ObjectStat]:
        """All files, unfinished ones too. A name node gives a folder in pages, and no folder's folders."""
        last = ""
        while True:
            try:
                page = self._ask(folder, "GET", op="LISTSTATUS_BATCH", startAfter=last)["DirectoryListing"]
            except ObjectMissing:
                return
            for found in page["partialListing"]["FileStatuses"]["FileStatus"]:
                last = found["pathSuffix"]
                # A file has no files below it: the name node shows the file itself, without a name.
                if last:
                    yield from self._shown_at(f"{folder}/{last}" if folder else last, found)
            if not page["remainingEntries"]:
                return

    def _shown_at(self, key: str, found: dict[str, Any]) -> Iterator[ObjectStat]:
        if found["type"] == "DIRECTORY":
            yield from self._files(key)
        else:
            yield _stat(key, found)

    def _open(self, key: str, start: int, version: str | None) -> Body:
        shown = self._shown(key)
        held = self._file(key)
        now, size = f"{held['fileId']} {held['modificationTime']}", held["length"]
        if version not in (None, now):
            raise ObjectMissing(f"{shown} was replaced while it was read")
        if start == size:
            return Body(iter(()), now, size)
        answer = self._client.open(shown, self._path(key), start)
        return Body(chunks_of(answer, partial(answer.raw.read, CHUNK_BYTES), lambda: told(shown)), now, size)

    def _file(self, key: str) -> dict[str, Any]:
        found: dict[str, Any] = self._ask(key, "GET", op="GETFILESTATUS")["FileStatus"]
        if found["type"] != "FILE":
            raise ObjectMissing(f"no object {self._shown(key)}: it is a folder")
        return found

    def _new(self, key: str) -> NewHdfsFile:
        return NewHdfsFile(self._client, self._path(key), self._shown(key), self._retries)

    def _ask(self, key: str, method: str, **asked: str) -> Any:
        shown, path = self._shown(key), self._path(key)
        return self._retries.call(shown, lambda: self._client.ask(shown, method, path, **asked))

    def _path(self, key: str) -> str:
        path = f"{self._folder}/{key}" if key else self._folder or "/"
        names = path[1:].split("/")
        if path != "/" and ({"", ".", ".."} & set(names) or ":" in path):
            raise InvalidRequest(
                f"{self._shown(key)} cannot be a file of HDFS: it has no ':', '.', '..' nor empty names in paths",
                hint="keep such a table in another store, or rewrite its files under other names",
            )
        return path


def _is_temporary(key: str) -> bool:
    return key.rpartition("/")[2].startswith(TEMPORARY)


def _stat(key: str, found: dict[str, Any]) -> ObjectStat:
    return ObjectStat(key, found["length"], found["modificationTime"] / 1000)
