"""A store in a bucket of Google Cloud Storage, by its JSON interface."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from typing import Any

from bcn_core.errors import ObjectMissing
from bcn_core.storage.gcs_client import GcsBucket, told
from bcn_core.storage.gcs_writing import NewGcsObject
from bcn_core.storage.prefixed import Prefixed, chunks_of
from bcn_core.storage.resuming import Body, resumed, size_told
from bcn_core.storage.retrying import Retries
from bcn_core.storage.store import CHUNK_BYTES, ObjectStat, ObjectVersion


class GcsStore(Prefixed):
    """Objects of one bucket below one prefix. Keys are byte-exact: nothing in them is normalised.

    A new object is written with ``ifGenerationMatch=0``, so that of several writers one wins and no reader sees a half.
    """

    def __init__(self, bucket: GcsBucket, root: str, prefix: str, retries: Retries) -> None:
        super().__init__(root, prefix, retries)
        self._bucket = bucket

    def stream(self, key: str) -> Iterator[bytes]:
        return resumed(self._shown(key), self._retries, partial(self._open, key))

    def put_new(self, key: str, chunks: Iterable[bytes]) -> None:
        self._new(key).write(chunks)

    def replace(self, key: str, data: bytes) -> None:
        self._new(key).send(data, {})

    def list(self, folder: str) -> Iterator[ObjectStat]:
        prefix = self._below(folder)
        for found in self._listed(
            folder, {"prefix": prefix, "fields": "items(name,size,updated),nextPageToken"}
        ):
            yield _stat(found["name"][len(self._prefix) :], found)

    def stat(self, key: str) -> ObjectStat:
        return _stat(key, self._asked(key, self._at(key)))

    def delete(self, key: str) -> None:
        try:
            self._call(key, "DELETE", self._at(key))
        except ObjectMissing:
            return

    def versions(self, folder: str) -> Iterator[ObjectVersion]:
        asked = {"prefix": self._below(folder), "versions": "true"}
        for found in self._listed(folder, asked):
            created = datetime.fromisoformat(found["timeCreated"]).timestamp()
            yield ObjectVersion(found["name"][len(self._prefix) :], str(found["generation"]), created)

    def _listed(self, folder: str, asked: dict[str, str]) -> Iterator[dict[str, Any]]:
        while True:
            page = self._asked(folder, self._bucket.objects, params=asked)
            yield from page.get("items", ())
            if not page.get("nextPageToken"):
                return
            asked = asked | {"pageToken": page["nextPageToken"]}

    def _open(self, key: str, start: int, version: str | None) -> Body:
        # Stored bytes are wanted: without this header the store unpacks what says that it is gzip.
        headers = {"Accept-Encoding": "gzip"} | ({"Range": f"bytes={start}-"} if start else {})
        asked = {"alt": "media"} | ({"generation": version} if version else {})
        shown = self._shown(key)
        answer = self._bucket.call(shown, "GET", self._at(key), params=asked, headers=headers, stream=True)
        if version and answer.headers.get("X-Goog-Generation") != version:
            answer.close()
            raise ObjectMissing(f"{shown} was replaced while it was read")
        size = size_told(
            shown, start, answer.headers.get("Content-Range", ""), answer.headers.get("Content-Length")
        )
        read = partial(answer.raw.read, CHUNK_BYTES, decode_content=False)
        chunks = chunks_of(answer, read, lambda: told(shown))
        return Body(chunks, answer.headers.get("X-Goog-Generation"), size)

    def _new(self, key: str) -> NewGcsObject:
        return NewGcsObject(self._bucket, self._prefix + key, self._shown(key), self._retries)

    def _at(self, key: str) -> str:
        return self._bucket.object(self._prefix + key)

    def _asked(self, key: str, address: str, **options: Any) -> dict[str, Any]:
        shown = self._shown(key)
        return self._retries.call(shown, lambda: self._bucket.ask(shown, address, **options))

    def _call(self, key: str, method: str, address: str, **options: Any) -> Any:
        shown = self._shown(key)
        return self._retries.call(shown, lambda: self._bucket.call(shown, method, address, **options))


def _stat(key: str, found: dict[str, Any]) -> ObjectStat:
    return ObjectStat(key, int(found["size"]), datetime.fromisoformat(found["updated"]).timestamp())
