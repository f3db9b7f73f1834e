"""A store that allows what one of the guide's policies allows, and refuses every other call."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from bcn_core.errors import StorageRefused
from bcn_core.storage.store import ObjectStat, ObjectVersion, Store

GUIDE = Path(__file__).parents[3] / "docs/guides/keep-backups-immutable.md"
BUCKET = "arn:aws:s3:::backups"


def policies() -> dict[str, Any]:
    """The policies of the guide, by role."""
    found = re.findall(r"^```json role=(\w+)\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    return {role: json.loads(text) for role, text in found}


@dataclass(frozen=True, slots=True)
class RoleStore:
    """Another store, seen by a role: verbs are the actions that they are in S3."""

    inner: Store
    policy: Any

    @property
    def url(self) -> str:
        return self.inner.url

    def get(self, key: str) -> bytes:
        self._ask("s3:GetObject", key)
        return self.inner.get(key)

    def stream(self, key: str) -> Iterator[bytes]:
        self._ask("s3:GetObject", key)
        return self.inner.stream(key)

    def put_new(self, key: str, chunks: Iterable[bytes]) -> None:
        self._ask("s3:PutObject", key)
        self.inner.put_new(key, chunks)

    def replace(self, key: str, data: bytes) -> None:
        self._ask("s3:PutObject", key)
        self.inner.replace(key, data)

    def list(self, folder: str) -> Iterator[ObjectStat]:
        self._ask("s3:ListBucket", None)
        return self.inner.list(folder)

    def stat(self, key: str) -> ObjectStat:
        self._ask("s3:GetObject", key)
        return self.inner.stat(key)

    def delete(self, key: str) -> None:
        self._ask("s3:DeleteObject", key)
        self.inner.delete(key)

    def versions(self, folder: str) -> Iterator[ObjectVersion]:
        self._ask("s3:ListBucketVersions", None)
        return self.inner.versions(folder)

    def free_bytes(self) -> int | None:
        return self.inner.free_bytes()

    def _ask(self, action: str, key: str | None) -> None:
        wanted = BUCKET if key is None else f"{BUCKET}/{key}"
        for statement in self.policy["Statement"]:
            allowed = action in _listed(statement["Action"])
            if allowed and any(fnmatchcase(wanted, one) for one in _listed(statement["Resource"])):
                return
        raise StorageRefused(f"{wanted}: access denied to {action}")


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
