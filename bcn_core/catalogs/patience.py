"""How long a catalog's server may be silent before that is an error: two properties of the catalog, in seconds."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from bcn_core.errors import InvalidRequest

CONNECT, READ = "bcn.connect-timeout", "bcn.read-timeout"
HINT = "check that the catalog is up and that its address and credentials are right"
_OF_AWS = {
    "NoRegionError": 'name the region: "glue.region" = "eu-central-1"',
    "NoCredentialsError": 'log in to AWS (aws sso login, AWS_PROFILE), or name "client.profile-name"',
    "ProfileNotFound": '"client.profile-name" is one of ~/.aws/config; aws configure list-profiles shows them',
}
"""By the names of botocore's errors, which may not be installed."""

_NAMELESS = ("getpwuid()", "No username set")
"""What Python says where a metastore is told who asks, in a container whose user nobody named."""


@dataclass(frozen=True, slots=True)
class Patience:
    """The seconds until a connection must stand, and those that may pass between two bytes of an answer."""

    connect: float = 10.0
    read: float = 120.0

    @classmethod
    def of(cls, properties: Mapping[str, Any]) -> Self:
        """What a catalog's properties say.

        Raises:
            InvalidRequest: one of them is no number of seconds above 0.
        """
        given = {"connect": properties.get(CONNECT), "read": properties.get(READ)}
        return cls(**{name: _seconds(value) for name, value in given.items() if value is not None})

    @property
    def pair(self) -> tuple[float, float]:
        """As requests takes it."""
        return self.connect, self.read


def hint_for(error: Exception) -> str:
    """What to do about an error that a catalog's library raised."""
    from requests.exceptions import Timeout

    # Thrift's own error of a silent metastore bears the system's.
    if isinstance(error, Timeout) or isinstance(getattr(error, "inner", None), TimeoutError):
        return f"the server is silent: look at it; one that only is slow needs a longer {READ} (or {CONNECT})"
    if any(said in str(error) for said in _NAMELESS):
        return "this process runs under a number that has no user's name: set the variable USER"
    return _OF_AWS.get(type(error).__name__, HINT)


def _seconds(text: object) -> float:
    try:
        found = float(str(text))
    except ValueError:
        found = math.nan
    if not 0 < found < math.inf:
        raise InvalidRequest(
            f"'{text}' is no number of seconds above 0",
            hint=f'such as {READ} = "300" in [catalogs.NAME]',
        )
    return found
