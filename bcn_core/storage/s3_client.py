"""A client of S3 or of a store that speaks its language, made from PyIceberg's properties."""

from collections.abc import Mapping
from typing import Any

from bcn_core.errors import InvalidRequest
from bcn_core.storage.properties import is_true, timeouts
from bcn_core.storage.s3_quick import QuickClient

_CONNECTIONS = 64
_SESSION = {
    "aws_access_key_id": ("s3.access-key-id", "client.access-key-id"),
    "aws_secret_access_key": ("s3.secret-access-key", "client.secret-access-key"),
    "aws_session_token": ("s3.session-token", "client.session-token"),
    "region_name": ("s3.region", "client.region"),
    "profile_name": ("s3.profile-name", "client.profile-name"),
}


def open_client(properties: Mapping[str, str]) -> Any:
    """A boto3 client, quick where it is asked most. What the properties leave open is found as AWS's own tools find it.

    That is: environment, profile, web identity, role of the container or the machine. One try per call: tries are
    counted and told by :class:`~bcn_core.storage.retrying.Retries`.

    Raises:
        InvalidRequest: boto3 is not installed, the profile does not exist, half of a pair of keys is given, or a
            timeout is no number of seconds.
    """
    try:
        import boto3  # noqa: F401 - told at once when it is not there
        import botocore.session
    except ImportError as error:
        raise InvalidRequest(
            "S3 needs boto3, which is not installed", hint="pip install 'bcn[s3]'"
        ) from error
    core = botocore.session.get_session()
    session = _session(core, properties)
    client = session.client(
        "s3",
        endpoint_url=properties.get("s3.endpoint") or None,
        # Without any region boto3 refuses even stores that have none.
        region_name=session.region_name or "us-east-1",
        config=_config(properties),
    )
    return QuickClient(client, session.get_credentials(), core.get_config_variable("ca_bundle"))


def _session(core: Any, properties: Mapping[str, str]) -> Any:
    """Who asks: the account that the properties name, else as AWS's own tools find one."""
    import boto3
    from botocore.exceptions import ProfileNotFound

    given = {name: _first(properties, keys) for name, keys in _SESSION.items()}
    if bool(given["aws_access_key_id"]) != bool(given["aws_secret_access_key"]):
        raise InvalidRequest(
            "half of the keys of S3 are given", hint="set both s3.access-key-id and s3.secret-access-key"
        )
    named = {name: value for name, value in given.items() if value}
    try:
        return boto3.Session(botocore_session=core, **named)
    except ProfileNotFound as error:
        raise InvalidRequest(str(error), hint="check AWS_PROFILE and s3.profile-name") from error


def _config(properties: Mapping[str, str]) -> Any:
    """How it is asked."""
    from botocore import UNSIGNED
    from botocore.config import Config

    connect, request = timeouts(properties, "s3")
    proxy = properties.get("s3.proxy-uri")
    return Config(
        retries={"total_max_attempts": 1},
        max_pool_connections=_CONNECTIONS,
        connect_timeout=connect,
        read_timeout=request,
        # A checksum of our own goes with every write; trailers by default are what older servers choke on.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        proxies={"http": proxy, "https": proxy} if proxy else None,
        s3={"addressing_style": _addressing(properties)},
        signature_version=UNSIGNED if is_true(properties, "s3.anonymous") else None,
    )


def _first(properties: Mapping[str, str], keys: tuple[str, ...]) -> str | None:
    return next((properties[key] for key in keys if properties.get(key)), None)


def _addressing(properties: Mapping[str, str]) -> str:
    """Path style for a named endpoint, unless asked otherwise: few such stores have a host name per bucket."""
    if is_true(properties, "s3.force-virtual-addressing"):
        return "virtual"
    style = properties.get("s3.path-style-access", "").lower()
    if style in ("true", "false"):
        return "path" if style == "true" else "virtual"
    return "path" if properties.get("s3.endpoint") else "auto"
