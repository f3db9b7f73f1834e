"""Writing one new object of GCS: in one request or by a resumable upload, create-only, with checksums of our own."""

import base64
import hashlib
import json
import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from bcn_core.errors import BcnError, ObjectMissing, StorageFailure
from bcn_core.storage.creating import new_stamp, unless_ours, whole_or_parts
from bcn_core.storage.gcs_client import GcsBucket, told
from bcn_core.storage.retrying import Retries

_STAMP = "bcn-write"
# "Resume Incomplete": the upload goes on.
_RESUME = 308
_ABSENT = {"ifGenerationMatch": "0"}


class NewGcsObject:
    """The write of one object. It bears a stamp of its own, by which it is known again when an answer was lost."""

    def __init__(self, bucket: GcsBucket, key: str, shown: str, retries: Retries) -> None:
        self._bucket = bucket
        self._key, self._shown = key, shown
        self._retries = retries
        self._stamp = new_stamp()

    def write(self, chunks: Iterable[bytes]) -> None:
        """Create the object, with at most two parts of it in memory.

        Raises:
            ObjectExists: the key is taken, and not by this write.
        """
        whole_or_parts(chunks, self._whole, self._in_parts)

    def _whole(self, data: bytes) -> None:
        unless_ours(self._shown, lambda: self.send(data, _ABSENT), self._is_ours)

    def send(self, data: bytes, condition: dict[str, str]) -> None:
        """Send the whole object in one request, its MD5 beside it for the store to check."""
        described = self._described() | {"md5Hash": _md5(hashlib.md5(data, usedforsecurity=False))}
        boundary = secrets.token_hex(16)
        head = f"--{boundary}\r\nContent-Type: application/json\r\n\r\n{json.dumps(described)}\r\n"
        body = f"{head}--{boundary}\r\nContent-Type: application/octet-stream\r\n\r\n".encode() + data
        self._call(
            "POST",
            self._bucket.uploads,
            params={"uploadType": "multipart", **condition},
            headers={"Content-Type": f"multipart/related; boundary={boundary}"},
            data=body + f"\r\n--{boundary}--".encode(),
        )

    def _in_parts(self, joined: Iterator[bytes]) -> None:
        upload = self._call(
            "POST",
            self._bucket.uploads,
            params={"uploadType": "resumable", **_ABSENT},
            headers={"X-Upload-Content-Type": "application/octet-stream"},
            json=self._described(),
        ).headers["Location"]
        try:
            unless_ours(self._shown, lambda: self._send_parts(upload, joined), self._is_ours)
        except BaseException:
            # What was uploaded is invisible, and GCS forgets it after a week where this fails.
            with suppress(BcnError):
                self._bucket.call(self._shown, "DELETE", upload, headers={"Content-Length": "0"})
            raise

    def _send_parts(self, upload: str, joined: Iterator[bytes]) -> None:
        digest, start, part = hashlib.md5(usedforsecurity=False), 0, next(joined)
        while True:
            digest.update(part)
            following = next(joined, None)
            last = None if following is not None else digest
            ResumablePart(self._bucket, self._shown, upload, start, part, last).send(self._retries)
            start += len(part)
            if following is None:
                return
            part = following

    def _is_ours(self) -> bool:
        try:
            at = self._bucket.object(self._key)
            held = self._retries.call(self._shown, lambda: self._bucket.ask(self._shown, at))
        except ObjectMissing:
            return False
        return bool(held.get("metadata", {}).get(_STAMP) == self._stamp)

    def _described(self) -> dict[str, Any]:
        return {"name": self._key, "metadata": {_STAMP: self._stamp}}

    def _call(self, method: str, address: str, **options: Any) -> Any:
        return self._retries.call(
            self._shown, lambda: self._bucket.call(self._shown, method, address, **options)
        )


class ResumablePart:
    """One part of a resumable upload. Before it is sent again, the store is asked how much of it is there.

    ``digest`` is the MD5 of the whole object for its last part, which makes the object appear; else None.
    """

    def __init__(
        self, bucket: GcsBucket, shown: str, upload: str, start: int, data: bytes, digest: Any
    ) -> None:
        self._bucket = bucket
        self._shown = shown
        self._upload = upload
        self._start, self._data, self._digest = start, data, digest
        self._end = start + len(data)

    def send(self, retries: Retries) -> None:
        """Send it until the store has it."""
        known = [self._start]

        def once() -> None:
            at = known.pop() if known else self._asked()
            while at < self._end:
                at = self._sent(at)

        retries.call(self._shown, once)

    def _sent(self, at: int) -> int:
        whole = self._end if self._digest is not None else "*"
        headers = {"Content-Range": f"bytes {at}-{self._end - 1}/{whole}"}
        if self._digest is not None:
            headers["X-Goog-Hash"] = f"md5={_md5(self._digest)}"
        return self._reached(self._put(self._data[at - self._start :], headers))

    def _asked(self) -> int:
        whole = self._end if self._digest is not None else "*"
        return self._reached(self._put(b"", {"Content-Range": f"bytes */{whole}"}))

    def _put(self, data: bytes, headers: dict[str, str]) -> Any:
        return self._bucket.call(
            self._shown, "PUT", self._upload, data=data, headers=headers, allow_redirects=False
        )

    def _reached(self, answer: Any) -> int:
        """How far the upload has come; its end when the object is there."""
        if answer.status_code != _RESUME:
            with told(self._shown):
                self._check(answer.json())
            return self._end
        # Without the header the store has nothing yet.
        last = answer.headers.get("Range", "").rpartition("-")[2]
        reached = int(last) + 1 if last else 0
        if reached < self._start:
            raise StorageFailure(f"{self._shown}: the store lost a part of its upload")
        if self._digest is not None and reached >= self._end:
            # Asked once more, it makes the object of them, or says why not.
            raise StorageFailure(f"{self._shown}: the store has all bytes, and no object of them")
        return reached

    def _check(self, found: dict[str, Any]) -> None:
        whole = self._digest is not None and int(found.get("size", -1)) == self._end
        if not whole or found.get("md5Hash") != _md5(self._digest):
            raise StorageFailure(f"{self._shown}: the store holds other bytes than were sent")


def _md5(digest: Any) -> str:
    return base64.b64encode(digest.digest()).decode()
