"""Secrets stay out of every text that BCN shows or writes."""

import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote

_SECRET_KEY = re.compile(
    r"password|secret|token|credential|access-key|account-key|connection-string|sas|private|authorization|api-?key",
    re.IGNORECASE,
)
_USER_INFO = re.compile(r"(?<=://)[^/@\s]*@")
# As SQLAlchemy reads it: a password may hold slashes, which would end the host of any other address.
_PASSWORD = re.compile(r"://[^:/@]*:([^@]+)@")


def without_user_info(uri: str) -> str:
    """An address without user name, password and query."""
    return _USER_INFO.sub("", uri).partition("?")[0]


def redacted(text: str, properties: Mapping[str, str]) -> str:
    """A text in which no secret value of a catalog's properties stands any more."""
    secrets = [part for key, value in properties.items() for part in _secrets(key, value)]
    return _USER_INFO.sub("***@", _hidden(text, secrets))


def _secrets(key: str, value: str) -> Iterator[str]:
    """What must not be shown of a property: a secret, and its last part (``client:secret``, ``Bearer token``)."""
    yield from _PASSWORD.findall(value)
    if _SECRET_KEY.search(key):
        yield value
        yield re.split("[: ]", value)[-1]


def _hidden(text: str, secrets: Iterable[str]) -> str:
    """The longest first: a secret may be a part of another."""
    for secret in sorted(
        {spelled for one in secrets for spelled in (one, unquote(one))}, key=len, reverse=True
    ):
        text = text.replace(secret, "***") if secret else text
    return text
