"""Calls of WebHDFS, HDFS's own interface over HTTP: who asks, which name node answers, and what the answers mean."""

import getpass
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from bcn_core.errors import (
    BcnError,
    InvalidRequest,
    ObjectExists,
    ObjectMissing,
    StorageFailure,
    StorageFull,
    StorageRefused,
)
from bcn_core.storage.hints import AGAIN, MAKE_ROOM
from bcn_core.storage.pieces import sending_in_pieces
from bcn_core.storage.properties import timeouts

PORT = 9870
_RIGHTS = "check hdfs.user and its rights in these folders, or give hdfs.delegation-token in bcn.toml"
_MISSING = {"FileNotFoundException", "ParentNotDirectoryException", "PathNotFoundException"}
_FULL = {"DSQuotaExceededException", "NSQuotaExceededException", "QuotaExceededException"}
_REFUSED = {
    "AccessControlException",
    "AuthorizationException",
    "SecurityException",
    "InvalidToken",
    "InvalidPathException",
    "IllegalArgumentException",
    "UnsupportedOperationException",
    "PathIsNotEmptyDirectoryException",
}


class HdfsClient:
    """One cluster, for one user. Of several name nodes the active one is found by asking; nothing is repeated here."""

    def __init__(self, authority: str, properties: Mapping[str, str]) -> None:
        import requests

        self._addresses = _addresses(authority, properties)
        self._active = 0
        self._who = _who(properties)
        self._http = sending_in_pieces(requests.Session())
        self._timeouts = timeouts(properties, "hdfs")

    def ask(self, shown: str, method: str, path: str, **asked: Any) -> Any:
        """What a name node says to one operation, as JSON; None for an empty answer."""
        with told(shown), self._answered(shown, method, path, asked) as answer:
            return answer.json() if answer.content else None

    def open(self, shown: str, path: str, start: int) -> Any:
        """The bytes of a file from somewhere on, as a stream from a data node."""
        with told(shown):
            return self._at_data_node(shown, "GET", path, {"op": "OPEN", "offset": start}, stream=True)

    def send(self, shown: str, method: str, path: str, data: bytes, **asked: Any) -> None:
        """Send bytes to a data node."""
        headers = {"Content-Type": "application/octet-stream"}
        with told(shown), self._at_data_node(shown, method, path, asked, data=data, headers=headers):
            return

    def _at_data_node(
        self, shown: str, method: str, path: str, asked: Mapping[str, Any], **options: Any
    ) -> Any:
        """A name node only says where the bytes are; it gets none of them."""
        with self._answered(shown, method, path, asked) as first:
            place = first.headers.get("Location", "")
        if not place:
            raise StorageFailure(f"{shown}: the name node names no data node", hint=AGAIN)
        answer = self._http.request(method, place, timeout=self._timeouts, allow_redirects=False, **options)
        return _checked(shown, answer)

    def _answered(self, shown: str, method: str, path: str, asked: Mapping[str, Any]) -> Any:
        """The answer of the active name node; the one that was active last is asked first."""
        for _ in self._addresses[1:]:
            at = self._active
            try:
                return self._asked_at(at, shown, method, path, asked)
            except StorageFailure as error:
                if not error.retryable:
                    raise
                self._active = (at + 1) % len(self._addresses)
        return self._asked_at(self._active, shown, method, path, asked)

    def _asked_at(self, at: int, shown: str, method: str, path: str, asked: Mapping[str, Any]) -> Any:
        address = f"{self._addresses[at]}/webhdfs/v1{quote(path)}"
        with told(shown):
            answer = self._http.request(
                method, address, params={**asked, **self._who}, timeout=self._timeouts, allow_redirects=False
            )
            return _checked(shown, answer)


@contextmanager
def told(shown: str) -> Iterator[None]:
    """Say errors of connections as errors of a store; without addresses, which bear the user's token.

    Raises:
        StorageFailure: the store did not do it; run again.
    """
    from requests import RequestException
    from urllib3.exceptions import HTTPError

    try:
        yield
    except BcnError:
        raise
    except (RequestException, HTTPError, OSError, ValueError) as error:
        raise StorageFailure(f"{shown}: {type(error).__name__}", hint=AGAIN) from None


def _addresses(authority: str, properties: Mapping[str, str]) -> list[str]:
    """Where WebHDFS answers: as told, else at the name node's usual port, which is not the port of ``hdfs://``."""
    said = [one.strip().rstrip("/") for one in properties.get("hdfs.webhdfs", "").split(",")]
    found = [one for one in said if one]
    host = authority.partition(":")[0]
    if not found and not host:
        raise InvalidRequest(
            "hdfs:/// names no cluster", hint="write hdfs://HOST/PATH, or give hdfs.webhdfs in bcn.toml"
        )
    return found or [f"http://{host}:{PORT}"]


def _who(properties: Mapping[str, str]) -> dict[str, str]:
    token = properties.get("hdfs.delegation-token")
    return {"delegation": token} if token else {"user.name": properties.get("hdfs.user") or getpass.getuser()}


def _checked(shown: str, answer: Any) -> Any:
    if answer.status_code < 400:
        return answer
    with answer:
        raise _failure(shown, answer.status_code, *_exception(answer))


def _exception(answer: Any) -> tuple[str, str]:
    """The exception that Hadoop tells, and its first line."""
    try:
        found = answer.json()["RemoteException"]
        return str(found["exception"]), str(found.get("message", "")).partition("\n")[0][:300]
    except (ValueError, KeyError, TypeError):
        return "", ""


def _failure(shown: str, status: int, name: str, message: str) -> BcnError:
    said = f"{shown}: the cluster says {name or status}: {message}".rstrip(": ")
    if name in _MISSING or (status == 404 and not name):
        return ObjectMissing(f"no object {shown}")
    if name == "FileAlreadyExistsException":
        return ObjectExists(f"{shown} exists already")
    if name in _FULL or "could only be written to 0 of" in message:
        return StorageFull(said, hint=MAKE_ROOM)
    if name in _REFUSED or status in (400, 401) or (status == 403 and not name):
        return StorageRefused(said, hint=_RIGHTS)
    # A lease that is held, safe mode, a name node in standby, and most of what Hadoop calls IOException pass.
    return StorageFailure(said, hint=AGAIN)
