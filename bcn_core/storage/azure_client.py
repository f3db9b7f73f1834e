"""A client of one Azure Blob Storage container, made from PyIceberg's properties and a table's location."""

import re
from collections.abc import Mapping
from typing import Any

from bcn_core.errors import InvalidRequest
from bcn_core.storage.pieces import sending_in_pieces
from bcn_core.storage.properties import is_true, timeouts
from bcn_core.storage.store import CHUNK_BYTES

_HOST = "blob.core.windows.net"
_ACCOUNT = re.compile(r"[a-z0-9-]+", re.IGNORECASE)


def open_container(authority: str, properties: Mapping[str, str]) -> Any:
    """The container of a location ``abfss://container@account.dfs…``, ``wasbs://container@account.blob…``.

    One try per call: tries are counted and told by :class:`~bcn_core.storage.retrying.Retries`.

    Raises:
        InvalidRequest: the libraries are not installed, or nothing names the account.
    """
    try:
        from azure.storage.blob import ContainerClient
    except ImportError as error:
        raise InvalidRequest(
            "Azure needs azure-storage-blob, which is not installed", hint="pip install 'bcn[azure]'"
        ) from error
    container, _, host = authority.rpartition("@")
    name, options = container or host, _options(properties)
    if properties.get("adls.connection-string"):
        return _by_connection_string(ContainerClient, properties["adls.connection-string"], name, options)
    account = _account(
        properties.get("adls.account-name") or (host.partition(".")[0] if container else ""), name
    )
    return ContainerClient(_address(account, properties), name, _credential(account, properties), **options)


def _options(properties: Mapping[str, str]) -> dict[str, Any]:
    return {
        "retry_total": 0,
        # A download asks once for the bytes that are wanted, and never for more behind BCN's back.
        "max_single_get_size": CHUNK_BYTES,
        "max_chunk_get_size": CHUNK_BYTES,
        "transport": _transport(properties),
    }


def _transport(properties: Mapping[str, str]) -> Any:
    import requests
    from azure.core.pipeline.transport import RequestsTransport

    connect, request = timeouts(properties, "adls")
    return RequestsTransport(
        session=sending_in_pieces(requests.Session()),
        session_owner=False,
        connection_timeout=connect,
        read_timeout=request,
    )


def _account(said: str, container: str) -> str:
    """The account as it is, when it can be one.

    Raises:
        InvalidRequest: nothing names it, or what names it is no account.
    """
    if not said:
        raise InvalidRequest(
            f"nothing says which account of Azure the container '{container}' is of",
            hint="write abfss://container@account.dfs.core.windows.net/…, or set adls.account-name",
        )
    # It becomes a part of a host's name, and credentials go there: a `#` or a `/` would end the name early.
    if not _ACCOUNT.fullmatch(said):
        raise InvalidRequest(
            f"'{said}' is no account of Azure", hint="it has lower-case letters and digits alone"
        )
    return said


def _by_connection_string(kind: Any, said: str, name: str, options: dict[str, Any]) -> Any:
    try:
        return kind.from_connection_string(said, name, **options)
    except ValueError as error:
        # The library's own words may repeat a part of the string, which holds the key.
        raise InvalidRequest(
            "adls.connection-string is not one", hint="copy it from the account's access keys, whole"
        ) from error


def _address(account: str, properties: Mapping[str, str]) -> str:
    """The account's blob service; an authority that does not begin with a dot has the account in its path."""
    scheme = properties.get("adls.blob-storage-scheme", "https")
    if properties.get("adls.account-host"):
        return f"{scheme}://{properties['adls.account-host']}"
    authority = properties.get("adls.blob-storage-authority") or f".{_HOST}"
    return f"{scheme}://{account}{authority}" if authority[0] == "." else f"{scheme}://{authority}/{account}"


def _credential(account: str, properties: Mapping[str, str]) -> Any:
    """A key, a signature, a token or a service principal; else as Azure's own tools find who is there."""
    from azure.core.credentials import AzureNamedKeyCredential, AzureSasCredential

    if properties.get("adls.account-key"):
        return AzureNamedKeyCredential(account, properties["adls.account-key"])
    if properties.get("adls.sas-token"):
        return AzureSasCredential(properties["adls.sas-token"])
    if is_true(properties, "adls.anon"):
        return None
    if properties.get("adls.token"):
        return _Token(properties["adls.token"])
    return _identity(properties)


def _identity(properties: Mapping[str, str]) -> Any:
    try:
        from azure.identity import ClientSecretCredential, DefaultAzureCredential
    except ImportError as error:
        raise InvalidRequest(
            "Azure needs azure-identity to find credentials, which is not installed",
            hint="pip install 'bcn[azure]', or give adls.account-key or adls.sas-token",
        ) from error
    said = [properties.get(f"adls.{name}", "") for name in ("tenant-id", "client-id", "client-secret")]
    if all(said):
        return ClientSecretCredential(*said)
    if any(said):
        raise InvalidRequest(
            "a part of the service principal for Azure is missing",
            hint="set adls.tenant-id, adls.client-id and adls.client-secret together, or none of them",
        )
    return DefaultAzureCredential()


class _Token:
    """A bearer token that was given, valid until the service says otherwise."""

    def __init__(self, token: str) -> None:
        self._token = token

    def get_token(self, *_scopes: str, **_options: Any) -> Any:
        import time

        from azure.core.credentials import AccessToken

        return AccessToken(self._token, int(time.time()) + 3600)
