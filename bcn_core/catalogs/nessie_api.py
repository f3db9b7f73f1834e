"""Nessie's own interface, version 2, as far as BCN needs it: one reference, its entries, and commits on top of it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from bcn_core.catalogs.patience import Patience, hint_for
from bcn_core.catalogs.redaction import without_user_info
from bcn_core.errors import Conflict, NotFound, StorageFailure


@dataclass(frozen=True, slots=True)
class NessieReply:
    """What the server answered: HTTP status and document."""

    status: int
    document: Mapping[str, Any]

    @property
    def message(self) -> str:
        return str(self.document.get("message", self.status))


@dataclass(frozen=True, slots=True)
class NessieReference:
    """One branch of a Nessie server. ``address`` ends with ``/api/v2``; ``token`` is a bearer token or empty."""

    address: str
    name: str
    token: str = ""
    patience: Patience = field(default_factory=Patience)

    def hash(self) -> str:
        """The commit that the branch is at."""
        found: str = self._get(f"trees/{quote(self.name, safe='')}")["reference"]["hash"]
        return found

    def entries(self, commit: str) -> Iterator[Mapping[str, Any]]:
        """All entries at one commit with their contents, page by page."""
        token = ""
        while True:
            page = self._get(f"trees/{self._at(commit)}/entries?content=true{token}")
            yield from page["entries"]
            if not page.get("hasMore"):
                return
            token = f"&page-token={quote(page['token'], safe='')}"

    def content(self, commit: str, key: tuple[str, ...]) -> Mapping[str, Any] | None:
        """The content of one key at a commit."""
        asked = {"requestedKeys": [{"elements": list(key)}]}
        reply = self._send("POST", f"trees/{self._at(commit)}/contents", asked)
        found = _checked(reply).get("contents", ())
        return found[0]["content"] if found else None

    def commit(self, base: str, key: tuple[str, ...], content: Mapping[str, Any], message: str) -> None:
        """Put one content on top of a commit that the branch is still at, or whose changes since are elsewhere.

        Raises:
            Conflict: the key was changed since, or exists though the content is new.
            NotFound: its namespace does not exist.
        """
        operation = {"type": "PUT", "key": {"elements": list(key)}, "content": content}
        body = {"commitMeta": {"message": message}, "operations": [operation]}
        reply = self._send("POST", f"trees/{self._at(base)}/history/commit", body)
        if reply.status == 409 and "must exist" in reply.message:
            raise NotFound(reply.message)
        _checked(reply)

    def _at(self, commit: str) -> str:
        return quote(f"{self.name}@{commit}", safe="")

    def _get(self, path: str) -> Mapping[str, Any]:
        return _checked(self._send("GET", path))

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> NessieReply:
        return _asked(self, method, path, body)


def references_of(address: str, token: str = "") -> dict[str, str]:
    """Every branch and tag of a server with its hash, page by page."""
    found: dict[str, str] = {}
    page = ""
    while True:
        said = _checked(_asked(NessieReference(address, "", token), "GET", f"trees{page}"))
        found |= {one["name"]: one["hash"] for one in said["references"]}
        if not said.get("hasMore"):
            return found
        page = f"?page-token={quote(said['token'], safe='')}"


def _asked(at: NessieReference, method: str, path: str, body: Mapping[str, Any] | None = None) -> NessieReply:
    import requests

    headers = {"Authorization": f"Bearer {at.token}"} if at.token else {}
    shown = f"Nessie at {without_user_info(at.address)}"
    try:
        answer = requests.request(
            method, f"{at.address}/{path}", json=body, headers=headers, timeout=at.patience.pair
        )
        return NessieReply(answer.status_code, answer.json())
    except requests.Timeout as error:
        raise StorageFailure(f"{shown} does not answer in time", hint=hint_for(error)) from error
    except (requests.RequestException, json.JSONDecodeError) as error:
        raise StorageFailure(
            f"{shown} does not answer as it should: {type(error).__name__}",
            hint="check that it is up and that uri ends with /api/v2",
        ) from error


def _checked(reply: NessieReply) -> Mapping[str, Any]:
    if reply.status == 409:
        raise Conflict(f"Nessie says: {reply.message}", hint="look at it, then run again")
    if reply.status == 404:
        raise NotFound(f"Nessie says: {reply.message}", hint="check ref and uri of the catalog")
    if reply.status >= 400:
        raise StorageFailure(f"Nessie says {reply.status}: {reply.message}", hint="check uri, ref and token")
    return reply.document
