"""Writing one new object of S3: in one request or in parts, create-only, with checksums of our own."""

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import count, repeat
from typing import Any

from bcn_core.errors import BcnError, ObjectExists, ObjectMissing, StorageFailure
from bcn_core.storage.creating import new_stamp, unless_ours, whole_or_parts
from bcn_core.storage.retrying import Retries
from bcn_core.storage.s3_errors import told
from bcn_core.storage.within import LEAST_BYTES, MOST_BYTES, Check, HeldBytes, ObjectPlace

_STAMP = "bcn-write"
_Parts = list[dict[str, Any]]


class CopyNotTold(StorageFailure):
    """The store copied, or would not, and tells no SHA-256 of what it copied: the bytes must be read."""


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
        self._stamp = new_stamp()

    def write(self, chunks: Iterable[bytes]) -> None:
        """Create the object, with one part of it in memory.

        Raises:
            ObjectExists: the key is taken, and not by this write.
        """
        whole_or_parts(chunks, self._whole, self._in_parts)

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

    def copy(self, source: ObjectPlace, check: Check) -> HeldBytes | None:
        """Create the object as the store's own copy of another, as :meth:`CopiesWithin.copy_new` tells it.

        The copy is the only part of an upload: its checksum is the object's, and it is known before the object is
        there. ``CopyObject`` is create-only nowhere but on AWS, and tells a checksum when it is too late.
        """
        where = {"Bucket": source.bucket, "Key": source.key}
        found = self._call(lambda: self._client.head_object(**where), f"s3://{source.bucket}/{source.key}")
        if not LEAST_BYTES <= found["ContentLength"] <= MOST_BYTES:
            return None
        held: list[HeldBytes] = []

        def only_part(upload: str) -> _Parts:
            part = self._copied_part(upload, where, found["ETag"])
            held.append(HeldBytes(found["ContentLength"], _digest(part["ChecksumSHA256"])))
            check(held[0])
            return [part]

        try:
            self._assembled(only_part)
        except CopyNotTold:
            return None
        return held[0]

    def _copied_part(self, upload: str, source: dict[str, str], etag: str) -> dict[str, Any]:
        options = {"UploadId": upload, "PartNumber": 1, "CopySource": source, "CopySourceIfMatch": etag}
        try:
            answer = self._call(lambda: self._client.upload_part_copy(**self._at, **options))
        except (StorageFailure, ObjectExists) as error:
            # Refused, too slow, or the source is another by now: reading it tells what is the matter.
            raise CopyNotTold(f"{self._shown}: the store does not copy it") from error
        part = answer["CopyPartResult"]
        if not _digest(part.get("ChecksumSHA256", "")):
            raise CopyNotTold(f"{self._shown}: the store tells no SHA-256 of its copy")
        return {"PartNumber": 1, "ETag": part["ETag"], "ChecksumSHA256": part["ChecksumSHA256"]}

    def _in_parts(self, parts: Iterator[bytes]) -> None:
        self._assembled(
            # Neither a loop's name nor enumerate keeps a part while the next one is read.
            lambda upload: list(map(self._part, repeat(upload), count(1), parts))
        )

    def _assembled(self, made: Callable[[str], _Parts]) -> None:
        """Make the parts of a new upload, and finish it: only then the object is there."""
        upload = self._call(
            lambda: self._client.create_multipart_upload(
                **self._at, ChecksumAlgorithm="SHA256", Metadata={_STAMP: self._stamp}
            )
        )["UploadId"]
        try:
            done = made(upload)
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
        unless_ours(self._shown, lambda: self._call(made), self._is_ours)

    def _is_ours(self) -> bool:
        try:
            held = self._call(lambda: self._client.head_object(**self._at))
        except ObjectMissing:
            return False
        return bool(held.get("Metadata", {}).get(_STAMP) == self._stamp)

    def _call(self, made: Callable[[], Any], shown: str = "") -> Any:
        return self._retries.telling(shown or self._shown, told, made)


def _checksum(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def _digest(checksum: str) -> str:
    """A SHA-256 in hexadecimal; empty for what is none, such as the checksum of checksums of an object in parts."""
    try:
        found = base64.b64decode(checksum, validate=True)
    except ValueError:
        return ""
    return found.hex() if len(found) == hashlib.sha256().digest_size else ""
