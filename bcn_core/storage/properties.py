"""The values of properties that are no plain texts: times and yes or no."""

import math
from collections.abc import Mapping
from typing import NamedTuple

from bcn_core.errors import InvalidRequest


class Timeouts(NamedTuple):
    """How long is waited, in seconds: for a connection, and for each step of an answer; as requests takes them."""

    connect: float
    request: float


def timeouts(properties: Mapping[str, str], kind: str) -> Timeouts:
    """What ``<kind>.connect-timeout`` and ``<kind>.request-timeout`` say; 10 and 60 seconds where they say nothing.

    Raises:
        InvalidRequest: one of them is no number of seconds.
    """
    return Timeouts(
        _seconds(properties, f"{kind}.connect-timeout", "10"),
        _seconds(properties, f"{kind}.request-timeout", "60"),
    )


def is_true(properties: Mapping[str, str], name: str) -> bool:
    """Whether a property says yes."""
    return properties.get(name, "").lower() == "true"


def _seconds(properties: Mapping[str, str], name: str, usual: str) -> float:
    said = properties.get(name, usual)
    try:
        seconds = float(said)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise InvalidRequest(f"{name} is '{said}'", hint="give a number of seconds, such as 60")
    return seconds
