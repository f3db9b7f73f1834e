"""Whether a text names a place: any spelling of a prefix, as a whole path component, anywhere in the text."""

import re
from collections.abc import Iterable

from bcn_core.locations import split

_NAME = r"[\w.\-+=@~%]"


class Mentions:
    """A search for prefixes inside texts; ``.../t_backup`` and ``/mnt/wh/t`` do not mention ``/wh/t``."""

    def __init__(self, prefixes: Iterable[str], besides: Iterable[str] = ()) -> None:
        """Prepare the search for all spellings of some prefixes (``s3a:``, ``file:/``, bare paths).

        ``besides``: places that do not count although they begin like one of the prefixes; in free text nothing
        else tells ``/wh/t copy`` from a mention of ``/wh/t``.
        """
        needles = sorted({_needle(prefix) for prefix in prefixes})
        siblings = [_needle(place) for place in besides]
        self._raw = [re.sub(r"^.*?(?=/)", "", needle).encode() for needle in needles]
        paths = "|".join(_pattern(needle, siblings) for needle in needles)
        self._pattern = re.compile(paths) if needles else None

    def in_text(self, text: str) -> bool:
        """Tell whether a text names one of the places."""
        return self._pattern is not None and self._pattern.search(text) is not None

    def may_be_in(self, data: bytes) -> bool:
        """Tell quickly whether a look at the texts inside some bytes is worth the time."""
        return any(needle in data for needle in self._raw)


def _needle(prefix: str) -> str:
    trimmed = prefix.rstrip("/")
    parts = split(trimmed)
    if parts.scheme == "file":
        return "/" + parts.key
    return f"{parts.scheme}://{parts.authority}/{parts.key}".rstrip("/")


def _pattern(needle: str, siblings: list[str]) -> str:
    tails = [place.removeprefix(needle) for place in siblings if place.startswith(needle) and place != needle]
    after = f"(?!{'|'.join([_NAME, *(rf'{re.escape(tail)}(?!{_NAME})' for tail in tails)])})"
    if needle.startswith("s3://"):
        return f"s3[an]?{re.escape(needle[2:])}{after}"
    # A bare local path is also the tail of file:/ and file:/// spellings, but of no longer path.
    before = f"(?<!{_NAME})" if needle.startswith("/") else ""
    return f"{before}{re.escape(needle)}{after}"
