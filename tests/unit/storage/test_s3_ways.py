"""What is kept of botocore's way to a bucket of S3. No store is asked: answers are made here."""

from io import BytesIO
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from urllib3 import HTTPResponse

from bcn_core.storage.s3_client import open_client
from bcn_core.storage.s3_quick import QuickClient

KEYS = {"s3.access-key-id": "user", "s3.secret-access-key": "planted-secret", "s3.region": "eu-west-1"}


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


def done(request: Any, **_: Any) -> AWSResponse:
    return AWSResponse(request.url, 200, {"ETag": '"x"'}, HTTPResponse(BytesIO(), preload_content=False))


def opened(**options: str) -> QuickClient:
    client: QuickClient = open_client(KEYS | {f"s3.{name}": value for name, value in options.items()})
    client.meta.events.register("before-send.s3", done)
    return client


def learned(client: QuickClient, bucket: str = "shop") -> tuple[str, str] | None:
    client.put_object(Bucket=bucket, Key="a key", Body=b"x")
    way = client._ways.get(bucket)
    return (way.base, way.region) if way else None


def test_a_bucket_of_aws_has_a_host_of_its_own() -> None:
    assert ("https://shop.s3.eu-west-1.amazonaws.com", "eu-west-1") == learned(opened())


def test_a_bucket_behind_an_endpoint_is_a_folder_of_it() -> None:
    client = opened(endpoint="https://store.example:9000")

    assert ("https://store.example:9000/shop", "eu-west-1") == learned(client)


def test_a_bucket_behind_an_endpoint_may_have_a_host_of_its_own() -> None:
    client = opened(endpoint="https://store.example", **{"force-virtual-addressing": "true"})

    assert ("https://shop.store.example", "eu-west-1") == learned(client)


def test_buckets_behind_one_endpoint_share_their_connections() -> None:
    client = opened(endpoint="https://store.example")
    learned(client, "shop")
    learned(client, "lake")

    assert client._ways["shop"].connections is client._ways["lake"].connections


def test_a_proxy_of_the_environment_is_no_plain_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")

    assert learned(opened()) is None


def test_a_call_with_options_that_are_not_known_here_teaches_nothing() -> None:
    client = opened()

    client.put_object(Bucket="shop", Key="a", Body=b"x", ServerSideEncryption="AES256")

    assert {} == client._ways


def test_a_header_that_something_else_adds_is_no_plain_way() -> None:
    client = opened()

    def pays(params: dict[str, Any], **_: Any) -> None:
        params["headers"]["x-amz-request-payer"] = "requester"

    client.meta.events.register("before-call.s3.PutObject", pays)

    assert learned(client) is None


def test_without_a_signature_there_is_no_way() -> None:
    assert learned(opened(anonymous="true")) is None
