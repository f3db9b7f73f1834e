"""Where source and target share an account of S3, the store copies by itself, create-only and checked."""

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from bcn_core.copying import Copied, Copy, SizeDiffers, carry_out
from bcn_core.errors import Conflict, ObjectExists, ObjectMissing
from bcn_core.storage.creating import PART_BYTES
from bcn_core.storage.opening import Stores
from bcn_core.storage.options import StorageOptions
from bcn_core.storage.retrying import Retries
from bcn_core.storage.s3 import S3Store
from bcn_core.storage.throttling import Rate, Throttled
from bcn_core.storage.within import CopiesWithin
from tests.services.object_servers import ObjectServer
from tests.services.wire import FAULTS, Exchange, Fault, Wire, of, spoiled

DATA = os.urandom(9 * 1024 * 1024)
DIGEST = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def wire(s3: ObjectServer) -> Iterator[Wire]:
    with spoiled(s3.endpoint) as found:
        yield found


@pytest.fixture
def stores(s3: ObjectServer, wire: Wire) -> Stores:
    retries = Retries(attempts=4, sleep=lambda _seconds: None)
    return s3.stores(endpoint=wire.address, retries=retries, options={"s3.request-timeout": "1"})


@pytest.fixture
def lake(stores: Stores, request: pytest.FixtureRequest) -> S3Store:
    store = stores.at(f"s3://lake/within/{request.node.name}")
    store.put_new("data", [DATA])
    assert isinstance(store, S3Store)
    return store


@pytest.fixture
def backups(stores: Stores, request: pytest.FixtureRequest) -> S3Store:
    """Another bucket of the same account."""
    store = stores.at(f"s3://backups/within/{request.node.name}")
    assert isinstance(store, S3Store)
    return store


def read(wire: Wire) -> list[str]:
    """What was read through this machine."""
    return [one.target for one in wire.passed if one.method == "GET" and "list-type" not in one.target]


def test_a_copy_to_another_bucket_reads_nothing_and_knows_its_digest(
    lake: S3Store, backups: S3Store, wire: Wire
) -> None:
    copied = carry_out(Copy(lake, "data", backups, "copy", size=len(DATA)))

    assert Copied(len(DATA), DIGEST) == copied
    assert [] == read(wire)
    assert DATA == backups.get("copy")


