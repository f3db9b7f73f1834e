"""What S3 and the way to it answer, in the words of the error tree."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from bcn_core.errors import (
    BcnError,
    ObjectExists,
    ObjectMissing,
    StorageFailure,
    StorageFull,
    StorageRefused,
)
from bcn_core.storage.hints import AGAIN, MAKE_ROOM

# Some servers answer 404 for accounts and buckets too: an object is missing only when that is what they say.
_MISSING = {"", "404", "NoSuchKey", "NoSuchUpload", "NoSuchVersion", "NotFound"}
_FULL = {"QuotaExceeded", "XMinioStorageFull", "InsufficientStorage", "ServiceQuotaExceededException"}
_BUSY = {"SlowDown", "RequestTimeout", "InternalError", "Throttling"}
# Bytes that were spoiled or lost on their way: they are sent again.
_SPOILED = {"BadDigest", "IncompleteBody", "XAmzContentChecksumMismatch", "XAmzContentSHA256Mismatch"}
_USER_INFO = re.compile(r"(?<=://)[^/@\s]*@")
FAILED_ON_THE_WAY = "the connection broke off: {}: {}"
_LOG_IN = (
    "log in anew (aws sso login), or put new keys where the old ones stand; then run the same command again"
)
# OpenSSL's word for it, which stands in the texts of all that pass its error on.
_UNTRUSTED = "CERTIFICATE_VERIFY_FAILED"
_TRUST = (
    "put the certificate of who signed the store's into a file that AWS_CA_BUNDLE names, or mend s3.endpoint"
)
_ELSEWHERE = "give s3.endpoint as the address that it sends to, often the same with https"
_REGION = "the bucket is of another region: set s3.region or AWS_REGION"
_RIGHTS = "check the credentials and the rights that they give: list, get and put, and delete for pins"

_HINTS = {
    "NoSuchBucket": "check the bucket's name and the endpoint; a new bucket is made by the store's own tools",
    "PermanentRedirect": _REGION,
    "IllegalLocationConstraintException": _REGION,
    "AuthorizationHeaderMalformed": _REGION,
    "ExpiredToken": _LOG_IN,
    "ExpiredTokenException": _LOG_IN,
    "RequestExpired": _LOG_IN,
    "TokenRefreshRequired": _LOG_IN,
    "RequestTimeTooSkewed": "set the clock of this machine (timedatectl), then run the same command again",
}
"""What to do about a refusal, by its code; any other is one of rights."""


@contextmanager
def told(shown: str) -> Iterator[None]:
    """Say botocore's errors, of answers and of connections, as errors of a store.

    Raises:
        StorageRefused: the store will not do it: no credentials, no rights.
        StorageFailure: the store did not do it; run again.
    """
    from botocore import exceptions
    from urllib3.exceptions import HTTPError

    try:
        yield
    except BcnError:
        raise
    except exceptions.ClientError as error:
        raise _answered(shown, error.response) from error
    except (exceptions.NoCredentialsError, exceptions.CredentialRetrievalError) as error:
        raise StorageRefused(f"{shown}: no credentials were found", hint=_CREDENTIALS) from error
    except (
        exceptions.SSOError,
        exceptions.TokenRetrievalError,
        exceptions.RefreshWithMFAUnsupportedError,
    ) as error:
        raise StorageRefused(f"{shown}: {_plain(error)}", hint=_LOG_IN) from error
    except (exceptions.ParamValidationError, exceptions.PartialCredentialsError) as error:
        raise StorageRefused(f"{shown}: {error}", hint="check the names of bucket and key") from error
    except RecursionError as error:
        # botocore asks for the bucket's region, is sent elsewhere again, and asks for the region then.
        raise StorageRefused(f"{shown}: the store sends every request elsewhere", hint=_ELSEWHERE) from error
    except (exceptions.BotoCoreError, HTTPError, OSError) as error:
        said = f"{shown}: {_plain(error)}"
        if _UNTRUSTED in said:
            raise StorageRefused(said, hint=_TRUST) from error
        raise StorageFailure(said, hint=AGAIN) from error


def refused(errors: Iterable[dict[str, str]], url: str, prefix: int) -> Iterator[str]:
    """The keys, without their prefix of so many characters, that a store would not delete among others.

    Raises:
        StorageFailure: another try may help.
    """
    for error in errors:
        code, key = error.get("Code", ""), error.get("Key", "")[prefix:]
        if code in _MISSING - {""}:
            continue
        failure = _failed(f"{url}/{key}: the store says {code}: {error.get('Message', '')}", code, 0)
        if not isinstance(failure, StorageRefused):
            raise failure
        yield key


def _answered(shown: str, response: dict[str, Any]) -> BcnError:
    code = str(response.get("Error", {}).get("Code", ""))
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if status == 404 and code in _MISSING:
        return ObjectMissing(f"no object {shown}")
    if status == 412:
        return ObjectExists(f"{shown} exists already")
    message = response.get("Error", {}).get("Message", "")
    return _failed(f"{shown}: the store says {code or status}: {message}".rstrip(": "), code, status)


def _failed(said: str, code: str, status: int) -> StorageFailure:
    if code in _FULL or status == 507:
        return StorageFull(said, hint=MAKE_ROOM)
    if code in _BUSY | _SPOILED or status in (408, 409, 429) or status >= 500:
        return StorageFailure(said, hint=AGAIN)
    if status in (301, 307):
        return StorageRefused(said, hint=_REGION)
    return StorageRefused(said, hint=_HINTS.get(code, _RIGHTS))


def _plain(error: Exception) -> str:
    """In one line, without the user that an endpoint's address may name."""
    return _USER_INFO.sub("", " ".join(str(error).split())) or type(error).__name__


_CREDENTIALS = (
    "set s3.access-key-id and s3.secret-access-key in bcn.toml, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
    "or a profile (AWS_PROFILE)"
)
