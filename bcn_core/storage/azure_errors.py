"""What Azure Blob Storage and the way to it answer, in the words of the error tree."""

from collections.abc import Iterator
from contextlib import contextmanager

from bcn_core.errors import (
    BcnError,
    ObjectExists,
    ObjectMissing,
    StorageFailure,
    StorageFull,
    StorageRefused,
)
from bcn_core.storage.hints import AGAIN, MAKE_ROOM

_FULL = {"AccountBlobCapacityExceeded", "InsufficientAccountCapacity"}
# A block or body whose checksum does not fit was spoiled on its way: it is sent again.
_SPOILED = {"Md5Mismatch", "Crc64Mismatch", "InvalidHeaderValue", "OperationTimedOut"}
_RIGHTS = (
    "check the credentials and the rights that they give: read, list, create and write, and delete for pins"
)
_LOGIN = (
    "set adls.account-key, adls.sas-token or adls.connection-string in bcn.toml, or log in as Azure's tools do: "
    "az login, AZURE_CLIENT_ID and its kin, a managed identity"
)


@contextmanager
def told(shown: str) -> Iterator[None]:
    """Say the library's errors, of answers, of connections and of credentials, as errors of a store.

    Raises:
        StorageRefused: the store will not do it: no credentials, no rights.
        StorageFailure: the store did not do it; run again.
    """
    from azure.core import exceptions

    try:
        yield
    except BcnError:
        raise
    except exceptions.HttpResponseError as error:
        raise _answered(shown, error.status_code or 0, _code(error)) from error
    except exceptions.AzureError as error:
        raise StorageFailure(f"{shown}: {type(error).__name__}", hint=AGAIN) from error
    except ValueError as error:
        # A key that is no base64 is told so, by whom it is decoded.
        raise StorageRefused(
            f"{shown}: the credentials cannot be used: {type(error).__name__}", hint=_LOGIN
        ) from error
    except OSError as error:
        raise StorageFailure(f"{shown}: {type(error).__name__}", hint=AGAIN) from error


def _code(error: Exception) -> str:
    code = getattr(error, "error_code", None)
    return str(getattr(code, "value", code) or "")


def _answered(shown: str, status: int, code: str) -> BcnError:
    said = f"{shown}: the store says {code or status or 'nothing'}"
    if code == "ContainerNotFound":
        return StorageRefused(said, hint="make the container first, or check its name and the account")
    if status == 404:
        return ObjectMissing(f"no object {shown}")
    if status == 412 or code == "BlobAlreadyExists":
        return ObjectExists(f"{shown} exists already")
    return _failed(said, status, code)


def _failed(said: str, status: int, code: str) -> StorageFailure:
    if code in _FULL or status == 507:
        return StorageFull(said, hint=MAKE_ROOM)
    if code in _SPOILED or status in (0, 408, 409, 429) or status >= 500:
        return StorageFailure(said, hint=AGAIN)
    if status == 401 or code in ("AuthenticationFailed", "InvalidAuthenticationInfo"):
        return StorageRefused(said, hint=_LOGIN)
    return StorageRefused(said, hint=_RIGHTS)