def test_a_copy_to_another_bucket_sends_no_byte_of_it(lake: S3Store, backups: S3Store, wire: Wire) -> None:
    before = len(wire.passed)

    carry_out(Copy(lake, "data", backups, "copy", size=len(DATA)))

    asked = wire.passed[before:]
    assert (4, True) == (len(asked), sum(len(one.request) for one in asked) < len(DATA) // 1000)


@pytest.mark.parametrize("name", ["a b", "a#b?c", "a%20b", "a+b&c=d", "漢字"])
def test_a_file_of_any_name_is_copied(lake: S3Store, backups: S3Store, wire: Wire, name: str) -> None:
    lake.put_new(name, [DATA])

    carry_out(Copy(lake, name, backups, name, len(DATA), DIGEST))

    assert [] == read(wire)
    assert DATA == backups.get(name)


def test_a_small_file_is_read_and_written_in_fewer_calls(lake: S3Store, backups: S3Store, wire: Wire) -> None:
    lake.put_new("small", [b"small"])

    carry_out(Copy(lake, "small", backups, "copy", size=5))

    assert ["GET", "PUT"] == [one.method for one in wire.passed][-2:]


def test_bytes_that_are_not_the_recorded_ones_do_not_appear(lake: S3Store, backups: S3Store) -> None:
    with pytest.raises(SizeDiffers, match="SHA-256 differs"):
        carry_out(Copy(lake, "data", backups, "copy", len(DATA), hashlib.sha256(b"other").hexdigest()))

    assert [] == list(backups.list(""))


def test_a_copy_that_was_refused_leaves_no_upload_behind(
    lake: S3Store, backups: S3Store, s3: ObjectServer
) -> None:
    with pytest.raises(SizeDiffers):
        carry_out(Copy(lake, "data", backups, "copy", size=len(DATA) + 1))

    uploads = s3.client().list_multipart_uploads(Bucket="backups").get("Uploads", [])
    assert [] == [one for one in uploads if f"s3://backups/{one['Key']}".startswith(f"{backups.url}/")]


def test_a_copy_never_takes_the_place_of_another(lake: S3Store, backups: S3Store) -> None:
    backups.put_new("copy", [b"theirs"])

    with pytest.raises(Conflict, match="other contents"):
        carry_out(Copy(lake, "data", backups, "copy", len(DATA), DIGEST))

    assert b"theirs" == backups.get("copy")


def test_a_copy_of_an_earlier_try_is_taken_for_this_one(lake: S3Store, backups: S3Store) -> None:
    first = carry_out(Copy(lake, "data", backups, "copy", len(DATA), DIGEST))

    assert first == carry_out(Copy(lake, "data", backups, "copy", len(DATA), DIGEST))


def test_of_eight_copies_to_one_key_one_wins(lake: S3Store, backups: S3Store) -> None:
    place = lake.place("data")

    def copied(_number: int) -> bool:
        try:
            return backups.copy_new("race", place, lambda _held: None) is not None
        except ObjectExists:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert 1 == sum(pool.map(copied, range(8)))


def test_a_source_that_is_gone_is_missing(lake: S3Store, backups: S3Store) -> None:
    with pytest.raises(ObjectMissing):
        carry_out(Copy(lake, "nothing", backups, "copy", size=len(DATA)))


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(
    ("method", "part"),
    [("HEAD", "data"), ("POST", "uploads"), ("PUT", "partNumber=1"), ("POST", "uploadId=")],
    ids=["look", "begin", "copy", "finish"],
)
def test_a_copy_survives(
    lake: S3Store, backups: S3Store, wire: Wire, fault: Fault, method: str, part: str
) -> None:
    wire.spoil(fault, of(method, part))

    carry_out(Copy(lake, "data", backups, "copy", len(DATA), DIGEST))

    assert DATA == backups.get("copy")
    assert [fault.__name__] == wire.fired


@pytest.mark.parametrize("why", ["it may not", "it tells no checksum"])
def test_what_the_store_does_not_copy_is_read_and_written(
    lake: S3Store, backups: S3Store, wire: Wire, why: str
) -> None:
    wire.spoil(_forbidden if why == "it may not" else _without_checksum, of("PUT", "partNumber=1"))

    copied = carry_out(Copy(lake, "data", backups, "copy", size=len(DATA)))

    assert Copied(len(DATA), DIGEST) == copied
    assert 1 == len(read(wire))
    assert DATA == backups.get("copy")


def test_a_checksum_of_checksums_is_not_taken_for_the_objects(
    lake: S3Store, backups: S3Store, wire: Wire
) -> None:
    data = os.urandom(PART_BYTES + 1)
    lake.put_new("in-parts", [data])

    copied = carry_out(Copy(lake, "in-parts", backups, "copy", size=len(data)))

    # This server hands on what the source was uploaded with; AWS takes a SHA-256 of the copied part.
    assert Copied(len(data), hashlib.sha256(data).hexdigest()) == copied
    assert 1 == len(read(wire))


def test_what_another_account_holds_is_read_and_written(lake: S3Store, s3: ObjectServer, wire: Wire) -> None:
    other = Stores(options=StorageOptions({"s3://": {**s3.properties, "s3.region": "eu-west-1"}}, {}))
    target = other.at(lake.url.replace("s3://lake", "s3://standby"))

    carry_out(Copy(lake, "data", target, "copy", size=len(DATA)))

    assert 1 == len(read(wire))
    assert DATA == target.get("copy")


def test_copies_keep_to_the_rate_too(lake: S3Store, backups: S3Store) -> None:
    waits: list[float] = []
    rate = Rate(1024 * 1024, clock=lambda: 0.0, sleep=waits.append)
    copy = Copy(Throttled(lake, rate), "data", Throttled(backups, rate), "copy", size=len(DATA))

    carry_out(copy)
    rate.take(1)

    assert [9.0] == waits


def test_a_store_without_copies_of_its_own_says_so_through_the_rate() -> None:
    store = Throttled(Stores().at("memory://plain"), Rate(1))

    assert isinstance(store, CopiesWithin)
    assert store.place("data") is None


def _forbidden(_exchange: Exchange) -> bytes | None:
    body = b"<Error><Code>AccessDenied</Code><Message>not that bucket</Message></Error>"
    return b"HTTP/1.1 403 Forbidden\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def _without_checksum(exchange: Exchange) -> bytes | None:
    body = b"<CopyPartResult><ETag>&quot;x&quot;</ETag></CopyPartResult>"
    exchange.answer()
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
