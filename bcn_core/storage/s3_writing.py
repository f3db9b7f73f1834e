"""Writing one new object of S3: in one request or in parts, create-only, with checksums of our own."""

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import chain
from typing import Any

from bcn_core.errors import BcnError, ObjectMissing
from bcn_core.storage.creating import new_stamp, parts, unless_ours
from bcn_core.storage.retrying import Retries
from bcn_core.storage.s3_errors import told

_STAMP = "bcn-write"


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
        """Create the object, with at most two parts of it in memory.

        Raises:
            ObjectExists: the key is taken, and not by this write.
        """
        joined = parts(chunks)
        first, second = next(joined), next(joined, None)
        if second is None:
            self._whole(first)
        else:
            self._in_parts(chain([first, second], joined))

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
        unless_ours(self._shown, lambda: self._call(made), self._is_ours)

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
