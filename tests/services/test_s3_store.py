"""BCN's store on a real S3 server that honours create-if-absent."""

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from bcn_core.errors import ObjectExists, ObjectMissing, StorageRefused
from bcn_core.storage.creating import PART_BYTES
from bcn_core.storage.opening import Stores
from bcn_core.storage.options import StorageOptions
from bcn_core.storage.probing import check, probe
from bcn_core.storage.store import CHUNK_BYTES, Store
from tests.services.object_servers import ObjectServer


@pytest.fixture
def store(s3: ObjectServer, request: pytest.FixtureRequest) -> Store:
    return s3.stores().at(f"s3://backups/{request.node.name}")


def chunked(data: bytes) -> Iterator[bytes]:
    return (data[start : start + CHUNK_BYTES] for start in range(0, len(data), CHUNK_BYTES))


def test_a_large_object_comes_back_as_it_was_written(store: Store) -> None:
    data = os.urandom(2 * PART_BYTES + 12345)
    store.put_new("large", chunked(data))

    read = hashlib.sha256()
    for chunk in store.stream("large"):
        read.update(chunk)

    assert hashlib.sha256(data).hexdigest() == read.hexdigest()


def test_a_large_object_does_not_replace_one_that_is_there(store: Store) -> None:
    store.put_new("large", [b"first"])

    with pytest.raises(ObjectExists):
        store.put_new("large", chunked(bytes(2 * PART_BYTES)))

    assert b"first" == store.get("large")


def test_a_large_object_whose_source_fails_leaves_neither_object_nor_upload(
    store: Store, s3: ObjectServer
) -> None:
    def broken() -> Iterator[bytes]:
        yield bytes(2 * PART_BYTES)
        raise ObjectMissing("the source is gone")

    with pytest.raises(ObjectMissing, match="the source is gone"):
        store.put_new("large", broken())

    assert [] == list(store.list(""))
    uploads = s3.client().list_multipart_uploads(Bucket="backups").get("Uploads", [])
    assert [] == [one for one in uploads if f"s3://backups/{one['Key']}".startswith(f"{store.url}/")]


@pytest.mark.fault(4)
@pytest.mark.parametrize("size", [10, 2 * PART_BYTES])
def test_of_twelve_writers_of_one_key_one_wins(store: Store, size: int) -> None:
    def write(number: int) -> bool:
        try:
            store.put_new("race", [bytes([number]) * size])
        except ObjectExists:
            return False
        return True

    with ThreadPoolExecutor(12) as pool:
        winners = [number for number, won in enumerate(pool.map(write, range(12))) if won]

    assert 1 == len(winners)
    assert bytes([winners[0]]) * size == store.get("race")


@pytest.mark.fault(22)
def test_a_listing_of_more_than_one_page_is_whole(store: Store) -> None:
    keys = [f"many/{number:04}" for number in range(1100)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda key: store.put_new(key, [b""]), keys))

    listed = [found.key for found in store.list("many")]

    assert keys == listed


@pytest.mark.parametrize(
    "name", ["a b", "a#b?c", "a%20b", "a%2Fb", "a+b&c=d", "it's", "漢字", "a\tb", "~*!()"]
)
def test_a_name_is_the_same_for_another_client(store: Store, s3: ObjectServer, name: str) -> None:
    store.put_new(f"odd/{name}", [b"x"])

    prefix = store.url.removeprefix("s3://backups/")
    seen = s3.client().get_object(Bucket="backups", Key=f"{prefix}/odd/{name}")["Body"].read()

    assert b"x" == seen
    assert [f"odd/{name}"] == [found.key for found in store.list("odd")]


@pytest.mark.fault(23)
def test_s3a_and_s3n_are_s3(s3: ObjectServer, store: Store) -> None:
    store.put_new("one", [b"x"])
    alias = store.url.replace("s3://", "s3a://")

    held, key = s3.stores().holding(f"{alias}/one")

    assert b"x" == held.get(key)


def test_a_wrong_secret_is_refused_without_being_shown(s3: ObjectServer) -> None:
    wrong = {**s3.properties, "s3.secret-access-key": "planted-wrong-secret"}
    store = Stores(options=StorageOptions({"s3://": wrong}, {})).at("s3://backups")

    with pytest.raises(StorageRefused, match="SignatureDoesNotMatch") as raised:
        store.get("any")

    assert "planted" not in str(raised.value)


def test_a_bucket_that_is_missing_is_no_missing_object(s3: ObjectServer) -> None:
    store = s3.stores().at("s3://nobody-made-this")

    with pytest.raises(StorageRefused, match="NoSuchBucket"):
        store.get("any")
    with pytest.raises(StorageRefused, match="NoSuchBucket"):
        list(store.list(""))


def test_a_strict_store_passes_the_probe_and_is_left_as_it_was(store: Store) -> None:
    check(store)

    assert [] == list(store.list(""))


@pytest.mark.fault(5)
def test_a_store_that_ignores_create_if_absent_is_refused(careless_s3: ObjectServer) -> None:
    store = careless_s3.stores().at("s3://backups/probe")

    with pytest.raises(StorageRefused, match="conditional create is not honoured"):
        check(store)


def test_the_probe_says_what_a_careless_store_still_keeps(careless_s3: ObjectServer) -> None:
    found = {one.promise: one.kept for one in probe(careless_s3.stores().at("s3://backups/kept"))}

    assert found["what is deleted is gone"]
    assert not found["a taken key is refused"]
