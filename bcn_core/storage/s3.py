"""A store in a bucket of S3, or of any store that speaks S3 and honours create-if-absent."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from bcn_core.errors import ObjectMissing, StorageFailure
from bcn_core.storage.prefixed import Prefixed, chunks_of
from bcn_core.storage.resuming import Body, resumed, size_told
from bcn_core.storage.retrying import Retries
from bcn_core.storage.s3_errors import refused, told
from bcn_core.storage.s3_unfinished import abort_uploads
from bcn_core.storage.s3_writing import NewObject
from bcn_core.storage.store import ObjectStat, ObjectVersion
from bcn_core.storage.unfinished import Discarded
from bcn_core.storage.within import Check, HeldBytes, ObjectPlace

# A chunk stays in the processor's cache while it is received, hashed and written.
_READ_BYTES = 256 * 1024


class S3Store(Prefixed):
    """Objects of one bucket below one prefix. Keys are byte-exact: nothing in them is normalised.

    A new object is written with ``If-None-Match: *``, whole or in parts, so that of several writers one wins and no
    reader sees a half (robustness.md 2.2). ETags are never compared: they differ by upload and by encryption.
    """

    def __init__(self, client: Any, bucket: str, prefix: str, retries: Retries) -> None:
        super().__init__(f"s3://{bucket}", prefix, retries)
        self._client = client
        self._bucket = bucket

    def stream(self, key: str) -> Iterator[bytes]:
        return resumed(self._shown(key), self._retries, partial(self._open, key))

    def put_new(self, key: str, chunks: Iterable[bytes]) -> None:
        self._new(key).write(chunks)

    def place(self, key: str) -> ObjectPlace:
        return ObjectPlace(self._client, self._bucket, self._prefix + key)

    def copy_new(self, key: str, source: ObjectPlace, check: Check) -> HeldBytes | None:
        # Another account's keys may not reach this bucket, nor ours that one.
        return self._new(key).copy(source, check) if source.account is self._client else None

    def replace(self, key: str, data: bytes) -> None:
        self._call(key, lambda: self._client.put_object(**self._at(key), Body=data))

    def list(self, folder: str) -> Iterator[ObjectStat]:
        prefix = self._below(folder)
        token: str | None = None
        while True:
            page = self._page(prefix, token)
            for found in page.get("Contents", ()):
                modified = found["LastModified"].timestamp()
                yield ObjectStat(found["Key"][len(self._prefix) :], found["Size"], modified)
            token = page.get("NextContinuationToken")
            if not page.get("IsTruncated"):
                return
            if not token:
                raise StorageFailure(
                    f"{self._shown(folder)}: the store cut its listing short and gave no way on"
                )

    def stat(self, key: str) -> ObjectStat:
        found = self._call(key, lambda: self._client.head_object(**self._at(key)))
        return ObjectStat(key, found["ContentLength"], found["LastModified"].timestamp())

    def delete(self, key: str) -> None:
        # S3 itself says nothing of a key that holds nothing; others call it missing.
        with suppress(ObjectMissing):
            self._call(key, lambda: self._client.delete_object(**self._at(key)))

    def delete_many(self, keys: Sequence[str]) -> frozenset[str]:
        named = [{"Key": self._prefix + key} for key in keys]
        wanted = {"Bucket": self._bucket, "Delete": {"Objects": named, "Quiet": True}}

        def once() -> frozenset[str]:
            answer = self._client.delete_objects(**wanted)
            return frozenset(refused(answer.get("Errors", ()), self.url, len(self._prefix)))

        found: frozenset[str] = self._call("", once)
        return found

    def versions(self, folder: str) -> Iterator[ObjectVersion]:
        options: dict[str, Any] = {
            "Bucket": self._bucket,
            "Prefix": self._below(folder),
        }
        while True:
            page = self._call(folder, partial(self._client.list_object_versions, **options))
            for found in page.get("Versions", ()):
                key, modified = found["Key"][len(self._prefix) :], found["LastModified"].timestamp()
                yield ObjectVersion(key, str(found.get("VersionId", "")), modified)
            if not page.get("IsTruncated"):
                return
            options |= {"KeyMarker": page["NextKeyMarker"]}
            if page.get("NextVersionIdMarker"):
                options |= {"VersionIdMarker": page["NextVersionIdMarker"]}

    def discard_unfinished(self, folder: str, before: float) -> Discarded:
        return abort_uploads(self._client, self._bucket, self._below(folder), before, self._call)

    def _open(self, key: str, start: int, etag: str | None) -> Body:
        options: dict[str, Any] = {}
        if start:
            options = {"Range": f"bytes={start}-"} | ({"IfMatch": etag} if etag else {})
        with told(self._shown(key)):
            try:
                answer = self._client.get_object(**self._at(key), **options)
            except self._client.exceptions.ClientError as error:
                if start and error.response["ResponseMetadata"]["HTTPStatusCode"] == 412:
                    raise ObjectMissing(f"{self._shown(key)} was replaced while it was read") from error
                raise
        size = size_told(self._shown(key), start, answer.get("ContentRange", ""), answer.get("ContentLength"))
        body = answer["Body"]
        chunks = chunks_of(body, lambda: body.read(_READ_BYTES), lambda: told(self._shown(key)))
        return Body(chunks, answer.get("ETag"), size)

    def _page(self, prefix: str, token: str | None) -> dict[str, Any]:
        options = {"Bucket": self._bucket, "Prefix": prefix} | ({"ContinuationToken": token} if token else {})
        found: dict[str, Any] = self._call("", lambda: self._client.list_objects_v2(**options))
        return found

    def _new(self, key: str) -> NewObject:
        return NewObject(self._client, self._bucket, self._prefix + key, self._retries)

    def _at(self, key: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": self._prefix + key}

    def _call(self, key: str, made: Callable[[], Any]) -> Any:
        return self._retries.telling(self._shown(key), told, made)
