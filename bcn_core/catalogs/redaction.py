"""Secrets stay out of every text that BCN shows or writes."""

import re
from collections.abc import Mapping

_SECRET_KEY = re.compile(
    r"password|secret|token|credential|access-key|account-key|connection-string|sas|private", re.IGNORECASE
)
_USER_INFO = re.compile(r"(?<=://)[^/@\s]*@")


def without_user_info(uri: str) -> str:
    """An address without user name, password and query."""
    return _USER_INFO.sub("", uri).partition("?")[0]


def redacted(text: str, properties: Mapping[str, str]) -> str:
    """A text in which no secret value of a catalog's properties stands any more."""
    for key, value in properties.items():
        if _SECRET_KEY.search(key) and value:
            text = text.replace(value, "***")
    return _USER_INFO.sub("***@", text)
