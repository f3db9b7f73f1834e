"""A client of S3 or of a store that speaks its language, made from PyIceberg's properties."""

from collections.abc import Mapping
from typing import Any

from bcn_core.errors import InvalidRequest
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
        InvalidRequest: boto3 is not installed, the profile does not exist, or half of a pair of keys is given.
    """
    try:
        import boto3
        import botocore.session
        from botocore.config import Config
        from botocore.exceptions import ProfileNotFound
    except ImportError as error:
        raise InvalidRequest(
            "S3 needs boto3, which is not installed", hint="pip install 'bcn[s3]'"
        ) from error
    given = {name: _first(properties, keys) for name, keys in _SESSION.items()}
    if bool(given["aws_access_key_id"]) != bool(given["aws_secret_access_key"]):
        raise InvalidRequest(
            "half of the keys of S3 are given", hint="set both s3.access-key-id and s3.secret-access-key"
        )
    try:
        core = botocore.session.get_session()
        named = {name: value for name, value in given.items() if value}
        session = boto3.Session(botocore_session=core, **named)
    except ProfileNotFound as error:
        raise InvalidRequest(str(error), hint="check AWS_PROFILE and s3.profile-name") from error
    config = Config(
        retries={"total_max_attempts": 1},
        max_pool_connections=_CONNECTIONS,
        connect_timeout=float(properties.get("s3.connect-timeout", 10)),
        read_timeout=float(properties.get("s3.request-timeout", 60)),
        # A checksum of our own goes with every write; trailers by default are what older servers choke on.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        proxies=_proxies(properties),
        s3={"addressing_style": _addressing(properties)},
        **_signing(properties),
    )
    # Without any region boto3 refuses even stores that have none.
    region = session.region_name or "us-east-1"
    client = session.client(
        "s3", endpoint_url=properties.get("s3.endpoint") or None, region_name=region, config=config
    )
    return QuickClient(client, session.get_credentials(), core.get_config_variable("ca_bundle"))


def _first(properties: Mapping[str, str], keys: tuple[str, ...]) -> str | None:
    return next((properties[key] for key in keys if properties.get(key)), None)


def _addressing(properties: Mapping[str, str]) -> str:
    """Path style for a named endpoint, unless asked otherwise: few such stores have a host name per bucket."""
    if properties.get("s3.force-virtual-addressing", "").lower() == "true":
        return "virtual"
    style = properties.get("s3.path-style-access", "").lower()
    if style in ("true", "false"):
        return "path" if style == "true" else "virtual"
    return "path" if properties.get("s3.endpoint") else "auto"


def _signing(properties: Mapping[str, str]) -> dict[str, Any]:
    from botocore import UNSIGNED

    return {"signature_version": UNSIGNED} if properties.get("s3.anonymous", "").lower() == "true" else {}


def _proxies(properties: Mapping[str, str]) -> dict[str, str] | None:
    proxy = properties.get("s3.proxy-uri")
    return {"http": proxy, "https": proxy} if proxy else None
