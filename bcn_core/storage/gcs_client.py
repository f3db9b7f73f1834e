"""Calls of Google Cloud Storage's JSON interface: who asks, how, and what its answers mean."""

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
from bcn_core.storage.properties import is_true, timeouts

SERVICE = "https://storage.googleapis.com"
_SCOPE = "https://www.googleapis.com/auth/devstorage.read_write"
_RIGHTS = "check the credentials and the rights that they give: list, get and create, and delete for pins"
_LOGIN = (
    "set GOOGLE_APPLICATION_CREDENTIALS to a service account's key file, or run gcloud auth application-default login, "
    "or give gcs.oauth2.token in bcn.toml"
)


class GcsBucket:
    """One bucket, for one account at one address. Its calls may be made from any thread; none is made again here."""

    def __init__(self, session: "GcsSession", name: str) -> None:
        self._session = session
        self._name = name
        self._is_there = False
        self.objects = f"{session.address}/storage/v1/b/{quote(name, safe='')}/o"
        self.uploads = f"{session.address}/upload/storage/v1/b/{quote(name, safe='')}/o"

    def object(self, key: str) -> str:
        """The address of an object; the key is one segment of it, whatever signs it has."""
        return f"{self.objects}/{quote(key, safe='')}"

    def call(self, shown: str, method: str, address: str, **options: Any) -> Any:
        """One call; its answer, whose body may still be open when it was asked for as a stream.

        Raises:
            ObjectMissing: 404. ObjectExists: 412, a precondition does not hold.
            StorageFailure: another try may help. StorageRefused: none will; no such bucket is one of these.
        """
        try:
            return self._session.call(shown, method, address, **options)
        except ObjectMissing:
            self._check()
            raise

    def ask(self, shown: str, address: str, **options: Any) -> dict[str, Any]:
        """What the store tells at an address, as JSON; errors as for :meth:`call`."""
        with told(shown):
            found: dict[str, Any] = self.call(shown, "GET", address, **options).json()
        return found

    def _check(self) -> None:
        """GCS says 404 for an object and for a whole bucket; only a listing tells them apart."""
        if self._is_there:
            return
        try:
            self._session.call(f"gs://{self._name}", "GET", self.objects, params={"maxResults": "1"})
        except ObjectMissing:
            raise StorageRefused(
                f"there is no bucket gs://{self._name}",
                hint="check the bucket's name and gcs.service.host; a new bucket is made by Google's tools",
            ) from None
        except StorageRefused:
            # Whoever may not list cannot be told; the object is missing for them in any case.
            return
        self._is_there = True


class GcsSession:
    """One account at one address, shared by all buckets that are reached so."""

    def __init__(self, properties: Mapping[str, str]) -> None:
        self.address = properties.get("gcs.service.host", SERVICE).rstrip("/")
        self._http = _http(properties, self.address)
        self._headers = _payer(properties)
        self._timeouts = timeouts(properties, "gcs")

    def call(self, shown: str, method: str, address: str, **options: Any) -> Any:
        """One call, as :meth:`GcsBucket.call` tells it."""
        headers = {**self._headers, **options.pop("headers", {})}
        with told(shown):
            answer = self._http.request(method, address, headers=headers, timeout=self._timeouts, **options)
            if answer.status_code >= 400:
                with answer:
                    raise _answered(shown, answer.status_code, _message(answer))
        return answer


@contextmanager
def told(shown: str) -> Iterator[None]:
    """Say errors of connections and credentials as errors of a store; without addresses: an upload's is secret.

    Raises:
        StorageRefused: the store will not do it: no credentials, no rights.
        StorageFailure: the store did not do it; run again.
    """
    from google.auth import exceptions
    from requests import RequestException
    from urllib3.exceptions import HTTPError

    try:
        yield
    except BcnError:
        raise
    except exceptions.TransportError as error:
        raise StorageFailure(f"{shown}: {_kind(error)}", hint=AGAIN) from error
    except exceptions.GoogleAuthError as error:
        raise StorageRefused(f"{shown}: the credentials do not serve: {_kind(error)}", hint=_LOGIN) from error
    except (RequestException, HTTPError, OSError) as error:
        raise StorageFailure(f"{shown}: {_kind(error)}", hint=AGAIN) from error


def _http(properties: Mapping[str, str], address: str) -> Any:
    try:
        from google.auth.transport.requests import AuthorizedSession
    except ImportError as error:
        raise InvalidRequest(
            "GCS needs google-auth, which is not installed", hint="pip install 'bcn[gcs]'"
        ) from error
    return sending_in_pieces(AuthorizedSession(_credentials(properties, address), refresh_timeout=30))


def _credentials(properties: Mapping[str, str], address: str) -> Any:
    """A token that is given, nobody at an address without encryption, else as Google's own tools find them."""
    import google.auth
    from google.auth.credentials import AnonymousCredentials
    from google.oauth2.credentials import Credentials

    if properties.get("gcs.oauth2.token"):
        return Credentials(properties["gcs.oauth2.token"])
    if address.startswith("http://"):
        # An emulator: a real token must not travel in the open.
        return AnonymousCredentials()
    try:
        found, _project = google.auth.default(scopes=[_SCOPE])
    except google.auth.exceptions.DefaultCredentialsError as error:
        raise StorageRefused("no credentials for GCS were found", hint=_LOGIN) from error
    return found


def _payer(properties: Mapping[str, str]) -> dict[str, str]:
    payer = properties.get("gcs.project-id", "")
    return {"x-goog-user-project": payer} if is_true(properties, "gcs.requester-pays") else {}


def _message(answer: Any) -> str:
    try:
        found = answer.json()["error"]
    except (ValueError, KeyError, TypeError):
        return " ".join(answer.text.split())[:200]
    return str(found.get("message", "")) if isinstance(found, dict) else str(found)


def _answered(shown: str, status: int, message: str) -> BcnError:
    said = f"{shown}: the store says {status}: {message}".rstrip(": ")
    if status in (404, 410):
        return ObjectMissing(f"no object {shown}")
    if status == 412:
        return ObjectExists(f"{shown} exists already")
    if status == 507 or (status == 403 and "quota" in message.lower()):
        return StorageFull(said, hint=MAKE_ROOM)
    # A checksum that does not fit its bytes is a fault of the way: they are sent again.
    if status in (408, 409, 429) or status >= 500 or "hash" in message.lower():
        return StorageFailure(said, hint=AGAIN)
    return StorageRefused(said, hint=_LOGIN if status == 401 else _RIGHTS)


def _kind(error: Exception) -> str:
    return type(error).__name__
