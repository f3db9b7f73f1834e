"""The end of an upload to GCS. Answers are scripted: no server that runs here leaves an upload without its object."""

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from bcn_core.errors import StorageFailure
from bcn_core.storage.gcs_client import GcsBucket
from bcn_core.storage.gcs_writing import ResumablePart
from bcn_core.storage.retrying import Retries

DATA = b"0123456789"
IMPATIENT = Retries(attempts=3, sleep=lambda _seconds: None)


@dataclass
class Answer:
    status_code: int
    headers: dict[str, str] = field(default_factory=dict)
    said: dict[str, Any] = field(default_factory=dict)

    def json(self) -> dict[str, Any]:
        return self.said


ALL_BYTES = Answer(308, {"Range": "bytes=0-9"})
OBJECT = Answer(200, said={"size": "10", "md5Hash": base64.b64encode(hashlib.md5(DATA).digest()).decode()})


@dataclass
class ScriptedBucket:
    answers: list[Answer]
    asked: list[str] = field(default_factory=list)

    def call(self, _shown: str, _method: str, _address: str, **options: Any) -> Answer:
        self.asked.append(options["headers"]["Content-Range"])
        return self.answers.pop(0)


def last_part(bucket: ScriptedBucket) -> ResumablePart:
    return ResumablePart(cast("GcsBucket", bucket), "gs://b/k", "https://upload", 0, DATA, hashlib.md5(DATA))


def test_an_upload_that_has_all_bytes_and_no_object_is_asked_for_by_a_script_once_more() -> None:
    bucket = ScriptedBucket([ALL_BYTES, OBJECT])

    last_part(bucket).send(IMPATIENT)

    assert ["bytes 0-9/10", "bytes */10"] == bucket.asked


def test_an_upload_that_never_becomes_an_object_in_a_script_is_no_success() -> None:
    bucket = ScriptedBucket([ALL_BYTES] * 3)

    with pytest.raises(StorageFailure, match="has all bytes, and no object of them"):
        last_part(bucket).send(IMPATIENT)


def test_an_upload_that_a_script_ends_before_its_last_part_is_no_success() -> None:
    bucket = ScriptedBucket([OBJECT] * 3)
    part = ResumablePart(cast("GcsBucket", bucket), "gs://b/k", "https://upload", 0, DATA, None)

    with pytest.raises(StorageFailure, match="holds other bytes than were sent"):
        part.send(IMPATIENT)
