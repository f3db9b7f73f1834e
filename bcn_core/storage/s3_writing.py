"""Writing one new object of S3: in one request or in parts, create-only, with checksums of our own."""

import base64
import hashlib
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

from bcn_core.errors import BcnError, ObjectExists, ObjectMissing, StorageFailure
from bcn_core.storage.retrying import Retries
from bcn_core.storage.s3_errors import told

PART_BYTES = 16 * 1024 * 1024
_STAMP = "bcn-write"
# S3 takes 10,000 parts; doubling after each thousand reaches its largest object with room to spare.
_PARTS_BEFORE_DOUBLING = 1000


class NewObject:
    """The write of one object. It bears a stamp of its own, by which it is known again.

    When the answer to a write is lost, the next try finds the key taken, by our own object: the stamp tells it from
    somebody else's (robustness.md 0.4).
    """

    def __init__(self, client: Any, bucket: str, key: str, retries: Retries) -> None:
        self._client = client
        self._at = {"Bucket": bucket, "Key": key}
        self._shown = f"s3://{bucket}/{key}"
        self._retries = retries
        self._stamp = secrets.token_hex(16)

    def write(self, chunks: Iterable[bytes]) -> None:
        """Create the object, with at most two parts of it in memory.

        Raises:
            ObjectExists: the key is taken, and not by this write.
        """
        parts = _parts(chunks)
        first = next(parts, b"")
        second = next(parts, None)
        if second is None:
            self._whole(first)
        else:
            self._in_parts(_chained(first, second, parts))

    def _whole(self, data: bytes) -> None:
        self._unless_ours(
            lambda: self._client.put_object(
                **self._at,
                Body=data,
                IfNoneMatch="*",
                ChecksumSHA256=_checksum(data),
                Metadata={_STAMP: self._stamp},
            )
        )

    def _in_parts(self, parts: Iterator[bytes]) -> None:
        upload = self._call(
            lambda: self._client.create_multipart_upload(
                **self._at, ChecksumAlgorithm="SHA256", Metadata={_STAMP: self._stamp}
            )
        )["UploadId"]
        try:
            done = [self._part(upload, number, data) for number, data in enumerate(parts, start=1)]
            self._unless_ours(
                lambda: self._client.complete_multipart_upload(
                    **self._at, UploadId=upload, MultipartUpload={"Parts": done}, IfNoneMatch="*"
                )
            )
        except BaseException:
            # What was uploaded is invisible but costs money; where this fails, a lifecycle rule of the bucket helps.
            with suppress(BcnError):
                self._call(lambda: self._client.abort_multipart_upload(**self._at, UploadId=upload))
            raise

    def _part(self, upload: str, number: int, data: bytes) -> dict[str, Any]:
        checksum = _checksum(data)
        answer = self._call(
            lambda: self._client.upload_part(
                **self._at, UploadId=upload, PartNumber=number, Body=data, ChecksumSHA256=checksum
            )
        )
        return {"PartNumber": number, "ETag": answer["ETag"], "ChecksumSHA256": checksum}

    def _unless_ours(self, made: Callable[[], Any]) -> None:
        """Make the call that creates the object; a key that our own, earlier try took is a success.

        A finished upload is not known any more, so completing it again finds nothing: the stamp decides that too.
        """
        try:
            self._call(made)
        except (ObjectExists, ObjectMissing) as taken:
            if not self._is_ours():
                if isinstance(taken, ObjectMissing):
                    raise StorageFailure(f"{self._shown}: the store lost its upload") from taken
                raise

    def _is_ours(self) -> bool:
        try:
            held = self._call(lambda: self._client.head_object(**self._at))
        except ObjectMissing:
            return False
        return bool(held.get("Metadata", {}).get(_STAMP) == self._stamp)

    def _call(self, made: Callable[[], Any]) -> Any:
        def once() -> Any:
            with told(self._shown):
                return made()

        return self._retries.call(self._shown, once)


def _checksum(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def _chained(first: bytes, second: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield second
    yield from rest


def _parts(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks joined to parts of equal size, but for the last."""
    held, size, number = bytearray(), PART_BYTES, 0
    for chunk in chunks:
        held += chunk
        while len(held) >= size:
            yield bytes(held[:size])
            del held[:size]
            number += 1
            size = PART_BYTES * 2 ** (number // _PARTS_BEFORE_DOUBLING)
    if held:
        yield bytes(held)
