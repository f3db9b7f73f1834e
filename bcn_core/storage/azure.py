"""A store in a container of Azure Blob Storage, with or without a hierarchical namespace."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from bcn_core.errors import InvalidRequest, ObjectMissing, StorageFailure
from bcn_core.storage.azure_errors import told
from bcn_core.storage.azure_writing import NewBlob
from bcn_core.storage.prefixed import Prefixed
from bcn_core.storage.retrying import Retries
from bcn_core.storage.store import CHUNK_BYTES, ObjectStat, ObjectVersion


class AzureStore(Prefixed):
    """Blobs of one container below one prefix. Keys are byte-exact, and those that Azure would change are refused.

    A new blob is written with ``If-None-Match: *``, whole or as a list of blocks, so that of several writers one wins.
    """

    def __init__(self, container: Any, root: str, prefix: str, retries: Retries) -> None:
        super().__init__(root, prefix, retries)
        self._container = container

    def stream(self, key: str) -> Iterator[bytes]:
        start, size, etag = 0, 1, ""
        while start < size:
            data, size, etag = self._call(key, lambda: self._part(key, start, etag))  # noqa: B023 - called at once
            start += len(data)
            yield data

    def put_new(self, key: str, chunks: Iterable[bytes]) -> None:
        self._new(key).write(chunks)

    def replace(self, key: str, data: bytes) -> None:
        self._call(key, lambda: self._new(key).send(data, overwrite=True))

    def list(self, folder: str) -> Iterator[ObjectStat]:
        prefix = self._below(folder)
        for blob in self._listed(folder, prefix, "metadata"):
            if not (blob.metadata or {}).get("hdi_isfolder"):
                yield ObjectStat(blob.name[len(self._prefix) :], blob.size, blob.last_modified.timestamp())

    def stat(self, key: str) -> ObjectStat:
        found = self._call(key, lambda: self._blob(key).get_blob_properties())
        if (found.metadata or {}).get("hdi_isfolder"):
            raise ObjectMissing(f"no object {self._shown(key)}: it is a folder")
        return ObjectStat(key, found.size, found.last_modified.timestamp())

    def delete(self, key: str) -> None:
        try:
            self._call(key, lambda: self._blob(key).delete_blob())
        except ObjectMissing:
            return

    def versions(self, folder: str) -> Iterator[ObjectVersion]:
        for blob in self._listed(folder, self._below(folder), "versions"):
            if blob.version_id:
                key = blob.name[len(self._prefix) :]
                yield ObjectVersion(key, blob.version_id, blob.last_modified.timestamp())

    def _part(self, key: str, start: int, etag: str) -> tuple[bytes, int, str]:
        """Bytes from somewhere on, at most a chunk of them; the whole blob's size and version."""
        from azure.core import MatchConditions
        from azure.core.exceptions import HttpResponseError

        same = {"etag": etag, "match_condition": MatchConditions.IfNotModified} if etag else {}
        try:
            answer = self._blob(key).download_blob(
                offset=start, length=CHUNK_BYTES, max_concurrency=1, **same
            )
        except HttpResponseError as error:
            if etag and error.status_code == 412:
                raise ObjectMissing(f"{self._shown(key)} was replaced while it was read") from error
            if start == 0 and error.status_code == 416:
                # There is no first byte to begin at.
                return b"", 0, ""
            raise
        data = answer.readall()
        size = int(answer.properties.content_range.rpartition("/")[2])
        if not data and start < size:
            raise StorageFailure(f"{self._shown(key)} broke off after {start} of {size} bytes")
        return data, size, answer.properties.etag

    def _listed(self, folder: str, prefix: str, include: str) -> Iterator[Any]:
        token: str | None = None
        while True:
            found, token = self._call(folder, lambda: self._page(prefix, include, token))  # noqa: B023 - called at once
            yield from found
            if not token:
                return

    def _page(self, prefix: str, include: str, token: str | None) -> tuple[tuple[Any, ...], str | None]:
        pages = self._container.list_blobs(name_starts_with=prefix, include=[include]).by_page(token)
        found = tuple(next(pages, ()))
        return found, pages.continuation_token

    def _new(self, key: str) -> NewBlob:
        return NewBlob(self._blob(key), self._shown(key), self._retries)

    def _blob(self, key: str) -> Any:
        name = self._prefix + key
        if {".", ".."} & set(name.split("/")):
            raise InvalidRequest(
                f"{self._shown(key)} cannot be a blob: Azure takes '.' and '..' in names for steps between folders",
                hint="keep such a table in another store, or rewrite its files under other names",
            )
        return self._container.get_blob_client(name)

    def _call(self, key: str, made: Callable[[], Any]) -> Any:
        return self._retries.telling(self._shown(key), told, made)
