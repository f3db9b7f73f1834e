"""Uploads in parts that a killed writer began on a real S3 server, and left: billed, and in no listing of objects."""

import time
from collections.abc import Callable, Iterator

import pytest

from bcn_core.errors import StorageRefused
from bcn_core.storage.retrying import Retries
from bcn_core.storage.s3 import S3Store
from bcn_core.storage.store import Store
from bcn_core.storage.unfinished import Discarded, discard_unfinished
from tests.services.object_servers import ObjectServer
from tests.services.wire import Exchange, Wire, of, spoiled

Answered = Callable[[Exchange], bytes | None]


@pytest.fixture
def wire(s3: ObjectServer) -> Iterator[Wire]:
    with spoiled(s3.endpoint) as found:
        yield found


@pytest.fixture
def prefix(request: pytest.FixtureRequest) -> str:
    return f"unfinished/{request.node.name}"


@pytest.fixture
def store(s3: ObjectServer, wire: Wire, prefix: str) -> Store:
    once = Retries(attempts=1)
    return s3.stores(endpoint=wire.address, retries=once).at(f"s3://backups/{prefix}")


def begin(s3: ObjectServer, key: str) -> None:
    """Begin an upload and send a part of it, as a writer does that is killed then."""
    client, at = s3.client(), {"Bucket": "backups", "Key": key}
    upload = client.create_multipart_upload(**at)["UploadId"]
    client.upload_part(**at, UploadId=upload, PartNumber=1, Body=b"half")


def uploads(s3: ObjectServer, prefix: str) -> list[str]:
    found = s3.client().list_multipart_uploads(Bucket="backups", Prefix=prefix).get("Uploads", [])
    return sorted(one["Key"][len(prefix) + 1 :] for one in found)


def in_an_hour() -> float:
    """Later than anything that was begun by now: what is asked for is then old enough."""
    return time.time() + 3600


def test_old_ones_below_the_folder_are_aborted_and_counted(
    s3: ObjectServer, store: Store, prefix: str
) -> None:
    for name in ("ours/a", "ours/b/c", "oursons/d"):
        begin(s3, f"{prefix}/{name}")

    assert Discarded(2) == discard_unfinished(store, "ours", in_an_hour())
    assert ["oursons/d"] == uploads(s3, prefix)


def test_those_on_further_pages_go_too(s3: ObjectServer, prefix: str) -> None:
    for name in ("ours/a", "ours/b", "ours/c"):
        begin(s3, f"{prefix}/{name}")
    client = s3.client()
    client.meta.events.register(
        "provide-client-params.s3.ListMultipartUploads", lambda params, **_: params | {"MaxUploads": 1}
    )

    store = S3Store(client, "backups", prefix, Retries(attempts=1))

    assert Discarded(3) == discard_unfinished(store, "ours", in_an_hour())


def test_young_ones_stay(s3: ObjectServer, store: Store, prefix: str) -> None:
    begin(s3, f"{prefix}/ours/a")

    assert Discarded() == discard_unfinished(store, "ours", time.time() - 3600)
    assert ["ours/a"] == uploads(s3, prefix)


def test_an_object_of_the_same_name_stays(s3: ObjectServer, store: Store, prefix: str) -> None:
    store.put_new("ours/a", [b"whole"])
    begin(s3, f"{prefix}/ours/a")

    assert Discarded(1) == discard_unfinished(store, "ours", in_an_hour())
    assert b"whole" == store.get("ours/a")


def test_one_listing_is_all_that_is_asked_where_there_are_none(store: Store, wire: Wire) -> None:
    discard_unfinished(store, "ours", in_an_hour())

    assert ["GET"] == [one.method for one in wire.passed]


def test_a_server_that_does_not_know_the_call_has_none(
    s3: ObjectServer, store: Store, wire: Wire, prefix: str
) -> None:
    begin(s3, f"{prefix}/ours/a")
    wire.spoil(answered(501, "NotImplemented"), of("GET", "uploads"))

    assert Discarded() == discard_unfinished(store, "ours", in_an_hour())


def test_one_that_gives_no_right_to_list_them_is_told_as_a_refusal(store: Store, wire: Wire) -> None:
    wire.spoil(answered(403, "AccessDenied"), of("GET", "uploads"))

    with pytest.raises(StorageRefused, match="AccessDenied"):
        discard_unfinished(store, "ours", in_an_hour())


def answered(status: int, code: str) -> Answered:
    """A server's refusal."""
    body = f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()
    head = f"HTTP/1.1 {status} no\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}\r\n"

    def refuse(_exchange: Exchange) -> bytes | None:
        return f"{head}Connection: close\r\n\r\n".encode() + body

    return refuse
